"""How much an engine has to do, as it is told to whoever decides about new work.  No clock."""

from __future__ import annotations

from collections import deque

import attrs

__all__ = ["Load", "Tally", "worst"]

#: Seconds that a tally looks back.
SPAN = 5.0
#: Of fewer requests than that nobody is to draw conclusions.
ENOUGH = 10


@attrs.frozen
class Load:
    """What an engine has to do; times are in seconds.

    The work in hand has gone on for `busy`, the oldest request has waited for `age`, and so many
    are `waiting`.  The rest is about the last few seconds: `rows` were answered together on
    average, `rate` each second, and `missed` is the share of at least ten that were answered too
    late or never.
    """

    busy: float = 0.0
    age: float = 0.0
    waiting: int = 0
    rows: float = 0.0
    rate: float = 0.0
    missed: float = 0.0


def worst(*loads: Load) -> Load:
    """Return the highest of each figure, the longest queue of several being what hurts."""
    if not loads:
        return Load()
    return Load(
        busy=max(load.busy for load in loads),
        age=max(load.age for load in loads),
        waiting=sum(load.waiting for load in loads),
        rows=max(load.rows for load in loads),
        rate=max(load.rate for load in loads),
        missed=max(load.missed for load in loads),
    )


@attrs.frozen
class _Note:
    at: float
    rows: int
    late: int


class Tally:
    """What became of the requests of the last `span` seconds."""

    def __init__(self, span: float = SPAN) -> None:
        self._span = span
        self._notes: deque[_Note] = deque()

    def note(self, now: float, rows: int, late: int) -> None:
        """So many were answered together, so many of them too late."""
        self._notes.append(_Note(now, rows, late))
        self._forget(now)

    def give_up(self, now: float, number: int = 1) -> None:
        """So many were not answered at all."""
        self.note(now, 0, number)

    def load(self, now: float, busy: float, age: float, waiting: int) -> Load:
        self._forget(now)
        batches = sum(1 for note in self._notes if note.rows)
        answered = sum(note.rows for note in self._notes)
        late = sum(note.late for note in self._notes)
        settled = answered + sum(note.late for note in self._notes if not note.rows)
        return Load(
            busy,
            age,
            waiting,
            rows=answered / batches if batches else 0.0,
            rate=answered / self._span,
            missed=late / max(settled, ENOUGH),
        )

    def _forget(self, now: float) -> None:
        while self._notes and self._notes[0].at < now - self._span:
            self._notes.popleft()
