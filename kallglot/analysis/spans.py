"""Stretches of time, in seconds since the session started."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from typing import TypeAlias

__all__ = ["Span", "last_begun", "total", "union"]

Span: TypeAlias = tuple[float, float]


def union(spans: Iterable[Span]) -> list[Span]:
    """Return what is covered by any of the spans, as spans that do not touch, in order."""
    covered: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if covered and start <= covered[-1][1]:
            covered[-1] = covered[-1][0], max(covered[-1][1], end)
        else:
            covered.append((start, end))
    return covered


def total(spans: Iterable[Span]) -> float:
    return sum(end - start for start, end in spans)


def last_begun(spans: Sequence[Span], at: float) -> Span | None:
    """Return the last of some ordered spans that had begun by then."""
    place = bisect.bisect_right(spans, at, key=lambda span: span[0])
    return spans[place - 1] if place else None
