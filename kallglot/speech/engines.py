"""What an engine is: protocols and the plain data that goes in and comes out.

Engines are synchronous and take batches, because a batch over several calls costs little more
than one request.  Queues, deadlines and processes are not their business; `kallglot.speech.host`
runs them in a child process and `kallglot.speech.client` asks them from the event loop.

Everything here is plain data without torch in it, so that a request can cross a process or a
network.  Audio is 16-bit PCM, native byte order, mono, as `bytes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import attrs

__all__ = [
    "Chunk",
    "EngineCard",
    "Recogniser",
    "Recognition",
    "SpeechRequest",
    "Synthesiser",
    "TextRequest",
    "Translation",
    "Translator",
    "VoiceActivity",
    "VoiceRequest",
]


@attrs.frozen
class EngineCard:
    """What a model says of itself: shown to operators, in transcripts and in the log.

    `notice` is set for models that must not be mistaken for more than they are; whoever shows
    the model shows the notice.
    """

    name: str
    languages: tuple[str, ...]
    revision: str = ""
    licence: str = ""
    notice: str = ""


@attrs.frozen
class VoiceRequest:
    """One utterance, or the part of it that has been heard so far.

    `language` is None where it is not known; then the recogniser chooses among `candidates`, or
    among all it knows if there are none.
    """

    pcm: bytes = attrs.field(repr=False)
    rate_hz: int
    language: str | None = None
    candidates: tuple[str, ...] = ()
    is_partial: bool = False


@attrs.frozen
class Recognition:
    """What was said, and how far that can be trusted.

    `text` is empty for silence and noise.  `is_sure` is False when the recogniser has reason to
    believe that the speech is outside what it knows: then `text` is a guess that must be neither
    translated nor spoken.  `confidence` and `language_confidence` are in 0..1.
    """

    text: str = attrs.field(repr=False)
    language: str
    confidence: float
    language_confidence: float
    is_sure: bool = True


@attrs.frozen
class TextRequest:
    """A sentence to be translated."""

    text: str = attrs.field(repr=False)
    source: str
    target: str


@attrs.frozen
class Translation:
    """A translated sentence; `is_sure` is False when it should not be spoken."""

    text: str = attrs.field(repr=False)
    confidence: float
    is_sure: bool = True


@attrs.frozen
class SpeechRequest:
    """A sentence to be spoken, in `voice` or the engine's own choice for the language."""

    text: str = attrs.field(repr=False)
    language: str
    rate_hz: int
    voice: str | None = None


@attrs.frozen
class Chunk:
    """A piece of synthesised speech; the last of an utterance has `is_last`."""

    pcm: bytes = attrs.field(repr=False)
    is_last: bool = False


class Recogniser(Protocol):
    """Speech in, text out."""

    card: EngineCard
    #: The longest utterance it takes, in seconds; longer ones are cut before they get here.
    window: float

    def recognise(self, batch: Sequence[VoiceRequest]) -> list[Recognition]: ...


class Translator(Protocol):
    """Text in, text in another language out."""

    card: EngineCard

    def pairs(self) -> frozenset[tuple[str, str]]: ...

    def translate(self, batch: Sequence[TextRequest]) -> list[Translation]: ...


class Synthesiser(Protocol):
    """Text in, speech out, piece by piece."""

    card: EngineCard

    def voices(self, language: str) -> tuple[str, ...]: ...

    def synthesise(
        self, request: SpeechRequest, is_cancelled: Callable[[], bool]
    ) -> Iterator[Chunk]: ...


class VoiceActivity(Protocol):
    """Frames of 32 ms in (256 samples at 8 kHz), probabilities of speech out.

    `step` takes one frame from each of several calls; `stream` names the call, whose state lives
    in the engine until `close`.
    """

    def step(self, frames: Sequence[tuple[int, bytes]]) -> list[float]: ...

    def close(self, stream: int) -> None: ...
