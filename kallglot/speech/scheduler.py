"""Which requests an engine answers next, and together, and which never.  No clock, no threads.

There are two lanes.  What somebody waits for goes first: whole utterances, the first sound of a
sentence, a turn at a pause or at its end.  Parts of utterances, further sound and turns that go
on come after that, unless their own time has come, so that nobody waits for ever.  Inside a lane
the earliest deadline goes first, and takes with it others of about its size, because a batch
costs what its longest row costs.

What would be answered too late is given up, but for *patient* requests, which are part of
something that goes on.  The queue is short on purpose: what would wait longer than its queue is
better refused at once.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

from kallglot.speech.engines import VoiceRequest

__all__ = ["Batching", "Job", "Key", "Lane", "Scheduler", "Turn", "is_more_of"]

R = TypeVar("R")

#: Who asked, and what they call it.
Key = tuple[int, int]


class Lane(enum.IntEnum):
    """What goes before what."""

    FIRST = 0
    LATER = 1


@attrs.frozen
class Job(Generic[R]):
    """A request and when it should be answered; `came` and `deadline` are on the same clock.

    `size` is how much there is of it, in any unit.  One that `is_patient` is answered even late,
    and one that `is_alone` is not answered together with others.
    """

    id: Key
    request: R = attrs.field(repr=False)
    came: float
    deadline: float
    lane: Lane = Lane.FIRST
    size: float = 0.0
    is_patient: bool = False
    is_alone: bool = False

    def rank(self, now: float) -> tuple[Lane, float, float, Key]:
        return self.lane_at(now), self.deadline, self.came, self.id

    def lane_at(self, now: float) -> Lane:
        """What has waited past its time waits for nobody."""
        return Lane.FIRST if self.deadline <= now else self.lane


@attrs.frozen
class Turn(Generic[R]):
    """What to answer now, and what it is too late for."""

    batch: list[Job[R]]
    expired: list[Job[R]]


@attrs.frozen
class Batching:
    """What goes together: up to `rows`, the largest up to `likeness` times the smallest.

    A batch that is not full waits `linger` seconds for company.  Sizes below `small` are alike.
    """

    rows: int = 1
    linger: float = 0.0
    likeness: float = math.inf
    small: float = 1.0


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
    """The queue before one engine.

    `limit` is how many requests that are not patient may wait.
    """

    def __init__(
        self,
        batching: Batching,
        limit: int = 64,
        supersedes: Callable[[R, R], bool] = _never,
    ) -> None:
        self._batching = batching
        self._limit = limit
        self._supersedes = supersedes
        self._waiting: dict[Key, Job[R]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, job: Job[R]) -> list[Job[R]]:
        """Queue a request; return those that are given up for it, possibly itself."""
        given_up = [
            other
            for other in self._waiting.values()
            if other.lane is Lane.LATER
            and not other.is_patient
            and self._supersedes(job.request, other.request)
        ]
        self._waiting[job.id] = job
        for other in given_up:
            del self._waiting[other.id]
        mortal = [other for other in self._waiting.values() if not other.is_patient]
        if len(mortal) > self._limit:
            least = max(mortal, key=lambda other: other.rank(-math.inf))
            del self._waiting[least.id]
            given_up.append(least)
        return given_up

    def join(self, job: Job[R]) -> None:
        """Queue more of what may be waiting already; together they are as urgent as either."""
        other = self._waiting.get(job.id)
        if other is not None:
            job = attrs.evolve(
                job,
                came=min(job.came, other.came),
                deadline=min(job.deadline, other.deadline),
                lane=min(job.lane, other.lane),
                size=max(job.size, other.size),
            )
        self._waiting[job.id] = job

    def withdraw(self, key: Key) -> Job[R] | None:
        """Forget a request nobody waits for; return it if it was still waiting."""
        return self._waiting.pop(key, None)

    def dismiss(self, guest: int) -> None:
        """Forget what somebody asked who has gone, but for what must be brought to an end."""
        for key in [
            key for key, job in self._waiting.items() if key[0] == guest and not job.is_patient
        ]:
            del self._waiting[key]

    def take(self, now: float) -> Turn[R]:
        """Return the next batch, in the order of its deadlines."""
        expired = [
            job for job in self._waiting.values() if job.deadline <= now and not job.is_patient
        ]
        for job in expired:
            del self._waiting[job.id]
        batch = self._next(now)
        for job in batch:
            del self._waiting[job.id]
        return Turn(batch, expired)

    def pause(self, now: float) -> float:
        """Return for how many seconds more the next batch may wait for company."""
        if not self._waiting:
            return math.inf
        if self._batching.linger <= 0 or len(self._waiting) >= self._batching.rows:
            return 0.0
        due = min(job.came for job in self._waiting.values()) + self._batching.linger
        return max(0.0, due - now)

    def age(self, now: float) -> float:
        """Return for how long the oldest request has been waiting."""
        return max((now - job.came for job in self._waiting.values()), default=0.0)

    def _next(self, now: float) -> list[Job[R]]:
        ranked = sorted(self._waiting.values(), key=lambda job: job.rank(now))
        if not ranked:
            return []
        first = ranked[0]
        batch = [first]
        if first.is_alone:
            return batch
        least = most = max(first.size, self._batching.small)
        for job in ranked[1:]:
            if len(batch) >= self._batching.rows:
                break
            size = max(job.size, self._batching.small)
            is_alike = max(most, size) <= self._batching.likeness * min(least, size)
            if is_alike and not job.is_alone and job.lane_at(now) is first.lane_at(now):
                batch.append(job)
                least, most = min(least, size), max(most, size)
        return batch
