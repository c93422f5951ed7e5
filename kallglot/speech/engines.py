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
    "Feed",
    "Hypothesis",
    "Opening",
    "Recogniser",
    "Recognition",
    "SpeechRequest",
    "StreamingRecogniser",
    "Synthesiser",
    "TextRequest",
    "Translation",
    "Translator",
    "VoiceActivity",
    "VoiceRequest",
    "Word",
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

    `language` is None where it is not known; then the recogniser chooses among all it knows, and
    takes another than the `candidates` only where it is clearly likelier.  `hints` are words that
    are likely to be said.  `prefix` is how the text is known to begin; engines that cannot be told
    so ignore it.  With `with_words` the answer says when each word was said, if the engine can
    tell.
    """

    pcm: bytes = attrs.field(repr=False)
    rate_hz: int
    language: str | None = None
    candidates: tuple[str, ...] = ()
    is_partial: bool = False
    hints: tuple[str, ...] = attrs.field(default=(), repr=False)
    prefix: str = attrs.field(default="", repr=False)
    with_words: bool = False


@attrs.frozen
class Word:
    """A word with its punctuation, and from when to when, in seconds of the sound given."""

    text: str = attrs.field(repr=False)
    start: float
    end: float
    confidence: float = 1.0


@attrs.frozen
class Recognition:
    """What was said, and how far that can be trusted.

    `text` is empty for silence and noise.  `is_sure` is False when the recogniser has reason to
    believe that the speech is outside what it knows: then `text` is a guess that must be neither
    translated nor spoken.  `confidence` and `language_confidence` are in 0..1.  `words` are those
    of the text, where they were asked for and are known.  `alternatives` are other languages that
    it may be, with their confidence, likeliest first; that, as `language_confidence`, is by the
    sound alone, whatever was expected.
    """

    text: str = attrs.field(repr=False)
    language: str
    confidence: float
    language_confidence: float
    is_sure: bool = True
    words: tuple[Word, ...] = attrs.field(default=(), repr=False)
    alternatives: tuple[tuple[str, float], ...] = ()


@attrs.frozen
class Opening:
    """How a turn of a voice, that is recognised while it goes on, is to be understood.

    `language` and `candidates` are as in a `VoiceRequest`; `hints` are words that are likely to
    be said, such as names and the terms of a glossary.
    """

    rate_hz: int
    language: str | None = None
    candidates: tuple[str, ...] = ()
    hints: tuple[str, ...] = attrs.field(default=(), repr=False)


@attrs.frozen
class Feed:
    """More of a turn: what was heard since the last feed of the same stream.

    With `is_pause` the speaker rests, so that the last word is whole and may be trusted; with
    `is_last` the turn is over.
    """

    stream: int
    pcm: bytes = attrs.field(repr=False)
    is_pause: bool = False
    is_last: bool = False


@attrs.frozen
class Hypothesis:
    """What a turn is taken for so far.

    `committed` is appended to what was committed before and never taken back; `unstable` follows
    it and may change.  `until` is up to where, in seconds of the turn, everything committed
    reaches; `heard` is how much of the turn was known.  Confidences are in 0..1 and, as `is_sure`,
    are about the new words: what is not sure must be neither translated nor spoken.
    `alternatives` are other languages that the turn may be in, with their confidence.
    """

    committed: str = attrs.field(repr=False)
    unstable: str = attrs.field(repr=False)
    until: float
    heard: float
    language: str
    confidence: float = 1.0
    language_confidence: float = 1.0
    alternatives: tuple[tuple[str, float], ...] = ()
    is_sure: bool = True
    is_final: bool = False


@attrs.frozen
class TextRequest:
    """A sentence, or the part of one that will not change any more, to be translated.

    `context` is what the speaker said before it.  `prefix` is what has been spoken of its
    translation already, without the sign that ended it: the answer goes on behind it, and is empty
    where there is nothing to add.  `terms` are pairs of what must become what.
    """

    text: str = attrs.field(repr=False)
    source: str
    target: str
    context: str = attrs.field(default="", repr=False)
    prefix: str = attrs.field(default="", repr=False)
    terms: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)


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


class StreamingRecogniser(Protocol):
    """Speech in while it is spoken, text out that only ever grows.

    `step` takes the next piece of several turns, at most one of each, and answers in their order;
    what is known of a turn lives in the engine from `open` to `close`.
    """

    card: EngineCard

    def open(self, stream: int, opening: Opening) -> None: ...

    def step(self, feeds: Sequence[Feed]) -> list[Hypothesis]: ...

    def close(self, stream: int) -> None: ...


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
