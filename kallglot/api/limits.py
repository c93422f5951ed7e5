"""How often somebody may ask: so many requests in each minute of the clock.  Pure."""

from __future__ import annotations

import attrs

__all__ = ["Allowance", "RateLimits"]

WINDOW = 60.0


@attrs.frozen
class Allowance:
    """What is left to somebody until `reset`; less than nothing means that it was too much."""

    limit: int
    left: int
    reset: float

    @property
    def is_spent(self) -> bool:
        return self.left < 0


class RateLimits:
    """Counts requests, and forgets everybody when the minute is over."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._window = 0
        self._counts: dict[str, int] = {}

    def take(self, who: str, now: float, limit: int | None = None) -> Allowance:
        """Count a request at `now`; `limit` is for who has one of their own."""
        window = int(now // WINDOW)
        if window != self._window:
            self._window = window
            self._counts = {}
        count = self._counts[who] = self._counts.get(who, 0) + 1
        most = self._limit if limit is None else limit
        return Allowance(most, most - count, (window + 1) * WINDOW)
