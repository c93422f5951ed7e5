"""Which deliveries may be under way at the same time.  Pure.

The store offers of every session at most the first that is pending, so order within a session is
its doing; a second of the same lane is not taken all the same.  What is decided here is how many
go at once: so many to one endpoint, fewer to one that fails, and so many altogether.  An endpoint
to which nothing is under way may always have one, whatever the others take up, so those that do
not answer delay nobody else.

Only what is under way is remembered, and how endpoints fare that fail.
"""

from __future__ import annotations

from collections.abc import Sequence

from kallglot import breaker
from kallglot.breaker import CLOSED, Breaker, Open, Patience
from kallglot.model.webhook import Errand

__all__ = ["Rounds"]


class Rounds:
    """What is under way, and what may be."""

    def __init__(self, patience: Patience, at_an_endpoint: int = 32, altogether: int = 256) -> None:
        self._patience = patience
        self._at_an_endpoint = at_an_endpoint
        self._altogether = altogether
        self._underway: dict[str, dict[str, str]] = {}
        self._come_out: set[str] = set()
        self._breakers: dict[str, Breaker] = {}

    @property
    def underway(self) -> int:
        """How many deliveries are under way."""
        return sum(map(len, self._underway.values()))

    def look(self) -> None:
        """Take note that somebody begins to look what is to be sent.

        What comes out while they look is not what they saw, and not `fresh` until they look again.
        """
        self._come_out.clear()

    def room(self, endpoint_id: str, now: float) -> int:
        """Return how many more may go to an endpoint."""
        there = len(self._underway.get(endpoint_id, ()))
        allowed = breaker.room(self._breaker(endpoint_id), now, self._at_an_endpoint) - there
        left = self._altogether - self.underway
        return max(0, min(allowed, left if there else max(left, 1)))

    def window(self, endpoint_id: str, now: float) -> int:
        """Return how many to look at so that as many as there is room for are among them."""
        return len(self._underway.get(endpoint_id, ())) + self.room(endpoint_id, now)

    def closed_until(self, endpoint_id: str) -> float | None:
        """Return until when nothing goes to an endpoint; None if it does not fail."""
        match self._breaker(endpoint_id):
            case Open(until):
                return until
            case _:
                return None

    def fresh(self, endpoint_id: str, errands: Sequence[Errand], now: float) -> list[Errand]:
        """Return those of what is offered that may go now."""
        room = self.room(endpoint_id, now)
        busy = {*self._underway.get(endpoint_id, {}).values()}
        fresh: list[Errand] = []
        for errand in errands:
            is_stale = errand.id in self._come_out or errand.lane in busy
            if len(fresh) < room and errand.due_at <= now and not is_stale:
                busy.add(errand.lane)
                fresh.append(errand)
        return fresh

    def start(self, endpoint_id: str, errands: Sequence[Errand], now: float) -> list[Errand]:
        """Return what is `fresh`, and take it as under way until it is `done`."""
        started = self.fresh(endpoint_id, errands, now)
        if started:
            underway = self._underway.setdefault(endpoint_id, {})
            underway.update((errand.id, errand.lane) for errand in started)
        return started

    def done(self, errand: Errand, now: float, *, is_success: bool) -> None:
        """Take note of how an attempt came out."""
        self.drop(errand)
        endpoint_id, known = errand.endpoint_id, self._breaker(errand.endpoint_id)
        made = (
            breaker.succeeded(known) if is_success else breaker.failed(known, now, self._patience)
        )
        if made == CLOSED:
            self._breakers.pop(endpoint_id, None)
        else:
            self._breakers[endpoint_id] = made

    def drop(self, errand: Errand) -> None:
        """Forget that a delivery is under way, when nothing is known of how it came out."""
        self._come_out.add(errand.id)
        underway = self._underway.get(errand.endpoint_id, {})
        underway.pop(errand.id, None)
        if not underway:
            self._underway.pop(errand.endpoint_id, None)

    def _breaker(self, endpoint_id: str) -> Breaker:
        return self._breakers.get(endpoint_id, CLOSED)
