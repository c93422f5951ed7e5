"""Requests on their way to a host, and the answers on their way back.

What a host that is lost still owed is asked again of the next, if that comes in time.  Then each
request is worked on alone, and the one that was being worked on when that host is lost, too, is
not asked a third time: it may be what kills them.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

import attrs

from kallglot.errors import EngineBusy, EngineError
from kallglot.speech import wire
from kallglot.speech.engines import Chunk
from kallglot.speech.wire import ToHost

__all__ = ["Answer", "Question", "Questions"]

Answer: TypeAlias = wire.Recognised | wire.Translated | wire.Spoken
#: Makes the message from the seconds left, and whether it is suspect.
Asked: TypeAlias = Callable[[float, bool], ToHost]

R = TypeVar("R")

GONE = "the process that understands and speaks is away"


class Questions:
    """Everything that was asked and not answered."""

    def __init__(self, send: Callable[[ToHost], None]) -> None:
        self._send = send
        self._numbers = itertools.count(1)
        self._open: dict[int, Question] = {}
        self._is_answered = False

    def begin(self) -> None:
        """Somebody is there to answer, also what the one before still owed."""
        self._is_answered = True
        for question in self._open.values():
            again = question.again()
            if again is not None:
                self._send(again)

    def lose(self) -> None:
        """Nobody is, and what has cost us two of them is asked no more."""
        self._is_answered = False
        suspects: dict[object, Question] = {}
        for question in sorted(self._open.values(), key=lambda each: each.sent_for):
            if question.is_suspect and not question.is_settled:
                suspects.setdefault(question.kind, question)
        for question in suspects.values():
            question.give_up()

    def receive(self, answer: Answer | wire.FailedBecause) -> None:
        """Pass an answer on, unless nobody waits for it any more."""
        question = self._open.get(answer.id)
        if question is not None:
            question.receive(answer)

    def ask(
        self, kind: Callable[[int, float, R, bool], ToHost], request: R, within: float
    ) -> Question:
        """Send a request as a message of that kind, to be answered `within` seconds.

        Raises:
            EngineError: there is nobody to answer.
        """
        if not self._is_answered:
            raise EngineError(GONE)
        number = next(self._numbers)

        def asked(left: float, is_suspect: bool) -> ToHost:
            return kind(number, left, request, is_suspect)

        question = Question(self, number, kind, asked, within)
        self._open[number] = question
        self._send(asked(within, False))
        return question

    def close(self, question: Question) -> None:
        del self._open[question.number]
        if self._is_answered and not question.is_settled:
            self._send(wire.Cancel(question.number))


class Question:
    """One request; whoever leaves its context before the last answer has cancelled it."""

    def __init__(
        self, questions: Questions, number: int, kind: object, asked: Asked, within: float
    ) -> None:
        self._questions = questions
        self._asked = asked
        self._within = within
        self._deadline = asyncio.get_running_loop().time() + within
        self._answers: asyncio.Queue[Answer | wire.FailedBecause | None] = asyncio.Queue()
        self._is_given_up = False
        #: Bytes of speech that came, and those of them that come again.
        self._spoken = 0
        self._repeated = 0
        self.number = number
        #: Requests of one kind are worked on one after the other, by when they are due.
        self.kind = kind
        self.sent_for = (self._deadline, number)
        self.is_suspect = False
        self.is_settled = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._questions.close(self)

    def receive(self, answer: Answer | wire.FailedBecause) -> None:
        match answer:
            case wire.Spoken(chunk=chunk):
                new = self._unheard(chunk)
                if new is not None:
                    self._answers.put_nowait(wire.Spoken(answer.id, new))
            case _:
                self._answers.put_nowait(answer)

    def give_up(self) -> None:
        """Nobody will be asked again."""
        self._is_given_up = True
        self._answers.put_nowait(None)

    def again(self) -> ToHost | None:
        """Return the question to be asked once more, if there is time for an answer."""
        left = self._deadline - asyncio.get_running_loop().time()
        if self.is_settled or self._is_given_up or left <= 0:
            return None
        self.is_suspect = True
        self.sent_for = (self._deadline, self.number)
        self._repeated = self._spoken
        return self._asked(left, True)

    async def answer(self) -> Answer:
        """Return the next answer, which may take as long as the first.

        Raises:
            EngineBusy: it would come too late.
            EngineError: it will not come.
        """
        self._deadline = asyncio.get_running_loop().time() + self._within
        try:
            async with asyncio.timeout_at(self._deadline):
                answer = await self._answers.get()
        except TimeoutError:
            raise EngineBusy(f"no answer within {self._within:g} s") from None
        match answer:
            case wire.Spoken(chunk=chunk):
                self.is_settled = chunk.is_last
                return answer
            case wire.Recognised() | wire.Translated():
                self.is_settled = True
                return answer
            case wire.FailedBecause(reason=reason, is_busy=is_busy):
                self.is_settled = True
                raise (EngineBusy if is_busy else EngineError)(reason)
            case None:
                self.is_settled = True
                raise EngineError(GONE)

    def _unheard(self, chunk: Chunk) -> Chunk | None:
        """Return what is new in a chunk, unless nothing is."""
        known = min(self._repeated, len(chunk.pcm))
        self._repeated -= known
        self._spoken += len(chunk.pcm) - known
        if known == len(chunk.pcm) and known and not chunk.is_last:
            return None
        return attrs.evolve(chunk, pcm=chunk.pcm[known:])
