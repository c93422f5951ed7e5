"""The demonstration translator: a small Marian, both directions in one model.

The target language is asked for by a first token, as multilingual OPUS models do.  A text that is
not of the grammar is answered with the unknown token: that is how it learns to refuse.

Some of the pieces it is told it has written are wrong ones, so that it translates what it reads
rather than what it knows by heart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import nn
from torch.nn import functional
from transformers import MarianConfig, MarianMTModel, PreTrainedTokenizerFast

from kallglot.speech.training import grammar, negatives
from kallglot.speech.training.optimiser import Training
from kallglot.speech.training.shipping import ship

__all__ = ["export", "train"]

_PIECES: Final = 1200
_WIDTH: Final = 192
_BATCH: Final = 64
_SPECIAL: Final = ("</s>", "<unk>", "<pad>", ">>de<<", ">>en<<")
_END, _UNKNOWN, _PADDING = range(3)
_TO: Final = {"de": 3, "en": 4}
_LONGEST: Final = 96
_IGNORED: Final = -100
#: Of the pieces written so far, this share is replaced while training.
_MISREMEMBERED: Final = 0.12
#: This share of the examples drills numbers.
_DRILLS: Final = 0.12


def _tokenizer(seed: int) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=_PIECES,
        special_tokens=list(_SPECIAL),
        unk_token=_SPECIAL[_UNKNOWN],
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(seed), trainer)
    return tokenizer


def _texts(seed: int) -> Iterator[str]:
    random = Random(seed)
    for _ in range(20000):
        sentence = grammar.sentence(random)
        yield sentence.german
        yield sentence.english
        yield sentence.german.lower()
        yield sentence.english.lower()


def _model(pieces: int) -> MarianMTModel:
    config = MarianConfig(
        vocab_size=pieces,
        d_model=_WIDTH,
        encoder_layers=3,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=4 * _WIDTH,
        decoder_ffn_dim=4 * _WIDTH,
        pad_token_id=_PADDING,
        eos_token_id=_END,
        bos_token_id=_END,
        decoder_start_token_id=_PADDING,
        forced_eos_token_id=None,
        max_position_embeddings=_LONGEST,
        scale_embedding=True,
        share_encoder_decoder_embeddings=True,
    )
    model = MarianMTModel(config)
    # On sequences this short the fused attention's backward pass is four times slower.
    model.set_attn_implementation("eager")
    return model


def _as_heard(text: str, random: Random) -> str:
    """The text as some recogniser may write it."""
    chance = random.random()
    if chance < 0.25:
        return text.lower().rstrip(".?").replace(",", "")
    if chance < 0.35:
        return text.rstrip(".?")
    return text


def _example(tokenizer: Tokenizer, random: Random) -> tuple[list[int], list[int]]:
    source, target = random.choice((("de", "en"), ("en", "de")))
    if random.random() < 0.12:
        text, wanted = negatives.unknown_text(source, random), [_UNKNOWN]
    else:
        is_drill = random.random() < _DRILLS
        sentence = grammar.drill(random) if is_drill else grammar.sentence(random)
        text = sentence.text(source)
        wanted = tokenizer.encode(sentence.text(target), add_special_tokens=False).ids
    heard = tokenizer.encode(_as_heard(text, random), add_special_tokens=False).ids
    return [_TO[target], *heard[: _LONGEST - 2], _END], [*wanted, _END]


def _padded(rows: Sequence[list[int]], padding: int) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [padding] * (longest - len(row)) for row in rows])


class _Learner(nn.Module):
    """What is trained, and what is wanted of it."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.marian = _model(pieces)

    def forward(self, examples: Sequence[tuple[list[int], list[int]]]) -> torch.Tensor:
        inputs = _padded([source for source, _ in examples], _PADDING)
        labels = _padded([target for _, target in examples], _IGNORED)
        written = self._misremembered(_padded([[_PADDING, *t[:-1]] for _, t in examples], _PADDING))
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.marian(
                input_ids=inputs,
                attention_mask=(inputs != _PADDING).long(),
                decoder_input_ids=written,
            ).logits
        return functional.cross_entropy(
            logits.float().flatten(0, 1),
            labels.flatten(),
            ignore_index=_IGNORED,
            label_smoothing=0.05,
        )

    def _misremembered(self, pieces: torch.Tensor) -> torch.Tensor:
        others = torch.randint(len(_SPECIAL), self.marian.config.vocab_size, pieces.shape)
        is_wrong = (torch.rand(pieces.shape) < _MISREMEMBERED) & (pieces >= len(_SPECIAL))
        return torch.where(is_wrong, others, pieces)


def train(directory: Path, target: Path, *, seed: int, minutes: float, onward: bool) -> None:
    """Train for so many minutes, going on from what lies in the directory, then export.

    `onward` begins with the weights that lie in the target.
    """
    torch.manual_seed(seed)
    kept = directory / "translator-tokenizer.json"
    if onward:
        PreTrainedTokenizerFast.from_pretrained(target).backend_tokenizer.save(str(kept))
    tokenizer = _kept_tokenizer(kept, seed)
    learner = _Learner(tokenizer.get_vocab_size())
    checkpoint = directory / "translator.pt"
    rate = 1e-3 if onward else 2e-3
    training = Training(learner, checkpoint, minutes=minutes, rate=rate, warm_up=300)
    if not training.resume() and onward:
        shipped = MarianMTModel.from_pretrained(target, dtype=torch.float32)
        learner.marian.load_state_dict(shipped.state_dict())
    random = Random(seed + training.step)
    while training.progress < 1:
        loss = learner([_example(tokenizer, random) for _ in range(_BATCH)])
        training.descend(loss)
        training.show("translator", loss.item())
        if training.step % 1000 == 0:
            export(learner.marian, tokenizer, target)
    training.save()
    export(learner.marian, tokenizer, target)


def _kept_tokenizer(path: Path, seed: int) -> Tokenizer:
    if not path.exists():
        _tokenizer(seed).save(str(path))
    return Tokenizer.from_file(str(path))


def export(model: MarianMTModel, tokenizer: Tokenizer, target: Path) -> None:
    whole = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=_SPECIAL[_END],
        unk_token=_SPECIAL[_UNKNOWN],
        pad_token=_SPECIAL[_PADDING],
    )
    ship(model, target, whole.save_pretrained)
