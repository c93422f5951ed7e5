"""How a translation that has fallen behind catches up: as an interpreter does.

A little behind, it is spoken faster; further behind, it is spoken without pauses; and what would
be heard later than the ceiling allows is left out, and that is said.

How far behind one is, is how long the sentence that came last still has to wait for those before
it.  A sentence that has just come and is being spoken is not behind, however long it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

__all__ = ["AT_EASE", "CatchUp", "CeilingPolicy", "Pace", "drops"]

#: Steps in which the tempo changes: smaller ones nobody hears.
_STEP = 0.01


@attrs.frozen
class Pace:
    """How to speak: `rate` times as fast, with pauses of at most `pause` seconds if not None."""

    rate: float = 1.0
    pause: float | None = None


AT_EASE = Pace()


@attrs.frozen
class CeilingPolicy:
    """How late is late; seconds.

    Beyond `hurries_from` behind, speech grows faster, up to `fastest` at `hurries_fully`; it does
    so by `quickens` a second at most, and slows down again by `slows`, so that the tempo is even
    and no voice jumps.  Pauses are cut to `pause` from `cuts_from` behind until there is less than
    `cuts_until`.  What was said longer than `ceiling` ago is not begun any more if something
    newer is there to be said.
    """

    ceiling: float = 6.0
    hurries_from: float = 0.25
    hurries_fully: float = 2.0
    fastest: float = 1.35
    quickens: float = 0.25
    slows: float = 0.04
    cuts_from: float = 2.0
    cuts_until: float = 0.8
    pause: float = 0.12

    def wanted(self, behind: float) -> float:
        """Return the tempo to which being so far behind leads in the end."""
        share = (behind - self.hurries_from) / (self.hurries_fully - self.hurries_from)
        return 1.0 + (self.fastest - 1.0) * min(1.0, max(0.0, share))


class CatchUp:
    """The tempo of one listener's translations."""

    def __init__(self, policy: CeilingPolicy | None = None) -> None:
        self.policy = policy or CeilingPolicy()
        self._rate = 1.0
        self._is_cutting = False
        self._asked: float | None = None

    def pace(self, behind: float, now: float) -> Pace:
        """Return how to go on speaking, `behind` seconds late at the time `now`."""
        policy = self.policy
        since = 0.0 if self._asked is None else max(0.0, now - self._asked)
        self._asked = now
        wanted = policy.wanted(behind)
        if wanted > self._rate:
            self._rate = min(wanted, self._rate + policy.quickens * since)
        else:
            self._rate = max(wanted, self._rate - policy.slows * since)
        if behind >= policy.cuts_from:
            self._is_cutting = True
        elif behind < policy.cuts_until:
            self._is_cutting = False
        rate = round(self._rate / _STEP) * _STEP
        return Pace(rate, policy.pause if self._is_cutting else None)


def drops(ages: Sequence[float], ceiling: float) -> int:
    """Return how many of the sentences that wait are to be left out, the oldest first.

    `ages` is how long ago each was said, as of when the first of them could begin.  The last is
    never left out: behind it nobody waits, and where engines are slow all come late.
    """
    count = 0
    while count < len(ages) - 1 and ages[count] > ceiling:
        count += 1
    return count
