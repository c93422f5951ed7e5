"""Speech without models, processes or threads, which works on a loop whose time jumps.

    speech = FakeSpeech()
    speech.knows({("de", "en"): {"Guten Tag": "Good day"}})
    speech.delay["recognise"] = 0.3
    speech.fail_next("translate")

People and voices sound like `tests.fakes.modem`; `says` and `heard` are its short forms.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Literal, TypeVar

import attrs

from kallglot.errors import EngineBusy, EngineError
from kallglot.speech.engines import (
    Chunk,
    EngineCard,
    Recognition,
    SpeechRequest,
    TextRequest,
    Translation,
    VoiceRequest,
)
from tests.fakes import modem
from tests.fakes.engines import (
    ModemRecogniser,
    ModemSynthesiser,
    PhraseBook,
    Phrases,
    is_loud,
)

__all__ = ["FakeEar", "FakeSpeech", "heard", "says"]

Task = Literal["recognise", "translate", "synthesise"]
Request = VoiceRequest | TextRequest | SpeechRequest

_FRAME_BYTES = 512

R = TypeVar("R", Recognition, Translation)


def says(text: str, language: str, rate_hz: int = 8000) -> bytes:
    """Return what somebody sounds like who says this."""
    return modem.speak(text, language, rate_hz)


def heard(pcm: bytes, rate_hz: int = 8000) -> str:
    """Return what was said."""
    return modem.hear(pcm, rate_hz).text


class FakeEar:
    """Judges by loudness, at once."""

    def __init__(self, judged: Callable[[Sequence[float]], None]) -> None:
        self._judged = judged
        self._waiting = bytearray()
        self.is_open = True

    def hear(self, pcm: bytes) -> None:
        if not self.is_open:
            return
        self._waiting += pcm
        whole = len(self._waiting) // _FRAME_BYTES * _FRAME_BYTES
        probabilities = [
            is_loud(self._waiting[at : at + _FRAME_BYTES]) for at in range(0, whole, _FRAME_BYTES)
        ]
        del self._waiting[:whole]
        if probabilities:
            self._judged(probabilities)

    def close(self) -> None:
        self.is_open = False


@attrs.define
class _Mood:
    """What is to go wrong with a task: the next failures, the next doubts, the crash to come."""

    failures: list[EngineError] = attrs.Factory(list)
    doubts: int = 0
    crash_after: int | None = None


class FakeSpeech:
    """A `SpeechService` that does what it is told.

    `delay` is in seconds per task: how long recognising and translating take, and how long it is
    to the first piece of speech.  `pace` is how long each further piece takes.  `asked` is every
    request so far, and `spoken` every sentence of which speech was wanted; `cancelled` those of
    them that were not wanted to their end.
    """

    def __init__(self) -> None:
        self._recogniser = ModemRecogniser()
        self._phrases = PhraseBook()
        self._synthesiser = ModemSynthesiser()
        self.cards: dict[str, EngineCard] = {
            "recogniser": self._recogniser.card,
            "translator": self._phrases.card,
            "synthesiser": self._synthesiser.card,
        }
        self.window = self._recogniser.window
        self.delay: dict[Task, float] = {"recognise": 0.0, "translate": 0.0, "synthesise": 0.0}
        self.pace = 0.0
        self.asked: list[Request] = []
        self.ears: list[FakeEar] = []
        self.cancelled: list[str] = []
        self._moods: dict[Task, _Mood] = {task: _Mood() for task in self.delay}
        self._fallen = asyncio.Event()
        self._is_up = True

    def knows(self, phrases: Phrases) -> None:
        """Teach translations; what is not taught has its words said backwards."""
        self._phrases.learn(phrases)

    def fail_next(self, task: Task, times: int = 1, error: EngineError | None = None) -> None:
        """Let the next requests fail; others are answered as usual."""
        failure = error or EngineError(f"could not {task}")
        self._moods[task].failures.extend([failure] * times)

    def doubt_next(self, task: Literal["recognise", "translate"], times: int = 1) -> None:
        """Let the next answers be unsure."""
        self._moods[task].doubts += times

    def crash_after(self, task: Task, times: int) -> None:
        """Go down when a task has been done so many times more."""
        self._moods[task].crash_after = times

    def goes_down(self) -> None:
        """Fail what is being done, and everything from now on."""
        self._is_up = False
        self._fallen.set()

    def comes_back(self) -> None:
        self._is_up = True
        self._fallen = asyncio.Event()

    @property
    def spoken(self) -> list[str]:
        return [request.text for request in self.asked if isinstance(request, SpeechRequest)]

    def listen(self, judged: Callable[[Sequence[float]], None]) -> FakeEar:
        ear = FakeEar(judged)
        self.ears.append(ear)
        return ear

    def can_translate(self, source: str, target: str) -> bool:
        return (source, target) in self._phrases.pairs()

    def is_ready(self) -> bool:
        return self._is_up

    async def recognise(self, request: VoiceRequest, *, within: float) -> Recognition:
        await self._begin("recognise", request, within)
        return self._end("recognise", self._recogniser.recognise([request])[0])

    async def translate(self, request: TextRequest, *, within: float) -> Translation:
        await self._begin("translate", request, within)
        return self._end("translate", self._phrases.translate([request])[0])

    async def synthesise(self, request: SpeechRequest, *, within: float) -> AsyncIterator[Chunk]:
        await self._begin("synthesise", request, within)
        is_done = False
        try:
            for chunk in self._synthesiser.synthesise(request, lambda: False):
                is_done = chunk.is_last
                yield chunk
                if not is_done:
                    await self._wait(self.pace)
        finally:
            if not is_done:
                self.cancelled.append(request.text)
        self._count("synthesise")

    async def _begin(self, task: Task, request: Request, within: float) -> None:
        """Take as long as it takes, and fail if that is what comes next."""
        self.asked.append(request)
        self._check()
        if self.delay[task] > within:
            await self._wait(within)
            raise EngineBusy(f"no answer within {within:g} s")
        await self._wait(self.delay[task])
        mood = self._moods[task]
        if mood.failures:
            raise mood.failures.pop(0)

    def _end(self, task: Task, answer: R) -> R:
        mood = self._moods[task]
        self._count(task)
        if mood.doubts:
            mood.doubts -= 1
            return attrs.evolve(answer, is_sure=False, confidence=0.1)
        return answer

    def _count(self, task: Task) -> None:
        mood = self._moods[task]
        if mood.crash_after is not None:
            mood.crash_after -= 1
            if mood.crash_after <= 0:
                mood.crash_after = None
                self.goes_down()

    async def _wait(self, seconds: float) -> None:
        """Wait, but not through a crash."""
        try:
            async with asyncio.timeout(seconds):
                await self._fallen.wait()
        except TimeoutError:
            return
        self._check()

    def _check(self) -> None:
        if not self._is_up:
            raise EngineError("speech is down")
