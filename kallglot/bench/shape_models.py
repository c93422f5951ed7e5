"""Models of true shapes with random weights, and what turns text and sound into their input.

Torch and transformers are needed; nothing is fetched.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from kallglot.bench.shapes import Shape

__all__ = [
    "DTYPES",
    "FixedLength",
    "FixedSpeech",
    "build",
    "nemotron_processor",
    "unigram_tokenizer",
    "vits_tokenizer",
    "weights",
    "whisper_extractor",
    "whisper_tokenizer",
]

#: What a number in a model may be; `int8` quantises what is linear, when it is used.
DTYPES: Final = ("fp32", "bf16", "fp16", "int8")
_TORCH: Final = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

_WHISPER_TEXT: Final = 50257
_WHISPER_ALL: Final = 51866
_CONTROLS: Final = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|de|>",
    "<|transcribe|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
_LETTERS: Final = " abcdefghijklmnopqrstuvwxyz'-,.?äöüß_"


class FixedLength(torch.nn.Module):
    """Stands before a vocabulary and ends every text after so many pieces, and not before.

    `before` is how often the vocabulary is asked before the first piece is chosen.
    """

    def __init__(self, head: torch.nn.Module, end: int, pieces: int, before: int) -> None:
        super().__init__()
        self._head = head
        self._end = end
        self._asked = 0
        self.set(pieces, before)

    def set(self, pieces: int, before: int) -> None:
        self._last = before + pieces

    def begin(self) -> None:
        """Start a text."""
        self._asked = 0

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._head(hidden)
        is_over = self._asked >= self._last
        self._asked += 1
        logits[..., self._end] = 1e4 if is_over else -1e4
        return logits


class FixedSpeech(torch.nn.Module):
    """Stands before the joint network of a transducer and lets every voice write at one pace.

    In each chunk of `frames` a voice writes `pieces`, not all voices in the same frames.
    """

    def __init__(self, joint: torch.nn.Module, blank: int, frames: int, pieces: int) -> None:
        super().__init__()
        self._joint = joint
        self._blank = blank
        self._frames = frames
        self._pieces = pieces
        self._frame = 0
        self._has_written = False

    def forward(self, **states: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._joint(**states)
        row = torch.arange(len(logits), device=logits.device)
        if self._has_written:  # those who have written are asked for more, and have no more
            is_silent = torch.ones_like(row, dtype=torch.bool)
        else:
            # Of seven frames the 1st, 3rd and 5th, or for another voice the 2nd, 4th and 6th …
            place = (row + self._frame) % self._frames
            is_silent = (place % 2 == 1) | (place >= 2 * self._pieces)
            self._frame += 1
        self._has_written = not bool(is_silent.all())
        high = torch.where(is_silent, 1e4, -1e4).to(logits.dtype)
        logits[..., self._blank] = high.view(-1, *[1] * (logits.dim() - 2))
        return logits


def build(shape: Shape, dtype: str, device: str) -> Any:
    """Make a model with random weights.

    Raises:
        LookupError: the transformers that are installed do not have it.
    """
    torch.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.device(device):
            model = _BUILDERS[shape.family](shape.sizes).eval()
        if dtype == "int8":
            kinds = {torch.nn.Linear, torch.nn.LSTM}
            quantise: Any = torch.ao.quantization.quantize_dynamic
            return quantise(model, kinds, dtype=torch.qint8)
    return model.to(device, _TORCH[dtype])


def weights(model: Any) -> int:
    """Return how many bytes the weights take, those in quantised layers included."""
    tensors = {id(one): one for one in (*model.parameters(), *model.buffers())}
    size = sum(one.numel() * one.element_size() for one in tensors.values())
    for part in model.modules():
        if type(part).__module__.startswith("torch.ao.nn.quantized.dynamic"):
            size += _packed(part)
    return int(size)


def _packed(part: Any) -> int:
    """Return the bytes of a quantised layer, which hides its weights from `parameters`."""
    weight = getattr(part, "weight", None)
    if not callable(weight):
        return 0
    held = weight()
    parts = held.values() if isinstance(held, dict) else [held]
    return sum(one.numel() * one.element_size() for one in parts if torch.is_tensor(one))


def _class(name: str) -> Any:
    try:
        return getattr(transformers, name)
    except AttributeError as error:
        raise LookupError(f"transformers {transformers.__version__} has no {name}") from error


def _whisper(sizes: Mapping[str, Any]) -> Any:
    tokenizer = whisper_tokenizer()
    number = tokenizer.convert_tokens_to_ids
    end = number("<|endoftext|>")
    config = _class("WhisperConfig")(
        **sizes,
        vocab_size=_WHISPER_ALL,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=number("<|startoftranscript|>"),
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    model = _class("WhisperForConditionalGeneration")(config)
    settings = model.generation_config
    settings.lang_to_id = {name: number(name) for name in ("<|en|>", "<|de|>")}
    settings.task_to_id = {"transcribe": number("<|transcribe|>")}
    settings.no_timestamps_token_id = number("<|notimestamps|>")
    settings.is_multilingual = True
    return model


def whisper_tokenizer() -> Any:
    """Return one of the true size, with made-up words."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [f"w{number}" for number in range(_WHISPER_TEXT - len(alphabet))]
    vocabulary = {piece: number for number, piece in enumerate([*alphabet, *words])}
    tokenizer = _class("WhisperTokenizer")(vocab=vocabulary, merges=[])
    tokenizer.add_special_tokens({"additional_special_tokens": list(_CONTROLS)})
    return tokenizer


