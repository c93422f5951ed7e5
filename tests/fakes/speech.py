"""Speech without models, processes or threads, which works on a loop whose time jumps.

    speech = FakeSpeech()
    speech.knows({("de", "en"): {"Guten Tag": "Good day"}})
    speech.delay["recognise"] = 0.3
    speech.fail_next("translate")

People and voices sound like `tests.fakes.modem`; `says` and `heard` are its short forms.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Literal, TypeVar

import attrs
import numpy as np

from kallglot.errors import EngineBusy, EngineError
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
from tests.fakes import modem
from tests.fakes.engines import (
    ModemRecogniser,
    ModemSynthesiser,
    PhraseBook,
    Phrases,
    is_loud,
)

__all__ = ["FakeEar", "FakeSpeech", "FakeTranscription", "heard", "says"]

Task = Literal["recognise", "translate", "synthesise"]
Request = VoiceRequest | TextRequest | SpeechRequest

_FRAME_BYTES = 512
_SENTENCE = re.compile(r"[.!?](?=\s|$)")

R = TypeVar("R", Recognition, Translation)


def says(text: str, language: str, rate_hz: int = 8000) -> bytes:
    """Return what somebody sounds like who says this."""
    return modem.speak(text, language, rate_hz)


def heard(pcm: bytes, rate_hz: int = 8000) -> str:
    """Return what was said."""
    return modem.hear(pcm, rate_hz).text


def doubted(answer: R) -> R:
    """Return the answer of an engine that does not trust itself."""
    return attrs.evolve(answer, is_sure=False, confidence=0.1)


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


class FakeTranscription:
    """Understands a turn as real ones do: a sentence when it ends, the rest when the turn does."""

    def __init__(
        self,
        speech: FakeSpeech,
        opening: Opening,
        heard: Callable[[Hypothesis | EngineError], None],
    ) -> None:
        self._speech = speech
        self._opening = opening
        self._heard = heard
        self._sound = bytearray()
        self._committed = ""
        self._is_doubted = speech.takes_doubt("recognise")
        self._feeds: asyncio.Queue[tuple[bool, bool]] = asyncio.Queue()
        self._work = asyncio.create_task(self._work_off())

    def feed(self, pcm: bytes, *, is_pause: bool = False) -> None:
        self._sound += pcm
        self._feeds.put_nowait((is_pause, False))

    def finish(self, pcm: bytes = b"") -> None:
        self._sound += pcm
        self._feeds.put_nowait((True, True))

    def close(self) -> None:
        self._work.cancel()

    async def _work_off(self) -> None:
        is_last = False
        while not is_last:
            is_pause, is_last = await self._feeds.get()
            request = VoiceRequest(
                bytes(self._sound),
                self._opening.rate_hz,
                self._opening.language,
                self._opening.candidates,
                is_partial=not is_last,
            )
            try:
                recognition = await self._speech.understand(request)
            except EngineError as error:
                self._heard(error)
                return
            if self._is_doubted:
                recognition = doubted(recognition)
            self._heard(self._answer(recognition, is_pause=is_pause, is_last=is_last))

    def _answer(self, recognition: Recognition, *, is_pause: bool, is_last: bool) -> Hypothesis:
        text = recognition.text
        ends = [end.end() for end in _SENTENCE.finditer(text)]
        if ends and ends[-1] == len(text) and not is_pause:
            ends.pop()  # the next look may show that it goes on
        upto = len(text) if is_last else ends[-1] if ends and recognition.is_sure else 0
        new = text[len(self._committed) : upto].strip()
        self._committed = text[: max(upto, len(self._committed))]
        return Hypothesis(
            committed=new,
            unstable="" if is_last else text[len(self._committed) :].strip(),
            until=self._position(len(self._committed), len(text)),
            heard=len(self._sound) / 2 / self._opening.rate_hz,
            language=recognition.language,
            confidence=recognition.confidence,
            language_confidence=recognition.language_confidence,
            alternatives=recognition.alternatives,
            is_sure=recognition.is_sure,
            is_final=is_last,
        )

    def _position(self, letters: int, of: int) -> float:
        """Say when a letter was over, by how many there are in what is not silence."""
        loud = np.flatnonzero(np.abs(np.frombuffer(self._sound, np.int16)) > 300)
        if not of or not len(loud):
            return 0.0
        first, last = int(loud[0]), int(loud[-1])
        return (first + (last - first) * letters / of) / self._opening.rate_hz


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
    them that were not wanted to their end.  `sounds_like` says what else a language may be taken
    for, and with which confidence.
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
        self.openings: list[Opening] = []
        self.ears: list[FakeEar] = []
        self.cancelled: list[str] = []
        self.sounds_like: dict[str, tuple[tuple[str, float], ...]] = {}
        self._moods: dict[Task, _Mood] = {task: _Mood() for task in self.delay}
        self.loads: dict[str, Load] = {}
        self.pressure = Level.NORMAL
        self._pressed: list[Callable[[Level], None]] = []
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

    def on_pressure(self, changed: Callable[[Level], None]) -> None:
        self._pressed.append(changed)

    def is_pressed(self, level: Level) -> None:
        """Have more to do, or less."""
        self.pressure = level
        for changed in self._pressed:
            changed(level)

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

    def transcribe(
        self, opening: Opening, heard: Callable[[Hypothesis | EngineError], None]
    ) -> FakeTranscription:
        self.openings.append(opening)
        return FakeTranscription(self, opening, heard)

    async def understand(self, request: VoiceRequest) -> Recognition:
        """Recognise a part of a turn, which is doubted as a whole or not at all."""
        await self._begin("recognise", request, within=60.0)
        self._count("recognise")
        recognition = self._recogniser.recognise([request])[0]
        others = self.sounds_like.get(recognition.language, ()) if recognition.text else ()
        rest = recognition.language_confidence - sum(share for _, share in others)
        return attrs.evolve(recognition, language_confidence=rest, alternatives=others)

    def takes_doubt(self, task: Task) -> bool:
        """Say whether the next answer is to be unsure, once."""
        mood = self._moods[task]
        is_doubted = mood.doubts > 0
        mood.doubts -= is_doubted
        return is_doubted

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
        self._count(task)
        return doubted(answer) if self.takes_doubt(task) else answer

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
