"""What a sweep finds due.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import attrs

__all__ = ["FoundFile", "Part", "is_sound", "orphans", "part_due"]

#: Seconds that a file may lie without a row: one that is being made has none at first.
GRACE = 86_400.0

_SOUND = (".wav", ".part")


@attrs.frozen
class FoundFile:
    """A file among the recordings; its path counts from the data folder."""

    path: str
    changed_at: float


@attrs.frozen
class Part:
    """What of some events is due, and whether those after them may be too."""

    positions: list[int]
    goes_on: bool


def is_sound(name: str) -> bool:
    """Tell whether a file among the recordings is one of ours, going by its name."""
    return name.endswith(_SOUND)


def orphans(found: Sequence[FoundFile], known: Collection[str], now: float) -> list[str]:
    """Return the files of which no row tells, and has not for a day."""
    return [
        file.path for file in found if file.path not in known and file.changed_at <= now - GRACE
    ]


def part_due(events: Sequence[tuple[int, float]], until: float) -> Part:
    """Return which events happened by then, of some in the order in which they were kept.

    Their times are those of many sessions' clocks, so they are in order but for moments.
    """
    due = [position for position, at in events if at <= until]
    return Part(due, goes_on=bool(events) and events[-1][1] <= until)
