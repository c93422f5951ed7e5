"""The living sessions, without anybody alive."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from kallglot.calls import Arrival
from kallglot.errors import NotFound, OverCapacity
from kallglot.model.leg import Leg
from kallglot.model.session import Session, Status
from kallglot.store import Store

__all__ = ["FakeCalls"]


class FakeCalls:
    """Keeps in the store what the actors would, and remembers what it was asked."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self.living: dict[str, list[Leg]] = {}
        self.ended: list[tuple[str, str]] = []
        self.attached: list[tuple[str, Arrival]] = []
        self.noted: list[tuple[str, dict | None]] = []
        self.is_full = False
        self.is_busy = False

    async def open(self, session: Session) -> None:
        if self.is_full:
            raise OverCapacity("full", retry_after=30)
        self.living[session.id] = []

    async def legs(self, session_id: str) -> list[Leg]:
        return list(self.living.get(session_id, ()))

    async def end(self, session_id: str, reason: str) -> None:
        if session_id not in self.living:
            return
        for leg in self.living.pop(session_id):
            await self._store.legs.put(leg)
        session = await self._store.sessions.get(session_id)
        assert session is not None
        ended = attrs.evolve(
            session, status=Status.ENDED, ended_at=self._clock(), end_reason=reason
        )
        await self._store.sessions.save(ended, {"status": "ended"})
        self.ended.append((session_id, reason))

    async def hang_up(self, session_id, leg_id=None, participant=None) -> None:
        for at, leg in enumerate(self.living.get(session_id, ())):
            if leg_id in (None, leg.id) and participant in (None, leg.participant):
                self.living[session_id][at] = attrs.evolve(
                    leg, status="disconnected", disconnected_at=self._clock()
                )
        if leg_id is not None and leg_id not in {leg.id for leg in self.living[session_id]}:
            raise NotFound("no such leg", code="leg_not_found", param="leg_id")

    async def note_metadata(self, session_id, metadata) -> None:
        self.noted.append((session_id, metadata))

    async def attach(self, session_id: str, arrival: Arrival) -> None:
        if session_id not in self.living:
            raise NotFound("no such session", code="session_not_found")
        if self.is_busy:
            raise TimeoutError
        self.attached.append((session_id, arrival))

    def count(self) -> int:
        return len(self.living)
