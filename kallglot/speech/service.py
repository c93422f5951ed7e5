"""What the actors ask of speech: the engines, as seen from the event loop.

`kallglot.speech.client` is the real one, which talks to child processes; `tests.fakes.speech` has
one that recognises and speaks in tones.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Protocol

from kallglot.errors import EngineError
from kallglot.pressure import Level
from kallglot.speech.engines import (
    Chunk,
    EngineCard,
    Hypothesis,
    Opening,
    Recognition,
    SpeechRequest,
    TextRequest,
    Translation,
    VoiceRequest,
)
from kallglot.speech.load import Load

__all__ = ["VOICE_FRAME", "Ear", "SpeechService", "Transcription"]

#: Seconds of speech that one probability of voice activity is about.
VOICE_FRAME = 0.032


class Ear(Protocol):
    """Voice activity of one voice."""

    def hear(self, pcm: bytes) -> None:
        """Take 16-bit PCM at 8 kHz, any length; never blocks."""
        ...

    def close(self) -> None:
        """Forget the voice."""
        ...


class Transcription(Protocol):
    """One turn of a voice, recognised while it goes on."""

    def feed(self, pcm: bytes, *, is_pause: bool = False) -> None:
        """Take what was heard since; with `is_pause` the speaker rests after it.  Never blocks."""
        ...

    def finish(self, pcm: bytes = b"") -> None:
        """Take the rest: the turn is over, and one more answer comes, which is final."""
        ...

    def close(self) -> None:
        """Forget the turn; no more answers come."""
        ...


class SpeechService(Protocol):
    """Voice activity, recognition, translation and synthesis.

    A request that cannot be answered raises `EngineError`; one that would be answered after
    `within` seconds raises `EngineBusy`.
    """

    #: What is loaded, by role: `recogniser`, `translator`, `synthesiser`.
    cards: dict[str, EngineCard]
    #: The longest utterance the recogniser takes, in seconds.
    window: float

    @property
    def loads(self) -> Mapping[str, Load]:
        """How much each engine has to do."""
        ...

    @property
    def pressure(self) -> Level:
        """What the engines can still do for everybody."""
        ...

    def on_pressure(self, changed: Callable[[Level], None]) -> None:
        """Call `changed` from the loop whenever `pressure` changes."""
        ...

    def listen(self, judged: Callable[[Sequence[float]], None]) -> Ear:
        """Return an ear; `judged` is called with the probability of speech of each further 32 ms.

        The probabilities come in order and none is left out, even when voice activity fails:
        then they are guessed from loudness.
        """
        ...

    def can_translate(self, source: str, target: str) -> bool: ...

    def is_ready(self) -> bool:
        """Tell whether the engines are up; while they are not, requests raise `EngineError`."""
        ...

    def transcribe(
        self, opening: Opening, heard: Callable[[Hypothesis | EngineError], None]
    ) -> Transcription:
        """Begin a turn; `heard` is called from the loop with each further understanding of it.

        Each feed is answered, several perhaps together.  An engine that is lost is replaced
        without a word, what was not committed being heard again; an `EngineError` means that
        the rest of the turn will not be understood, and is the last call.
        """
        ...

    async def recognise(self, request: VoiceRequest, *, within: float) -> Recognition: ...

    async def translate(self, request: TextRequest, *, within: float) -> Translation: ...

    def synthesise(self, request: SpeechRequest, *, within: float) -> AsyncIterator[Chunk]:
        """Yield the speech in pieces; closing the iterator cancels what is left."""
        ...
