"""The sizes of models that people use, so that one can time them without their weights.  Pure.

A model with random weights takes exactly as long as the trained one of the same shape, as long as
it is made to write as many pieces of words: `Work.pieces` fixes that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import attrs

__all__ = ["PROFILE", "SHAPES", "Role", "Shape", "Work", "chosen"]

Role: TypeAlias = Literal["recogniser", "translator", "synthesiser"]
Family: TypeAlias = Literal[
    "whisper", "moonshine", "moonshine-streaming", "nemotron", "marian", "m2m100", "vits", "pocket"
]


@attrs.frozen
class Work:
    """One request.

    `audio` is the seconds of sound that go in, or that come out of a synthesiser (as far as that
    can be settled; what came out is measured).  `given` is how many pieces of words, or letters
    for a synthesiser, go in, and `pieces` how many are written.  `every` is how often a voice that
    speaks makes such a request, in seconds of its speech.
    """

    name: str
    audio: float
    pieces: int
    every: float
    given: int = 0


@attrs.frozen
class Shape:
    """A model without its weights; `sizes` are what its configuration says of it.

    `always` is what its numbers are, whatever was asked for, where others would not do.
    """

    name: str
    role: Role
    family: Family
    sizes: Mapping[str, Any]
    works: tuple[Work, ...]
    always: str | None = None


#: How often a segment model hears the window again while somebody speaks.
_AGAIN = 0.5
#: Somebody who speaks ends a sentence, or a part of one that is translated, so often.
_SENTENCE = 4.0
#: Pieces of words that people say in a second.
_RATE = 4

_WINDOWS = tuple(
    Work(f"window {seconds} s", seconds, seconds * _RATE, _AGAIN) for seconds in (5, 10, 30)
)
_SENTENCES = (Work("sentence", 0.0, 20, _SENTENCE, given=18),)
_SPEECH = (Work("60 letters", 4.0, 0, _SENTENCE, given=60),)


def _whisper(name: str, width: int, layers: int, decoders: int, heads: int, bands: int) -> Shape:
    sizes = {
        "d_model": width,
        "encoder_layers": layers,
        "decoder_layers": decoders,
        "encoder_attention_heads": heads,
        "decoder_attention_heads": heads,
        "encoder_ffn_dim": 4 * width,
        "decoder_ffn_dim": 4 * width,
        "num_mel_bins": bands,
    }
    return Shape(f"whisper-{name}", "recogniser", "whisper", sizes, _WINDOWS)


def _moonshine(name: str, width: int, layers: int) -> Shape:
    sizes = {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "encoder_num_hidden_layers": layers,
        "decoder_num_hidden_layers": layers,
    }
    return Shape(f"moonshine-{name}", "recogniser", "moonshine", sizes, _WINDOWS[:2])


def _moonshine_streaming(name: str, encoder: int, decoder: int, layers: int, heads: int) -> Shape:
    sizes = {"encoder": encoder, "decoder": decoder, "layers": layers, "heads": heads}
    name = f"moonshine-streaming-{name}"
    return Shape(name, "recogniser", "moonshine-streaming", sizes, _WINDOWS[:2])


def _seq2seq(
    name: str,
    family: Family,
    width: int,
    layers: tuple[int, int],
    heads: int,
    inner: int,
    vocabulary: int,
) -> Shape:
    sizes = {
        "d_model": width,
        "encoder_layers": layers[0],
        "decoder_layers": layers[1],
        "encoder_attention_heads": heads,
        "decoder_attention_heads": heads,
        "encoder_ffn_dim": inner,
        "decoder_ffn_dim": inner,
        "vocab_size": vocabulary,
    }
    return Shape(name, "translator", family, sizes, _SENTENCES)


SHAPES: Sequence[Shape] = (
    _whisper("tiny", 384, 4, 4, 6, 80),
    _whisper("base", 512, 6, 6, 8, 80),
    _whisper("small", 768, 12, 12, 12, 80),
    _whisper("large-v3-turbo", 1280, 32, 4, 20, 128),
    _moonshine("tiny", 288, 6),
    _moonshine("base", 416, 8),
    _moonshine_streaming("tiny", 320, 320, 6, 8),
    _moonshine_streaming("small", 620, 512, 10, 8),
    # A chunk is what the encoder takes at lookahead 6, and about three pieces are in it.
    Shape("nemotron-0.6b", "recogniser", "nemotron", {}, (Work("chunk 560 ms", 0.56, 3, 0.56),)),
    _seq2seq("opus-mt", "marian", 512, (6, 6), 8, 2048, 58101),
    _seq2seq("opus-mt-big", "marian", 1024, (6, 6), 16, 4096, 57973),
    _seq2seq("opus-mt-tiny", "marian", 256, (6, 2), 8, 1536, 32000),
    _seq2seq("m2m100-418m", "m2m100", 1024, (12, 12), 16, 4096, 128112),
    Shape("mms-vits", "synthesiser", "vits", {}, _SPEECH, always="fp32"),
    Shape("pocket-tts", "synthesiser", "pocket", {}, _SPEECH),
)

#: What is recommended for one GPU: recogniser, translator, synthesiser.
PROFILE = ("nemotron-0.6b", "opus-mt", "mms-vits")


def chosen(names: Sequence[str]) -> list[Shape]:
    """Return the shapes of these names, or all of them.

    Raises:
        LookupError: there is none of that name; the message lists them.
    """
    known = {shape.name: shape for shape in SHAPES}
    for name in names:
        if name not in known:
            raise LookupError(f"there is no shape {name!r}, but {', '.join(known)}")
    return [known[name] for name in names] if names else list(SHAPES)
