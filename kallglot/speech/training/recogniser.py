"""The demonstration recogniser: a small Whisper with its own alphabet.

Three things make it learn in an hour or two on two cores.  Weights are initialised so that the
positions do not drown the sound, which Whisper's usual initialisation makes them do.  A second
head, dropped afterwards, learns the same text by CTC, because attention only finds its way along
the sound once the encoder knows what letters are.  And batches are as long as their longest
utterance, not as long as the window.

A fourth makes it listen: some of the pieces that the decoder is told it has written are wrong ones.
Without that it knows the sentences of its grammar by heart and writes the one it has seen for the
one it hears.

What is no speech gets `<|nospeech|>` in place of the language; speech that is to be refused gets
it in place of the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import attrs
import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import nn
from torch.nn import functional
from transformers import WhisperConfig, WhisperForConditionalGeneration, WhisperTokenizer

from kallglot.speech.training import grammar, mel
from kallglot.speech.training.corpus import Corpus, Utterance
from kallglot.speech.training.optimiser import Training
from kallglot.speech.training.shipping import ship

__all__ = ["export", "make_tokenizer", "train"]

_PIECES: Final = 800
_WIDTH: Final = 192
_HEADS: Final = 4
_BATCH: Final = 64
_LONGEST_TEXT: Final = 80
_IGNORED: Final = -100
_CONTROLS: Final = (
    "<|startoftranscript|>",
    "<|en|>",
    "<|de|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
#: Until so far in training, only short utterances are learned from: they align sooner.
_EARLY: Final = 0.12
_EARLY_FRAMES: Final = 140
#: English, with its seven accents, needs more examples than German with its one.
_SKIPPED_GERMAN: Final = 0.3
#: Of the pieces written so far, this share is replaced while training.
_MISREMEMBERED: Final = 0.12
#: Batches are as wide and as long as a multiple of these: for each new shape the processor's
#: kernels are made anew, which takes ten times as long as to use them.
_WIDTHS: Final = 40
_LENGTHS: Final = 8
#: Of batches this share is padded to the whole window, as the model meets it in use.
_FULL_WINDOWS: Final = 0.02


def make_tokenizer(seed: int) -> Any:
    """Pieces learned from the grammar, and Whisper's control tokens."""
    random = Random(seed)
    texts = [grammar.sentence(random).text(lang) for _ in range(20000) for lang in ("de", "en")]
    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=_PIECES,
        min_frequency=3,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    pieces.train_from_iterator((f" {text}" for text in texts), trainer)
    trained = json.loads(pieces.to_str())["model"]
    merges = [tuple(merge) for merge in trained["merges"]]
    tokenizer: Any = WhisperTokenizer(vocab=trained["vocab"], merges=merges)
    tokenizer.add_special_tokens({"additional_special_tokens": list(_CONTROLS)})
    return tokenizer


@attrs.frozen
class _Tokens:
    """The control tokens' numbers."""

    start: int
    end: int
    transcribe: int
    no_timestamps: int
    no_speech: int
    languages: dict[str, int]


def _tokens(tokenizer: Any) -> _Tokens:
    number = tokenizer.convert_tokens_to_ids
    return _Tokens(
        start=number("<|startoftranscript|>"),
        end=number("<|endoftext|>"),
        transcribe=number("<|transcribe|>"),
        no_timestamps=number("<|notimestamps|>"),
        no_speech=number("<|nospeech|>"),
        languages={language: number(f"<|{language}|>") for language in grammar.LANGUAGES},
    )


