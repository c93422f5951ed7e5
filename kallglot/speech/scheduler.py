"""Which requests an engine answers next, and which never.  No clock, no threads.

The earliest deadline goes first, and whole utterances go before parts of them, which only serve
to show something early.  A part is dropped when more of the same utterance arrives.  The queue
is short on purpose: what would wait longer than its queue is better refused at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

from kallglot.speech.engines import VoiceRequest

__all__ = ["Job", "Scheduler", "Turn", "is_more_of"]

R = TypeVar("R")


@attrs.frozen
class Job(Generic[R]):
    """A request and when it must be answered; `came` and `deadline` are on the same clock."""

    id: int
    request: R = attrs.field(repr=False)
    came: float
    deadline: float
    is_partial: bool = False


@attrs.frozen
class Turn(Generic[R]):
    """What to answer now, and what it is too late for."""

    batch: list[Job[R]]
    expired: list[Job[R]]


def is_more_of(newer: VoiceRequest, older: VoiceRequest) -> bool:
    """Tell whether `newer` is the same utterance, heard further."""
    return (
        newer.rate_hz == older.rate_hz
        and len(newer.pcm) >= len(older.pcm)
        and newer.pcm.startswith(older.pcm)
    )


def _never(_newer: object, _older: object) -> bool:
    return False


class Scheduler(Generic[R]):
    """The queue before one engine, which takes up to `rows` requests at once."""

    def __init__(
        self,
        rows: int,
        limit: int = 64,
        supersedes: Callable[[R, R], bool] = _never,
    ) -> None:
        self._rows = rows
        self._limit = limit
        self._supersedes = supersedes
        self._waiting: list[Job[R]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, job: Job[R]) -> list[Job[R]]:
        """Queue a request; return those that are given up for it, possibly itself."""
        stale = [
            other
            for other in self._waiting
            if other.is_partial and self._supersedes(job.request, other.request)
        ]
        for other in stale:
            self._waiting.remove(other)
        self._waiting.append(job)
        if len(self._waiting) > self._limit:
            least = max(self._waiting, key=_rank)
            self._waiting.remove(least)
            stale.append(least)
        return stale

    def withdraw(self, id: int) -> bool:  # noqa: A002
        """Forget a request nobody waits for; tell whether it was still waiting."""
        for job in self._waiting:
            if job.id == id:
                self._waiting.remove(job)
                return True
        return False

    def take(self, now: float) -> Turn[R]:
        """Return the next batch: whole utterances, or parts if there are no others."""
        expired = [job for job in self._waiting if job.deadline <= now]
        if expired:
            self._waiting = [job for job in self._waiting if job.deadline > now]
        self._waiting.sort(key=_rank)
        batch = self._waiting[: self._rows]
        if batch and not batch[0].is_partial:
            batch = [job for job in batch if not job.is_partial]
        del self._waiting[: len(batch)]
        return Turn(batch, expired)

    def age(self, now: float) -> float:
        """Return for how long the oldest request has been waiting."""
        return max((now - job.came for job in self._waiting), default=0.0)


def _rank(job: Job[R]) -> tuple[bool, float, int]:
    return job.is_partial, job.deadline, job.id
