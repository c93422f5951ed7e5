"""Put numbered items back in order, as Telnyx says its media chunks may need."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import attrs

__all__ = ["ReorderWindow"]

T = TypeVar("T")

#: How many items may wait behind a gap, however young they are.
_MOST_HELD = 64
#: How many skipped gaps are remembered, to tell the late from the duplicate.
_GAPS_REMEMBERED = 16


@attrs.frozen
class _Held(Generic[T]):
    item: T
    arrived: float


class ReorderWindow(Generic[T]):
    """Numbered items in, the same in order out; no clock.

    An item behind a gap waits at most `depth` seconds for the gap to be filled, then the gap is
    given up.  Numbering starts with `first`, or else with whatever arrives first.  A stream that
    starts to count anew is another stream and wants another window.

    `lost` counts numbers given up, `late` items of such numbers that came after all, and
    `duplicates` those that came twice: every item is delivered or counted.
    """

    def __init__(self, depth: float = 0.06, first: int | None = None) -> None:
        self._depth = depth
        self._next = first
        self._held: dict[int, _Held[T]] = {}
        self._gaps: deque[range] = deque(maxlen=_GAPS_REMEMBERED)
        self.lost = 0
        self.late = 0
        self.duplicates = 0

    @property
    def deadline(self) -> float | None:
        """When to call `due`, or None while nothing waits."""
        for held in self._held.values():  # the first to arrive is the first in the dict
            return held.arrived + self._depth
        return None

    def put(self, number: int, item: T, now: float) -> list[T]:
        """Take an item and return what may be delivered now."""
        if self._next is None:
            self._next = number
        if number == self._next and not self._held:
            self._next += 1
            return [item]
        if number < self._next:
            self._count_again(number)
        elif number in self._held:
            self.duplicates += 1
        else:
            self._held[number] = _Held(item, now)
        return self._release(now)

    def due(self, now: float) -> list[T]:
        """Return what has waited long enough."""
        return self._release(now)

    def _release(self, now: float) -> list[T]:
        out = self._run()
        while self._held and (len(self._held) > _MOST_HELD or self._is_over(now)):
            self._skip()
            out += self._run()
        return out

    def _is_over(self, now: float) -> bool:
        deadline = self.deadline
        return deadline is not None and now >= deadline

    def _run(self) -> list[T]:
        """Return the unbroken run that starts with the next number."""
        out: list[T] = []
        if self._next is None:
            return out
        while (held := self._held.pop(self._next, None)) is not None:
            out.append(held.item)
            self._next += 1
        return out

    def _skip(self) -> None:
        """Give up the gap before the lowest number that waits."""
        lowest = min(self._held)
        if self._next is not None:
            self._gaps.append(range(self._next, lowest))
            self.lost += lowest - self._next
        self._next = lowest

    def _count_again(self, number: int) -> None:
        if any(number in gap for gap in self._gaps):
            self.late += 1
        else:
            self.duplicates += 1
