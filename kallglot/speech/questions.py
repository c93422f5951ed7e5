"""Requests on their way to a child process, and the answers on their way back."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from types import TracebackType
from typing import Self

from kallglot.errors import EngineBusy, EngineError
from kallglot.speech import wire
from kallglot.speech.wire import FromHost, ToHost

__all__ = ["Answer", "Question", "Questions"]

Answer = wire.Recognised | wire.Translated | wire.Spoken
GONE = "the process that understands and speaks is away"


class Questions:
    """Everything that was asked and not answered."""

    def __init__(self, send: Callable[[ToHost], None]) -> None:
        self._send = send
        self._numbers = itertools.count(1)
        self._open: dict[int, Question] = {}
        self._is_answered = False

    def begin(self) -> None:
        """Somebody is there to answer."""
        self._is_answered = True

    def lose(self) -> None:
        """Nobody is; whoever waits is told at once."""
        self._is_answered = False
        for question in self._open.values():
            question.answers.put_nowait(None)

    def receive(self, answer: Answer | wire.FailedBecause) -> None:
        """Pass an answer on, unless nobody waits for it any more."""
        question = self._open.get(answer.id)
        if question is not None:
            question.answers.put_nowait(answer)

    def open(self) -> Question:
        if not self._is_answered:
            raise EngineError(GONE)
        question = Question(self, next(self._numbers))
        self._open[question.number] = question
        return question

    def close(self, question: Question) -> None:
        del self._open[question.number]
        if self._is_answered and not question.is_settled:
            self._send(wire.Cancel(question.number))


class Question:
    """One request; whoever leaves its context before the last answer has cancelled it."""

    def __init__(self, questions: Questions, number: int) -> None:
        self._questions = questions
        self.number = number
        self.answers: asyncio.Queue[FromHost | None] = asyncio.Queue()
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

    async def answer(self, within: float) -> Answer:
        """Return the next answer.

        Raises:
            EngineBusy: it would come too late.
            EngineError: it will not come.
        """
        try:
            async with asyncio.timeout(within):
                answer = await self.answers.get()
        except TimeoutError:
            raise EngineBusy(f"no answer within {within:g} s") from None
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
            case _:
                self.is_settled = True
                raise EngineError(GONE)
