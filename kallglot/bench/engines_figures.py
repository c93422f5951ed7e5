"""What engines were measured at, and how many calls follow from it.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import attrs

from kallglot.bench import queueing
from kallglot.bench.queueing import Cost, Errand, Station
from kallglot.bench.shapes import Role

__all__ = [
    "Capacity",
    "Played",
    "Profile",
    "Timed",
    "capacities",
    "expectation",
    "profile",
    "stations",
]


@attrs.frozen
class Timed:
    """A batch of `rows` requests: the median of `runs` is `seconds`.

    `audio` is how much sound a row has, or became; `every` is how often somebody who speaks makes
    such a request.  `weights` are bytes, and `peak` what was taken beyond them while it ran.
    """

    model: str
    role: Role
    work: str
    dtype: str
    device: str
    rows: int
    seconds: float
    quickest: float
    runs: int
    audio: float
    every: float
    weights: int
    peak: int
    is_engine: bool

    @property
    def each(self) -> float:
        """Seconds a row takes in this batch."""
        return self.seconds / self.rows

    @property
    def throughput(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds

    @property
    def rtf(self) -> float | None:
        """Seconds that a second of sound takes; None where there is no sound."""
        return self.each / self.audio if self.audio else None


@attrs.frozen
class Capacity:
    """Two-way calls that one engine serves in time, with batches and one by one.

    `gain` is the throughput of the best batch against one by one.
    """

    model: str
    role: Role
    work: str
    dtype: str
    device: str
    one_by_one: int
    batched: int
    gain: float


@attrs.frozen
class Played:
    """What was measured with so many calls in real time: seconds from a turn's end to sound.

    `expected` is what the queue's arithmetic said of p95, `chunk` the p95 of hearing a chunk, and
    `unfinished` the share of turns that had no answer when it was over.
    """

    calls: int
    turns: int
    p50: float
    p95: float
    chunk: float
    expected: float
    unfinished: float = 0.0

    @property
    def is_in_time(self) -> bool:
        return self.p95 <= queueing.DEADLINE and not self.unfinished


@attrs.frozen
class Profile:
    """A recogniser, a translator and a synthesiser on one device, one working at a time."""

    models: tuple[str, ...]
    dtype: str
    device: str
    one_by_one: int
    batched: int
    played: tuple[Played, ...] = ()


def capacities(timed: Iterable[Timed], deadline: float = queueing.DEADLINE) -> list[Capacity]:
    """Return what follows for each engine if it had the machine to itself."""
    found = []
    for rows in _by_engine(timed):
        one, best = rows[0], max(rows, key=lambda row: row.throughput)
        batched, alone = (
            queueing.most_calls(_waits(one, station), deadline)
            for station in (_station(rows), _station(rows[:1]))
        )
        gain = best.throughput / one.throughput
        names = (one.model, one.role, one.work, one.dtype, one.device)
        found.append(Capacity(*names, alone, max(alone, batched), gain))
    return found


def _by_engine(timed: Iterable[Timed]) -> list[list[Timed]]:
    """Return the batches of each engine, small ones first, in the order of the measurement."""
    engines: dict[tuple[str, str, str, str], list[Timed]] = {}
    for row in timed:
        engines.setdefault((row.model, row.work, row.dtype, row.device), []).append(row)
    return [sorted(rows, key=lambda row: row.rows) for rows in engines.values()]


def _station(rows: Sequence[Timed]) -> Station:
    return Station(Cost({row.rows: row.seconds for row in rows}), rows[-1].rows)


def _waits(row: Timed, station: Station) -> Callable[[int], list[float]]:
    def waits(calls: int) -> list[float]:
        if row.role == "recogniser":
            times = queueing.steps(calls, row.every)
        else:
            times = queueing.sentences(calls)
        return queueing.waits([Errand(at) for at in times], [station])

    return waits


def stations(
    timed: Iterable[Timed], models: Sequence[str], *, is_batched: bool = True
) -> list[Station]:
    """Return the engines of a profile, in the order of `models`; the first work of each counts."""
    engines = {rows[0].model: rows for rows in reversed(_by_engine(timed))}
    chosen = [engines[model] for model in models]
    return [_station(rows if is_batched else rows[:1]) for rows in chosen]


def profile(
    timed: Sequence[Timed], models: Sequence[str], deadline: float = queueing.DEADLINE
) -> Profile:
    """Return how many calls three engines on one device serve in time, one working at a time."""
    every = next(row.every for row in timed if row.model == models[0])
    numbers = []
    for is_batched in (False, True):
        engines = stations(timed, models, is_batched=is_batched)
        numbers.append(queueing.most_calls(expectation(engines, every), deadline))
    return Profile(tuple(models), timed[0].dtype, timed[0].device, numbers[0], max(numbers))


def expectation(engines: Sequence[Station], every: float) -> Callable[[int], list[float]]:
    """Return what tells how long turns wait for their translation, by the number of calls."""

    def waits(calls: int) -> list[float]:
        return queueing.waits(queueing.errands(calls, every), engines, is_shared=True)

    return waits
