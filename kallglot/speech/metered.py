"""A speech service that counts what it is asked and what comes of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence

from kallglot.errors import EngineBusy, EngineError
from kallglot.metering import Asked, Metering, Outcome
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
from kallglot.speech.service import Ear, SpeechService, Transcription

__all__ = ["MeteredSpeech"]

TRANSCRIBER = "transcriber"


class MeteredSpeech:
    """Passes everything on, and counts the requests.

    A turn is one request, made when its last sound is handed over; of an answer in pieces the
    time of the first counts.
    """

    def __init__(self, speech: SpeechService, metering: Metering) -> None:
        self._speech = speech
        self._metering = metering

    @property
    def cards(self) -> dict[str, EngineCard]:
        return self._speech.cards

    @cards.setter
    def cards(self, cards: dict[str, EngineCard]) -> None:
        self._speech.cards = cards

    @property
    def window(self) -> float:
        return self._speech.window

    @window.setter
    def window(self, window: float) -> None:
        self._speech.window = window

    @property
    def loads(self) -> Mapping[str, Load]:
        return self._speech.loads

    @property
    def pressure(self) -> Level:
        return self._speech.pressure

    def on_pressure(self, changed: Callable[[Level], None]) -> None:
        self._speech.on_pressure(changed)

    def listen(self, judged: Callable[[Sequence[float]], None]) -> Ear:
        return self._speech.listen(judged)

    def can_translate(self, source: str, target: str) -> bool:
        return self._speech.can_translate(source, target)

    def is_ready(self) -> bool:
        return self._speech.is_ready()

    def transcribe(
        self, opening: Opening, heard: Callable[[Hypothesis | EngineError], None]
    ) -> Transcription:
        turn = _Turn(self._metering, heard)
        turn.transcription = self._speech.transcribe(opening, turn.take)
        return turn

    async def recognise(self, request: VoiceRequest, *, within: float) -> Recognition:
        with self._metering.asking("recogniser"):
            return await self._speech.recognise(request, within=within)

    async def translate(self, request: TextRequest, *, within: float) -> Translation:
        with self._metering.asking("translator"):
            return await self._speech.translate(request, within=within)

    async def synthesise(self, request: SpeechRequest, *, within: float) -> AsyncIterator[Chunk]:
        with self._metering.asking("synthesiser") as asked:
            chunks = self._speech.synthesise(request, within=within)
            try:
                async for chunk in chunks:
                    asked.answers()
                    yield chunk
            finally:
                if isinstance(chunks, AsyncGenerator):  # so that closing us cancels the rest
                    await chunks.aclose()


class _Turn:
    """A turn, until it is understood or given up."""

    def __init__(
        self, metering: Metering, heard: Callable[[Hypothesis | EngineError], None]
    ) -> None:
        self._metering = metering
        self._heard = heard
        self._asked: Asked | None = None
        self._is_over = False
        self.transcription: Transcription

    def feed(self, pcm: bytes, *, is_pause: bool = False) -> None:
        self.transcription.feed(pcm, is_pause=is_pause)

    def finish(self, pcm: bytes = b"") -> None:
        self._asked = self._metering.begin()
        self.transcription.finish(pcm)

    def close(self) -> None:
        self._end(Outcome.CANCELLED)
        self.transcription.close()

    def take(self, answer: Hypothesis | EngineError) -> None:
        match answer:
            case Hypothesis(is_final=True):
                self._end(Outcome.ANSWERED)
            case EngineBusy():
                self._end(Outcome.BUSY)
            case EngineError():
                self._end(Outcome.FAILED)
            case Hypothesis():
                pass
        self._heard(answer)

    def _end(self, outcome: Outcome) -> None:
        if not self._is_over:
            self._is_over = True
            took = None if self._asked is None else self._asked.took
            self._metering.answered(TRANSCRIBER, outcome, took)
