"""The engines as the actors see them: two child processes behind one `SpeechService`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence

import attrs

from kallglot.errors import EngineError
from kallglot.pressure import Level, Pressure, PressurePolicy
from kallglot.speech import wire
from kallglot.speech.catalogue import SpeechSettings
from kallglot.speech.child import Child, Command, Patience, Reach
from kallglot.speech.ears import Ears, Listener
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
from kallglot.speech.load import Load, worst
from kallglot.speech.questions import Questions
from kallglot.speech.service import Ear, Transcription
from kallglot.speech.transcriptions import Dictation, Transcriptions
from kallglot.speech.wire import FromHost

__all__ = ["Hosts", "SpeechClient"]

logger = logging.getLogger(__name__)

#: Seconds for which sound is collected before it is sent to be judged.
TICK = 0.02
#: Seconds after which frames that have not been judged are guessed.
OVERDUE = 0.25


@attrs.frozen
class Hosts:
    """Which processes are run or called, and how patiently."""

    ear: Reach
    mind: Reach
    ear_patience: Patience = attrs.field(factory=lambda: Patience(ping=1.0, silence=5.0))
    mind_patience: Patience = attrs.field(factory=Patience)

    @classmethod
    def of(cls, settings: SpeechSettings, mind: Reach | None = None) -> Hosts:
        """Return two processes on this machine, or with `mind` an ear here and that mind."""
        return cls(Command("ear", settings), mind or Command("mind", settings))


class SpeechClient:
    """Asks the children, and goes on without them while they are away."""

    def __init__(self, hosts: Hosts, pressure: PressurePolicy | None = None) -> None:
        self.cards: dict[str, EngineCard] = {}
        self.window = 0.0
        #: What each engine had to do when it was last asked.
        self.loads: dict[str, Load] = {}
        self._pressure = Pressure(pressure)
        self._watchers: list[Callable[[Level], None]] = []
        self._pairs: frozenset[tuple[str, str]] = frozenset()
        self._check: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._ears = Ears(self._wake, _tell, OVERDUE)
        self._ear = Child(hosts.ear, self._hear_ear, self._ears.disconnect, hosts.ear_patience)
        self._mind = Child(hosts.mind, self._hear_mind, self._lose_mind, hosts.mind_patience)
        self._questions = Questions(self._mind.send)
        self._turns = Transcriptions(self._mind.send, _report)

    async def start(self) -> None:
        """Return when both children are ready.

        Raises:
            ModelMissing: a model is not there; the message says what to do.
        """
        ear = asyncio.create_task(self._start_ear())
        try:
            await self._mind.start()
            await ear
        except BaseException:
            ear.cancel()
            await asyncio.wait([ear])
            await self.stop()
            raise

    async def stop(self) -> None:
        await asyncio.gather(self._ear.stop(), self._mind.stop())
        for timer in (self._check, self._patience):
            if timer is not None:
                timer.cancel()

    def is_ready(self) -> bool:
        return self._mind.is_ready

    def can_translate(self, source: str, target: str) -> bool:
        return (source, target) in self._pairs

    def listen(self, judged: Callable[[Sequence[float]], None]) -> Ear:
        return self._ears.open(judged)

    @property
    def load(self) -> Load:
        """What the engine that has most to do had to do when it was last asked."""
        return worst(*self.loads.values())

    @property
    def pressure(self) -> Level:
        """How hard pressed the engines are, and what must be given up for it."""
        return self._pressure.level

    def on_pressure(self, changed: Callable[[Level], None]) -> None:
        """Have `changed` called from the loop with each new level."""
        self._watchers.append(changed)

    @property
    def frames(self) -> tuple[int, int]:
        """Frames of voice activity judged so far, and how many of them were only guessed."""
        return self._ears.counts.judged, self._ears.counts.guessed

    def transcribe(
        self, opening: Opening, heard: Callable[[Hypothesis | EngineError], None]
    ) -> Transcription:
        return self._turns.open(opening, heard, asyncio.get_running_loop().time())

    async def recognise(self, request: VoiceRequest, *, within: float) -> Recognition:
        with self._questions.ask(wire.Recognise, request, within) as question:
            answer = await question.answer()
        assert isinstance(answer, wire.Recognised)
        return answer.recognition

    async def translate(self, request: TextRequest, *, within: float) -> Translation:
        with self._questions.ask(wire.Translate, request, within) as question:
            answer = await question.answer()
        assert isinstance(answer, wire.Translated)
        return answer.translation

    async def synthesise(self, request: SpeechRequest, *, within: float) -> AsyncIterator[Chunk]:
        """Yield the speech in pieces, each `within` of when the one before was wanted."""
        with self._questions.ask(wire.Synthesise, request, within) as question:
            while not question.is_settled:
                answer = await question.answer()
                assert isinstance(answer, wire.Spoken)
                yield answer.chunk

    async def _start_ear(self) -> None:
        try:
            await self._ear.start()
        except EngineError as error:
            logger.warning("voice activity is guessed from loudness: %s", error)

    def _hear_ear(self, message: FromHost) -> None:
        match message:
            case wire.Judged():
                self._ears.receive(message)
            case wire.Ready():
                self._ears.connect()
            case _:
                pass

    def _hear_mind(self, message: FromHost) -> None:
        match message:
            case wire.Recognised() | wire.Translated() | wire.Spoken() | wire.FailedBecause():
                self._questions.receive(message)
            case wire.Understood() | wire.Lost():
                self._turns.receive(message)
            case wire.Pong(loads):
                self._weigh(loads)
            case wire.Ready(cards, window, pairs):
                self.cards, self.window, self._pairs = cards, window, pairs
                self._questions.begin()
                self._turns.connect(window)
                for role, card in cards.items():
                    logger.info("%s: %s %s %s", role, card.name, card.revision, card.notice)
            case _:
                pass

    def _weigh(self, loads: dict[str, Load]) -> None:
        loop = asyncio.get_running_loop()
        before = self._pressure.level
        self.loads = loads
        level = self._pressure.look(loads, loop.time())
        if level is not before:
            logger.warning("pressure on the engines: %s, was %s", level, before)
            for changed in self._watchers:
                loop.call_soon(changed, level)

    def _lose_mind(self) -> None:
        self._questions.lose()
        self.loads = {}
        loop = asyncio.get_running_loop()
        due = self._turns.disconnect(loop.time())
        self._patience = loop.call_at(due, self._wait_no_longer)

    def _wait_no_longer(self) -> None:
        self._turns.expire(asyncio.get_running_loop().time())

    def _wake(self) -> None:
        asyncio.get_running_loop().call_later(TICK, self._tick)

    def _tick(self) -> None:
        """Send what was heard since the last tick, all calls together."""
        loop = asyncio.get_running_loop()
        heard = self._ears.collect(loop.time())
        if heard is not None:
            self._ear.send(heard)
        for stream in self._ears.closed():
            self._ear.send(wire.Forget(stream))
        if heard is not None and self._check is None:
            self._check = loop.call_later(OVERDUE * 1.1, self._look_for_overdue)

    def _look_for_overdue(self) -> None:
        loop = asyncio.get_running_loop()
        self._ears.expire(loop.time())
        self._check = None
        if self._ears.is_waiting():
            self._check = loop.call_later(OVERDUE * 1.1, self._look_for_overdue)


def _tell(listener: Listener, probabilities: list[float]) -> None:
    loop = asyncio.get_running_loop()
    loop.call_soon(listener.tell, probabilities, context=listener.context)


def _report(turn: Dictation, news: Hypothesis | EngineError) -> None:
    asyncio.get_running_loop().call_soon(turn.tell, news, context=turn.context)