def whisper_extractor(bands: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of bands that are empty
        return _class("WhisperFeatureExtractor")(feature_size=bands, chunk_length=30)


def _moonshine(sizes: Mapping[str, Any]) -> Any:
    return _class("MoonshineForConditionalGeneration")(_class("MoonshineConfig")(**sizes))


def _moonshine_streaming(sizes: Mapping[str, Any]) -> Any:
    layers, heads = sizes["layers"], sizes["heads"]
    windows = ((16, 4),) * 2 + ((16, 0),) * (layers - 4) + ((16, 4),) * 2
    encoder = {
        "hidden_size": sizes["encoder"],
        "intermediate_size": 4 * sizes["encoder"],
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "head_dim": sizes["decoder"] // heads,
        "sliding_windows": windows,
    }
    config = _class("MoonshineStreamingConfig")(
        encoder_config=encoder,
        hidden_size=sizes["decoder"],
        intermediate_size=4 * sizes["decoder"],
        num_hidden_layers=layers,
        num_attention_heads=heads,
        tie_word_embeddings=True,
    )
    config.num_key_value_heads = heads  # checkpoints have it, the class does not
    return _class("MoonshineStreamingForConditionalGeneration")(config)


def _nemotron(_sizes: Mapping[str, Any]) -> Any:
    encoder = {"model_type": "nemotron_asr_streaming_encoder", "num_mel_bins": 128}
    config = _class("Nemotron3_5AsrConfig")(encoder_config=encoder)
    return _class("Nemotron3_5AsrForRNNT")(config)


def _marian(sizes: Mapping[str, Any]) -> Any:
    padding = sizes["vocab_size"] - 1
    config = _class("MarianConfig")(
        **sizes,
        pad_token_id=padding,
        eos_token_id=0,
        decoder_start_token_id=padding,
        forced_eos_token_id=None,
        max_position_embeddings=512,
    )
    return _class("MarianMTModel")(config)


def unigram_tokenizer(vocabulary: int) -> Any:
    """Return one of so many pieces, with made-up words: `a1 a2 …`."""
    words = [f"▁a{number}" for number in range(vocabulary - 4)]
    pieces = ["</s>", "<unk>", "▁", *words, "<pad>"]
    tokenizer = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=1))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    named = dict(
        zip(("eos_token", "unk_token", "pad_token"), ("</s>", "<unk>", "<pad>"), strict=True)
    )
    return _class("PreTrainedTokenizerFast")(tokenizer_object=tokenizer, **named)


def nemotron_processor(model: Any) -> Any:
    """Return what turns sound into what the model takes, and numbers into words."""
    config = model.config
    words = {f"▁a{number}": number for number in range(1, config.blank_token_id)}
    vocabulary = {"<pad>": 0, **words, "<blank>": config.blank_token_id}
    named = dict.fromkeys(("pad_token", "unk_token"), "<pad>")
    words_only = Tokenizer(models.WordLevel(vocabulary, named["unk_token"]))
    words_only.decoder = decoders.Metaspace()
    tokenizer = _class("ParakeetTokenizer")(tokenizer_object=words_only, **named)
    bands = config.encoder_config.num_mel_bins
    extractor = _class("NemotronAsrStreamingFeatureExtractor")(feature_size=bands)
    return _class("Nemotron3_5AsrProcessor")(
        extractor, tokenizer, supported_num_lookahead_tokens=[6], prompt_dictionary={"en": 9}
    )


def _m2m100(sizes: Mapping[str, Any]) -> Any:
    return _class("M2M100ForConditionalGeneration")(_class("M2M100Config")(**sizes))


def _vits(_sizes: Mapping[str, Any]) -> Any:
    return _class("VitsModel")(_class("VitsConfig")(vocab_size=len(_LETTERS)))


def vits_tokenizer() -> Any:
    vocabulary = {letter: number for number, letter in enumerate(reversed(_LETTERS))}
    with tempfile.TemporaryDirectory(prefix="kallglot-bench-") as folder:
        file = Path(folder) / "vocab.json"
        file.write_text(json.dumps(vocabulary), encoding="utf-8")
        named = dict.fromkeys(("pad_token", "unk_token"), "_")
        return _class("VitsTokenizer")(str(file), **named, language="eng", phonemize=False)


def _pocket(_sizes: Mapping[str, Any]) -> Any:
    return torch.nn.ModuleDict(
        {
            "speaker": _class("PocketTTSForConditionalGeneration")(_class("PocketTTSConfig")()),
            "codec": _class("PocketTTSAudioTokenizerModel")(
                _class("PocketTTSAudioTokenizerConfig")()
            ),
        }
    )


_BUILDERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "whisper": _whisper,
    "moonshine": _moonshine,
    "moonshine-streaming": _moonshine_streaming,
    "nemotron": _nemotron,
    "marian": _marian,
    "m2m100": _m2m100,
    "vits": _vits,
    "pocket": _pocket,
}
