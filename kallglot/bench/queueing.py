"""How many calls engines can serve in time, worked out from what their batches cost.  Pure.

Two people of a call take turns.  Who speaks makes a request every so often, and one that goes
through all engines at the end of each turn.  Engines take what has come, up to a number of rows,
as soon as they are free: nobody waits for a batch to fill.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from random import Random

import attrs

from kallglot.bench.figures import quantile

__all__ = [
    "DEADLINE",
    "Cost",
    "Errand",
    "Station",
    "Talk",
    "errands",
    "most_calls",
    "sentences",
    "steps",
    "waits",
]

#: Within so many seconds nineteen of twenty answers must be there.
DEADLINE = 0.5
#: For so many seconds a queue is watched.
HORIZON = 30.0
#: More calls are not tried.
MOST = 20_000


@attrs.frozen
class Talk:
    """How two people take turns, in seconds: each speaks for 40 % of the time.

    A turn is as long as `turn`, give or take half of that, and so is the pause after it.
    """

    turn: float = 4.0
    pause: float = 1.0


@attrs.frozen
class Cost:
    """How long a batch takes, by its rows, in seconds; what was not measured is interpolated."""

    seconds: Mapping[int, float]

    @property
    def most(self) -> int:
        return max(self.seconds)

    def of(self, rows: int) -> float:
        """Return what so many rows cost; fewer than were measured cost what those cost."""
        known = sorted(self.seconds)
        at = bisect.bisect_left(known, rows)
        if at == 0:
            return self.seconds[known[0]]
        low, high = known[at - 1], known[at]
        share = (rows - low) / (high - low)
        return self.seconds[low] * (1 - share) + self.seconds[high] * share


@attrs.frozen
class Station:
    """An engine that takes up to `rows` at once.

    What it makes is of use after `first` of the time that it takes for all of it.
    """

    cost: Cost
    rows: int
    first: float = 1.0


@attrs.frozen(order=True)
class Errand:
    """Something that comes at a time, and goes through these stations one after the other."""

    at: float
    route: tuple[int, ...] = (0,)


def steps(calls: int, every: float, seconds: float = HORIZON, seed: int = 1) -> list[float]:
    """Return when somebody who speaks has spoken for another `every` seconds, over all calls."""
    return sorted(
        began + count * every
        for began, ended in _turns(calls, seconds, seed)
        for count in range(1, int((ended - began) / every) + 1)
    )


def sentences(calls: int, seconds: float = HORIZON, seed: int = 1) -> list[float]:
    """Return when turns end, over all calls."""
    return sorted(ended for _, ended in _turns(calls, seconds, seed))


def errands(calls: int, every: float, seconds: float = HORIZON, seed: int = 1) -> list[Errand]:
    """Return what a recogniser, a translator and a synthesiser are asked: stations 0, 1 and 2."""
    heard = (Errand(at, (0,)) for at in steps(calls, every, seconds, seed))
    said = (Errand(at, (0, 1, 2)) for at in sentences(calls, seconds, seed))
    return sorted(itertools.chain(heard, said))


def _turns(calls: int, seconds: float, seed: int) -> list[tuple[float, float]]:
    talk = Talk()
    turns: list[tuple[float, float]] = []
    for call in range(calls):
        random = Random(f"{seed} {call}")
        at = -random.uniform(0, talk.turn + talk.pause)
        while at < seconds:
            ended = at + talk.turn * random.uniform(0.5, 1.5)
            turns.append((at, ended))
            at = ended + talk.pause * random.uniform(0.5, 1.5)
    return [(began, ended) for began, ended in turns if began >= 0 and ended < seconds]


@attrs.define(eq=False)
class _Job:
    errand: Errand
    leg: int = 0


class _Floor:
    """The stations, with a server each, or one server for all of them."""

    def __init__(self, stations: Sequence[Station], *, is_shared: bool) -> None:
        self._stations = stations
        self._queues: list[deque[_Job]] = [deque() for _ in stations]
        self._is_shared = is_shared
        self._busy: set[int] = set()
        self._numbers = itertools.count()
        self._events: list[tuple[float, int, int | None, list[_Job]]] = []
        self.waits: list[tuple[Errand, float]] = []

    def add(self, errand: Errand) -> None:
        heapq.heappush(self._events, (errand.at, next(self._numbers), None, [_Job(errand)]))

    def work_off(self) -> None:
        while self._events:
            now = self._events[0][0]
            while self._events and self._events[0][0] == now:
                _, _, server, jobs = heapq.heappop(self._events)
                if server is not None:
                    self._busy.discard(server)
                for job in jobs:
                    self._queues[job.errand.route[job.leg]].append(job)
            self._begin(now)

    def _begin(self, now: float) -> None:
        # What is nearest to somebody's ear goes first.
        for number in reversed(range(len(self._stations))):
            server = 0 if self._is_shared else number
            if server in self._busy or not self._queues[number]:
                continue
            station, queue = self._stations[number], self._queues[number]
            batch = [queue.popleft() for _ in range(min(station.rows, len(queue)))]
            cost = station.cost.of(len(batch))
            self._busy.add(server)
            heapq.heappush(self._events, (now + cost, next(self._numbers), server, []))
            self._pass_on(batch, now + station.first * cost)

    def _pass_on(self, batch: Sequence[_Job], at: float) -> None:
        going_on: list[_Job] = []
        for job in batch:
            job.leg += 1
            if job.leg == len(job.errand.route):
                self.waits.append((job.errand, at - job.errand.at))
            else:
                going_on.append(job)
        if going_on:
            heapq.heappush(self._events, (at, next(self._numbers), None, going_on))


def waits(
    errands: Sequence[Errand], stations: Sequence[Station], *, is_shared: bool = False
) -> list[float]:
    """Return how long each of the longest errands took; with `is_shared` one works at a time.

    Errands that go through fewer stations only stand in the way.
    """
    floor = _Floor(stations, is_shared=is_shared)
    for errand in errands:
        floor.add(errand)
    floor.work_off()
    longest = max((len(errand.route) for errand in errands), default=0)
    return [wait for errand, wait in floor.waits if len(errand.route) == longest]


def most_calls(
    waits_of: Callable[[int], Sequence[float]], deadline: float = DEADLINE, most: int = MOST
) -> int:
    """Return with how many calls nineteen of twenty are still in time; 0 if with none."""

    def is_in_time(calls: int) -> bool:
        return quantile(waits_of(calls), 0.95) <= deadline

    if not is_in_time(1):
        return 0
    good, bad = 1, 2
    while bad <= most and is_in_time(bad):
        good, bad = bad, bad * 2
    while bad - good > max(1, good // 50):
        middle = (good + bad) // 2
        if is_in_time(middle):
            good = middle
        else:
            bad = middle
    return good