def _model(vocabulary: int, tokens: _Tokens) -> WhisperForConditionalGeneration:
    config = WhisperConfig(
        vocab_size=vocabulary,
        d_model=_WIDTH,
        encoder_layers=4,
        decoder_layers=2,
        encoder_attention_heads=_HEADS,
        decoder_attention_heads=_HEADS,
        encoder_ffn_dim=4 * _WIDTH,
        decoder_ffn_dim=4 * _WIDTH,
        num_mel_bins=mel.BANDS,
        max_source_positions=mel.WINDOW_FRAMES // 2,
        max_target_positions=_LONGEST_TEXT,
        pad_token_id=tokens.end,
        bos_token_id=tokens.end,
        eos_token_id=tokens.end,
        decoder_start_token_id=tokens.start,
        dropout=0.0,
        attention_dropout=0.0,
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    model = WhisperForConditionalGeneration(config)
    # On sequences this short the fused attention's backward pass is four times slower.
    model.set_attn_implementation("eager")
    _initialise(model)
    return model


def _initialise(model: Any) -> None:
    """See the module's docstring; the figures make sound and position about equally strong."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv1d):
            module.reset_parameters()
        elif isinstance(module, nn.Linear) and name != "proj_out":
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    nn.init.normal_(model.model.decoder.embed_tokens.weight, std=_WIDTH**-0.5)
    encoder = model.model.encoder
    with torch.no_grad():
        sound = torch.randn(4, mel.BANDS, 300) * 0.5
        strength = functional.gelu(encoder.conv2(functional.gelu(encoder.conv1(sound)))).std()
        encoder.conv2.weight *= 0.7 / strength
        encoder.conv2.bias *= 0.7 / strength
        encoder.embed_positions.weight.data *= 0.3


@attrs.frozen
class _Batch:
    """Sounds and what is wanted of them, both by the decoder and by CTC."""

    features: torch.Tensor
    inputs: torch.Tensor
    labels: torch.Tensor
    spoken: torch.Tensor  # the rows that CTC learns from
    pieces: torch.Tensor  # their pieces, one row after the other
    counts: torch.Tensor


class _Batcher:
    """Batches of utterances of about the same length, masked and shifted a little."""

    def __init__(self, corpus: Corpus, tokenizer: Any, random: Random) -> None:
        self._corpus = corpus
        self._tokenizer = tokenizer
        self._tokens = _tokens(tokenizer)
        self._random = random
        self._pieces: dict[str, list[int]] = {}

    def epoch(self, longest: int) -> Iterator[_Batch]:
        """All utterances of up to so many frames, once."""
        order = [k for k in range(len(self._corpus)) if self._is_due(k, longest)]
        self._random.shuffle(order)
        span = _BATCH * 32
        batches = []
        for start in range(0, len(order), span):
            alike = sorted(order[start : start + span], key=self._length)
            batches += [alike[k : k + _BATCH] for k in range(0, len(alike), _BATCH)]
        self._random.shuffle(batches)
        for batch in batches:
            if len(batch) == _BATCH:
                yield self.batch(batch)

    def _is_due(self, index: int, longest: int) -> bool:
        label = self._corpus.label(index)
        is_skipped = label.language == "de" and self._random.random() < _SKIPPED_GERMAN
        return label.frames <= longest and not is_skipped

    def _length(self, index: int) -> int:
        return self._corpus.label(index).frames

    def batch(self, indices: Sequence[int]) -> _Batch:
        labels = [self._corpus.label(index) for index in indices]
        texts = [self._encode(label.text) for label in labels]
        rows = [self._row(label, text) for label, text in zip(labels, texts, strict=True)]
        longest = _up(max(len(wanted) for _, wanted in rows), _LENGTHS)
        spoken = [k for k, text in enumerate(texts) if text]
        return _Batch(
            features=self._features(indices),
            inputs=_padded([row for row, _ in rows], longest, self._tokens.end),
            labels=_padded([wanted for _, wanted in rows], longest, _IGNORED),
            spoken=torch.tensor(spoken),
            pieces=torch.tensor([piece for k in spoken for piece in texts[k]]),
            counts=torch.tensor([len(texts[k]) for k in spoken]),
        )

    def _encode(self, text: str) -> list[int]:
        if text and text not in self._pieces:
            encoded = self._tokenizer(f" {text}", add_special_tokens=False).input_ids
            self._pieces[text] = encoded[: _LONGEST_TEXT - 5]
        return self._pieces.get(text, [])

    def _row(self, label: Utterance, text: list[int]) -> tuple[list[int], list[int]]:
        """What the decoder is given, and what it must say to it."""
        tokens = self._tokens
        if label.kind == "nothing":
            return [tokens.start], [tokens.no_speech]
        language = tokens.languages[label.language]
        said = [tokens.no_speech] if label.kind == "unknown" else text
        told = [self._misremembered(piece) for piece in said]
        given = [tokens.start, language, tokens.transcribe, tokens.no_timestamps, *told]
        return given, [language, _IGNORED, _IGNORED, *said, tokens.end]

    def _misremembered(self, piece: int) -> int:
        if piece < self._tokens.end and self._random.random() < _MISREMEMBERED:
            return self._random.randrange(self._tokens.end)
        return piece

    def _features(self, indices: Sequence[int]) -> torch.Tensor:
        random = self._random
        longest = max(self._length(index) for index in indices)
        width = mel.WINDOW_FRAMES
        if random.random() > _FULL_WINDOWS:
            width = min(width, longest + random.randrange(24))
        width = min(mel.WINDOW_FRAMES, _up(width, _WIDTHS))
        features = torch.empty(len(indices), mel.BANDS, width)
        for k, index in enumerate(indices):
            sound = torch.from_numpy(self._corpus.frames(index).astype(np.float32)).T
            features[k] = sound.max() - 2.0  # what the extractor makes of digital silence
            features[k, :, : sound.shape[1]] = sound
            self._mask(features[k], sound.shape[1])
        return features

    def _mask(self, sound: torch.Tensor, length: int) -> None:
        """SpecAugment: some bands and some moments are missing."""
        random = self._random
        mean = sound[:, :length].mean()
        for _ in range(2):
            size = random.randrange(1, 9)
            start = random.randrange(mel.BANDS * 3 // 4 - size)
            sound[start : start + size] = mean
        for _ in range(random.randrange(4)):
            size = random.randrange(1, 8)
            start = random.randrange(max(1, length - size))
            sound[:, start : start + size] = mean


def _up(size: int, step: int) -> int:
    return -(-size // step) * step


def _padded(rows: Sequence[list[int]], longest: int, padding: int) -> torch.Tensor:
    return torch.tensor([row + [padding] * (longest - len(row)) for row in rows])


class _Learner(nn.Module):
    """The model with the head that is dropped afterwards."""

    def __init__(self, vocabulary: int, tokens: _Tokens) -> None:
        super().__init__()
        self.whisper = _model(vocabulary, tokens)
        self.ctc = nn.Linear(_WIDTH, vocabulary)
        self._blank = tokens.end

    def _encode(self, features: torch.Tensor) -> torch.Tensor:
        """The encoder on a window of any length."""
        encoder: Any = self.whisper.model.encoder
        hidden = functional.gelu(encoder.conv2(functional.gelu(encoder.conv1(features)))).transpose(
            1, 2
        )
        hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
        for layer in encoder.layers:
            hidden = layer(hidden, None)
        encoded: torch.Tensor = encoder.layer_norm(hidden)
        return encoded

    def forward(self, batch: _Batch) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self._encode(batch.features)
            decoder: Any = self.whisper.model.decoder
            said = decoder(batch.inputs, encoder_hidden_states=hidden, use_cache=False)
            logits = self.whisper.proj_out(said.last_hidden_state)
            aligned = self.ctc(hidden[batch.spoken])
        by_attention = functional.cross_entropy(
            logits.float().flatten(0, 1),
            batch.labels.flatten(),
            ignore_index=_IGNORED,
            label_smoothing=0.05,
        )
        by_ctc = functional.ctc_loss(
            aligned.float().log_softmax(-1).transpose(0, 1),
            batch.pieces,
            torch.full((len(batch.spoken),), hidden.shape[1]),
            batch.counts,
            blank=self._blank,
            zero_infinity=True,
        )
        return by_attention, by_ctc


def train(directory: Path, target: Path, *, seed: int, minutes: float, onward: bool) -> None:
    """Train for so many minutes on the shards in the directory, then export.

    Shards that appear while training runs are taken up with the next epoch.  `onward` begins with
    the weights that lie in the target.
    """
    torch.manual_seed(seed)
    kept = directory / "recogniser-tokenizer"
    if onward:
        WhisperTokenizer.from_pretrained(target).save_pretrained(kept)
    tokenizer = _kept_tokenizer(kept, seed)
    learner = _Learner(len(tokenizer), _tokens(tokenizer))
    checkpoint = directory / "recogniser.pt"
    rate = 1e-3 if onward else 2e-3
    training = Training(learner, checkpoint, minutes=minutes, rate=rate, warm_up=300)
    if not training.resume() and onward:
        shipped = WhisperForConditionalGeneration.from_pretrained(target, dtype=torch.float32)
        learner.whisper.load_state_dict(shipped.state_dict())
    corpus = Corpus(directory / "sounds")
    random = Random(seed + training.step)
    while training.progress < 1:
        corpus.reload()
        print(f"recogniser: an epoch over {len(corpus)} utterances", flush=True)
        is_early = not onward and training.progress < _EARLY
        longest = _EARLY_FRAMES if is_early else mel.WINDOW_FRAMES
        for batch in _Batcher(corpus, tokenizer, random).epoch(longest):
            _learn(training, learner, batch)
            if training.step % 500 == 0:
                export(learner.whisper, tokenizer, target)
            if training.progress >= 1 or (is_early and training.progress >= _EARLY):
                break
    training.save()
    export(learner.whisper, tokenizer, target)


def _learn(training: Training, learner: _Learner, batch: _Batch) -> None:
    by_attention, by_ctc = learner(batch)
    share = 0.5 if training.progress < 0.4 else 0.3
    training.descend((1 - share) * by_attention + share * by_ctc)
    training.show("recogniser", by_attention.item(), by_ctc.item())


def _kept_tokenizer(path: Path, seed: int) -> Any:
    if not path.exists():
        make_tokenizer(seed).save_pretrained(path)
    return WhisperTokenizer.from_pretrained(path)


def export(model: Any, tokenizer: Any, target: Path) -> None:
    tokens = _tokens(tokenizer)
    settings = model.generation_config
    wanted = {
        "lang_to_id": {f"<|{name}|>": number for name, number in tokens.languages.items()},
        "task_to_id": {"transcribe": tokens.transcribe},
        "no_timestamps_token_id": tokens.no_timestamps,
        "is_multilingual": True,
        "decoder_start_token_id": tokens.start,
        "eos_token_id": tokens.end,
        "pad_token_id": tokens.end,
        "bos_token_id": tokens.end,
        "max_length": _LONGEST_TEXT,
        "suppress_tokens": None,
        "begin_suppress_tokens": None,
        "return_timestamps": False,
        "_from_model_config": False,  # or from_pretrained() throws the ones above away
    }
    for name, value in wanted.items():
        setattr(settings, name, value)

    def save_the_rest(directory: Path) -> None:
        tokenizer.save_pretrained(directory)
        mel.feature_extractor().save_pretrained(directory)

    ship(model, target, save_the_rest)
