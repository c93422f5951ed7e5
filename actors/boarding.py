"""The legs of a session: which are connected, and who sits on which."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator

import attrs
import pykka

from actors.leg import HowQuiet, Leg
from actors.runtime import ActorRef
from kallglot.calls import Arrival
from kallglot.messages import HangUp, HangUpReason
from kallglot.model.leg import Leg as LegRecord
from kallglot.model.session import Participant
from kallglot.seating import Occupied, Seating, seat

__all__ = ["Boarded", "Boarding"]

logger = logging.getLogger(__name__)

#: How many past legs are remembered.
PAST = 100


@attrs.define
class Boarded:
    """A connected leg, and the keys of those on it."""

    record: LegRecord
    ref: ActorRef[Leg]
    rate_hz: int
    plays_to_all: bool
    participants: set[str] = attrs.field(factory=set)


class Boarding:
    """Keeps account of a session's legs, past and present."""

    def __init__(self, past: Iterable[LegRecord]) -> None:
        self._records = {record.id: record for record in past}
        self._boarded: dict[str, Boarded] = {}

    def __len__(self) -> int:
        return len(self._boarded)

    def __iter__(self) -> Iterator[Boarded]:
        return iter(list(self._boarded.values()))

    @property
    def records(self) -> list[LegRecord]:
        return list(self._records.values())

    def get(self, leg_id: str) -> Boarded | None:
        return self._boarded.get(leg_id)

    def board(self, record: LegRecord, ref: ActorRef[Leg], arrival: Arrival) -> Boarded:
        boarded = Boarded(record, ref, arrival.wire.rate_hz, arrival.names_speakers)
        self._boarded[record.id] = boarded
        self._remember(record)
        return boarded

    def sit(self, boarded: Boarded, key: str) -> None:
        """Put a participant on a leg."""
        boarded.participants.add(key)
        if not boarded.record.participant:
            boarded.record = attrs.evolve(boarded.record, participant=key)
            self._remember(boarded.record)

    def leave(self, leg_id: str, now: float) -> Boarded | None:
        """Take a leg off the list; returns it with its last record."""
        boarded = self._boarded.pop(leg_id, None)
        if boarded is not None:
            boarded.record = attrs.evolve(
                boarded.record, status="disconnected", disconnected_at=now
            )
            self._remember(boarded.record)
        return boarded

    async def seat(
        self, people: tuple[Participant, ...], asked_for: str | None, call_id: str | None
    ) -> Seating:
        """Return where somebody who connects sits; raises like `kallglot.seating.seat`."""
        occupied = {
            key: Occupied(boarded.record.id, boarded.record.call_id, await _quiet_for(boarded))
            for boarded in self._boarded.values()
            for key in boarded.participants
        }
        past = {record.call_id: record.participant for record in self.records if record.call_id}
        return seat(people, occupied, past, asked_for=asked_for, call_id=call_id)

    def hang_up(self, why: HangUpReason, leg_id: str | None = None) -> None:
        """Close one leg, or all."""
        for boarded in self._boarded.values():
            if leg_id in (None, boarded.record.id) and boarded.ref.is_alive():
                boarded.ref.tell(HangUp(why))

    def _remember(self, record: LegRecord) -> None:
        self._records[record.id] = record
        while len(self._records) > PAST:
            oldest = next(one for one in self._records if one not in self._boarded)
            del self._records[oldest]


async def _quiet_for(boarded: Boarded) -> float:
    """Return for how long a leg has been silent; one that does not even answer, for ever."""
    try:
        return await boarded.ref.ask(HowQuiet(), timeout=0.5)
    except (TimeoutError, pykka.ActorDeadError):
        return math.inf
