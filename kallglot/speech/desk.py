"""An engine at work: the queue before it, the thread that works it off, and what becomes of it."""

from __future__ import annotations

import logging
import os
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import attrs

from kallglot.errors import EngineError
from kallglot.speech import wire
from kallglot.speech.load import Load, Tally
from kallglot.speech.scheduler import Job, Key, Scheduler
from kallglot.speech.wire import FromHost

__all__ = ["Desk", "Engine", "Errand", "Send", "Work", "refusal"]

logger = logging.getLogger("kallglot.speech.host")

R = TypeVar("R")

Send = Callable[[FromHost], None]

#: After so many unexpected errors in a row the process is more likely ill than the requests.
ERRORS_IN_A_ROW = 5


@attrs.frozen
class Errand(Generic[R]):
    """A request, and where the answer goes."""

    request: R = attrs.field(repr=False)
    send: Send


class Work(Protocol[R]):
    """What is done at a desk.

    Where `is_separable`, a batch that fails is tried again one by one.
    """

    is_separable: bool

    def do(self, batch: Sequence[Job[R]]) -> Sequence[Job[R]]:
        """Answer the batch; return what is to be queued again."""
        ...

    def fail(self, job: Job[R], reason: str, *, is_busy: bool) -> None:
        """Tell whoever asked that nothing comes of it."""
        ...


class Engine:
    """What one thread at a time may use; those who wait get it in the order in which they came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next = 0
        self._served = 0

    def __enter__(self) -> None:
        with self._changed:
            mine = self._next
            self._next += 1
            while self._served != mine:
                self._changed.wait()

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._served += 1
            self._changed.notify_all()


class Desk(Generic[R]):
    """A queue and a thread before an engine that it may share with others."""

    def __init__(
        self, name: str, scheduler: Scheduler[R], work: Work[R], engine: Engine | None = None
    ) -> None:
        self.name = name
        self._scheduler = scheduler
        self._work = work
        self._engine = engine or Engine()
        self._changed = threading.Condition()
        self._tally = Tally()
        self._busy_since: float | None = None
        self._errors = 0

    def start(self) -> None:
        threading.Thread(target=self._work_off, name=self.name, daemon=True).start()

    def put(self, job: Job[R]) -> None:
        with self._changed:
            given_up = self._scheduler.add(job)
            self._changed.notify()
        self._give_up(given_up, "superseded, or too many are waiting")

    def join(self, job: Job[R]) -> None:
        """Queue what may be more of something that is waiting already."""
        with self._changed:
            self._scheduler.join(job)
            self._changed.notify()

    def withdraw(self, key: Key) -> bool:
        """Forget a request; tell whether it was still waiting."""
        with self._changed:
            return self._scheduler.withdraw(key) is not None

    def dismiss(self, guest: int) -> None:
        """Forget what somebody asked who has gone."""
        with self._changed:
            self._scheduler.dismiss(guest)

    def load(self) -> Load:
        now = time.monotonic()
        with self._changed:
            busy = 0.0 if self._busy_since is None else now - self._busy_since
            age, waiting = self._scheduler.age(now), len(self._scheduler)
            return self._tally.load(now, busy, age, waiting)

    def _work_off(self) -> None:
        while True:
            self._wait()
            with self._engine:
                with self._changed:
                    self._busy_since = now = time.monotonic()
                    turn = self._scheduler.take(now)
                    self._tally.give_up(now, len(turn.expired))
                self._give_up(turn.expired, "it waited too long")
                if turn.batch:
                    self._answer(turn.batch)
            with self._changed:
                self._busy_since = None

    def _wait(self) -> None:
        """Return when there is something to do."""
        with self._changed:
            while pause := self._scheduler.pause(time.monotonic()):
                self._changed.wait(min(pause, 60.0))

    def _answer(self, batch: Sequence[Job[R]]) -> None:
        """Answer all; one bad request must not spoil the answers to others."""
        try:
            again = self._work.do(batch)
            self._errors = 0
        except Exception as error:  # noqa: BLE001 - as in actors.runtime: one request, not the rest
            if len(batch) > 1 and self._work.is_separable:
                for job in batch:
                    self._answer([job])
                return
            self._complain(error)
            for job in batch:
                self._work.fail(job, _reason(error), is_busy=False)
            return
        now = time.monotonic()
        with self._changed:
            self._tally.note(now, len(batch), sum(1 for job in batch if job.deadline < now))
            for job in again:
                self._scheduler.add(job)

    def _complain(self, error: Exception) -> None:
        """Log without the error's text, which may quote somebody."""
        if isinstance(error, EngineError):
            return
        where = traceback.extract_tb(error.__traceback__)[-1]
        logger.error(
            "%s failed: %s in %s:%s", self.name, type(error).__name__, where.filename, where.lineno
        )
        self._errors += 1
        if self._errors >= ERRORS_IN_A_ROW:
            logger.error("%s failed %d times in a row, giving up", self.name, self._errors)
            os._exit(1)

    def _give_up(self, jobs: Sequence[Job[R]], reason: str) -> None:
        for job in jobs:
            self._work.fail(job, reason, is_busy=True)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, EngineError) else type(error).__name__


def refusal(job: Job[Errand[R]], reason: str, *, is_busy: bool) -> None:
    """Tell whoever sent an errand that nothing comes of it."""
    job.request.send(wire.FailedBecause(job.id[1], reason, is_busy))
