"""Whether somebody else's server is worth knocking at: a circuit breaker.  Pure.

An endpoint that keeps failing is left alone, but for one request now and then that shows whether
it is back.  That spares it, and us, and nobody's attempts are used up meanwhile but that one's.
Receivers of webhooks have one each, and so has every connection to a carrier.
"""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never

import attrs

__all__ = ["CLOSED", "Breaker", "Closed", "Open", "Patience", "failed", "room", "succeeded"]


@attrs.frozen
class Patience:
    """After how many failures in a row an endpoint is left alone, and for how long.

    The first wait is `shortest`, and each is twice the one before up to `longest`, in seconds.
    """

    failures: int = 10
    shortest: float = 10.0
    longest: float = 300.0

    def scaled(self, scale: float) -> Patience:
        return attrs.evolve(self, shortest=self.shortest * scale, longest=self.longest * scale)


@attrs.frozen
class Closed:
    """All is well, or has not been wrong often enough."""

    failures: int = 0


@attrs.frozen
class Open:
    """Nothing goes until then, and then only one at a time."""

    until: float
    wait: float


Breaker: TypeAlias = Closed | Open

CLOSED: Final = Closed()


def succeeded(_: Breaker) -> Breaker:
    """Return what an answer makes of a breaker: it takes one to be trusted again."""
    return CLOSED


def failed(breaker: Breaker, now: float, patience: Patience) -> Breaker:
    """Return what a failure makes of a breaker."""
    match breaker:
        case Closed(failures) if failures + 1 < patience.failures:
            return Closed(failures + 1)
        case Closed():
            return Open(now + patience.shortest, patience.shortest)
        case Open(until) if now < until:
            return breaker  # it was sent before, and says nothing new
        case Open(_, wait):
            longer = min(2 * wait, patience.longest)
            return Open(now + longer, longer)
        case _:
            assert_never(breaker)


def room(breaker: Breaker, now: float, limit: int) -> int:
    """Return how many requests may be under way at a time."""
    match breaker:
        case Closed():
            return limit
        case Open(until):
            return 1 if now >= until else 0
        case _:
            assert_never(breaker)
