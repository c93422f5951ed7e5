"""What the actors ask of speech: the engines, as seen from the event loop.

`kallglot.speech.client` is the real one, which talks to child processes; `tests.fakes.speech` has
one that recognises and speaks in tones.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from kallglot.speech.engines import (
    Chunk,
    EngineCard,
    Recognition,
    SpeechRequest,
    TextRequest,
    Translation,
    VoiceRequest,
)

__all__ = ["VOICE_FRAME", "Ear", "SpeechService"]

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


class SpeechService(Protocol):
    """Voice activity, recognition, translation and synthesis.

    A request that cannot be answered raises `EngineError`; one that would be answered after
    `within` seconds raises `EngineBusy`.
    """

    #: What is loaded, by role: `recogniser`, `translator`, `synthesiser`.
    cards: dict[str, EngineCard]
    #: The longest utterance the recogniser takes, in seconds.
    window: float

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

    async def recognise(self, request: VoiceRequest, *, within: float) -> Recognition: ...

    async def translate(self, request: TextRequest, *, within: float) -> Translation: ...

    def synthesise(self, request: SpeechRequest, *, within: float) -> AsyncIterator[Chunk]:
        """Yield the speech in pieces; closing the iterator cancels what is left."""
        ...
