"""What a listener was played, and when: offsets and silences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import attrs

__all__ = [
    "Discontinuities",
    "Played",
    "back_to_back",
    "discontinuities",
    "end_offset",
    "real_time_factor",
]


@attrs.frozen
class Played:
    """A piece of a translation, as it was heard."""

    start: float
    end: float


@attrs.frozen
class Discontinuities:
    """The silences between the pieces of a translation: how many, and how long all together."""

    count: int
    total: float

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0


def back_to_back(delays: Sequence[float], durations: Sequence[float]) -> list[Played]:
    """Return how pieces are heard that are played as soon as they are there and one at a time."""
    played: list[Played] = []
    for delay, duration in zip(delays, durations, strict=True):
        start = max(delay, played[-1].end) if played else delay
        played.append(Played(start, start + duration))
    return played


def end_offset(played: Sequence[Played], source: float) -> float:
    """Return how long after the end of the source the last piece was over."""
    return max(piece.end for piece in played) - source


def discontinuities(played: Sequence[Played]) -> Discontinuities:
    """Return the silences in which the listener waits for the next piece."""
    gaps = [after.start - before.end for before, after in pairwise(played)]
    silences = [gap for gap in gaps if gap > 0]
    return Discontinuities(len(silences), sum(silences))


def real_time_factor(compute: Sequence[float], audio: Sequence[float]) -> float | None:
    """Return how long a second of sound is computed on, or None if there was no sound."""
    total = sum(audio)
    return sum(compute) / total if total > 0 else None
