"""When a delivery that failed is tried again, and when it is given up.  Pure."""

from __future__ import annotations

from typing import Final

import attrs

__all__ = ["DELAYS", "Schedule"]

#: Seconds before the second attempt, the third, and so on; the first is made at once.
DELAYS: Final = (60.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 86_400.0)


@attrs.frozen
class Schedule:
    """Waits that grow, each a little longer or shorter than said, so that retries spread out.

    A session's events are delivered in order, so one that fails holds up those behind it.  What is
    older than `patience` when its attempt fails is therefore given up with attempts left: however
    many wait, a receiver that is gone for good is told each of them at least once, and no more
    than once after three days.  `scale` multiplies every wait.
    """

    delays: tuple[float, ...] = DELAYS
    jitter: float = 0.1
    patience: float = 3 * 86_400.0
    scale: float = 1.0

    @property
    def attempts(self) -> int:
        return len(self.delays) + 1

    def after(self, tries: int, created_at: float, now: float, chance: float) -> float | None:
        """Return when to try again what has failed for the `tries`th time; None is never.

        `chance` is a random number from 0 to 1.
        """
        if tries >= self.attempts or now - created_at >= self.patience * self.scale:
            return None
        spread = 1.0 + self.jitter * (2.0 * chance - 1.0)
        return now + self.delays[tries - 1] * self.scale * spread
