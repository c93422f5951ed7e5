"""What was measured, and what follows from it.  Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

import attrs

__all__ = [
    "Bar",
    "Machine",
    "Measured",
    "median",
    "percentile",
    "quantile",
    "safe_calls",
    "slope",
]

#: Above this share of its core the media process has no room for a bad moment.
BUSIEST = 0.85

#: The oldest that one frame in a hundred may be, in seconds.
OLDEST = 0.040


@attrs.frozen
class Machine:
    """Where it was measured, and whether what else runs there had to stand back."""

    processor: str
    cores: int
    python: str
    versions: str
    load: float
    is_undisturbed: bool


@attrs.frozen
class Measured:
    """One run with so many live calls; times in seconds, sizes in bytes.

    `media_cpu` and `ear_cpu` are seconds of processor per second of one call; `busy` is the share
    of its core that the media process took.
    """

    calls: int
    sent: int
    received: int
    dropped: int
    guessed: float
    age_p50: float
    age_p99: float
    age_max: float
    media_cpu: float
    ear_cpu: float
    busy: float
    lag_p99: float
    pause: float
    rss: float
    generator_late: float

    @property
    def missing(self) -> int:
        return self.sent - self.received

    @property
    def is_safe(self) -> bool:
        return not self.missing and self.age_p99 < OLDEST and self.busy <= BUSIEST


@attrs.frozen
class Bar:
    """What the architecture asks for: `value` must stay below `most`."""

    name: str
    value: float
    most: float
    unit: str

    @property
    def is_met(self) -> bool:
        return self.value <= self.most


def percentile(histogram: Mapping[int, int], share: float, column: float) -> float:
    """Return the upper edge of the column in which that share of a histogram is reached."""
    wanted = share * sum(histogram.values())
    seen = 0
    for number in sorted(histogram):
        seen += histogram[number]
        if seen >= wanted:
            return (number + 1) * column
    return 0.0


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that is not exceeded by that share of the values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def median(runs: Iterable[Measured]) -> Measured:
    """Return the median of each figure; what is missing or late counts at its worst."""
    rows = list(runs)
    worst = {"age_max", "dropped", "pause"}
    figures = {
        field.name: (max if field.name in worst else statistics.median)(
            [getattr(row, field.name) for row in rows]
        )
        for field in attrs.fields(Measured)
        if field.name not in {"calls", "sent", "received"}
    }
    most = max(rows, key=lambda row: row.missing)
    return Measured(calls=rows[0].calls, sent=most.sent, received=most.received, **figures)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return by how much the second grows with the first, as a straight line sees it."""
    x = statistics.fmean(point[0] for point in points)
    y = statistics.fmean(point[1] for point in points)
    across = sum((point[0] - x) ** 2 for point in points)
    return sum((point[0] - x) * (point[1] - y) for point in points) / across if across else 0.0


def safe_calls(medians: Iterable[Measured]) -> int:
    """Return the most calls that went well, with every smaller number going well too."""
    safe = 0
    for row in sorted(medians, key=lambda row: row.calls):
        if not row.is_safe:
            break
        safe = row.calls
    return safe
