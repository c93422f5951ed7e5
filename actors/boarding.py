"""The legs of a session: which are connected, and who sits on which."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import pykka

from actors.casting import Cast
from actors.leg import HowQuiet, Leg
from actors.runtime import ActorRef
from actors.supervisor import ChildSpec, Supervisor
from kallglot.calls import Arrival
from kallglot.errors import Refused
from kallglot.ids import new_id
from kallglot.messages import (
    HangUp,
    HangUpReason,
    ListenerJoined,
    ListenerLeft,
    Notify,
    SeatSpeaker,
    SpeakerAppeared,
    TurnAwaySpeaker,
)
from kallglot.model.leg import Leg as LegRecord
from kallglot.seating import Occupied, Seating, seat
from kallglot.timeline import Timeline

__all__ = ["Boarded", "Boarding"]

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

    def tell(self, message: Any) -> None:
        """Tell the leg; one that has gone meanwhile is past telling, and its end is on its way."""
        with contextlib.suppress(pykka.ActorDeadError):
            self.ref.tell(message)


class Boarding:
    """Keeps account of a session's legs, past and present, and starts new ones."""

    def __init__(
        self,
        past: Iterable[LegRecord],
        parent: Supervisor,
        cast: Cast,
        timeline: Timeline,
        dropped: Callable[[str], None],
    ) -> None:
        self._records = {record.id: record for record in past}
        self._parent = parent
        self._cast = cast
        self._timeline = timeline
        self._dropped = dropped
        self._boarded: dict[str, Boarded] = {}

    def __len__(self) -> int:
        return len(self._boarded)

    @property
    def records(self) -> list[LegRecord]:
        return list(self._records.values())

    async def take(self, arrival: Arrival, session_id: str) -> Boarded:
        """Start a leg for a stream, and seat whom it says it carries.

        A stream that names its speakers is seated by what it says, not before.

        Raises:
            Refused: there is no room, as in `kallglot.seating.seat`.
        """
        seating = None
        if arrival.participant is not None or not arrival.names_speakers:
            seating = await self._seating(arrival.participant, arrival.call_id)
        leg_id = new_id("leg")
        args = (leg_id, arrival, self._parent.here, self._timeline, self._dropped)
        ref: ActorRef[Leg] = self._parent.spawn(ChildSpec(leg_id, Leg, args))
        record = LegRecord(
            id=leg_id,
            session_id=session_id,
            provider=arrival.provider,
            participant="",
            status="connected",
            connected_at=self._timeline.wall(),
            call_id=arrival.call_id,
        )
        boarded = Boarded(record, ref, arrival.wire.rate_hz, arrival.names_speakers)
        self._boarded[leg_id] = boarded
        self._remember(record)
        if seating is not None:
            self._sit(boarded, None, seating)
        return boarded

    async def seat_speaker(self, appeared: SpeakerAppeared) -> Boarded | None:
        """Find a seat for somebody whom a connected stream speaks for; returns the leg they got."""
        boarded = self._boarded.get(appeared.leg)
        if boarded is None:
            return None
        speaker = appeared.speaker
        try:
            if speaker in boarded.participants:
                seating = Seating(speaker)
            else:
                seating = await self._seating(speaker, None)
        except Refused as refusal:
            boarded.tell(TurnAwaySpeaker(speaker, refusal.code, str(refusal)))
            return None
        self._sit(boarded, speaker, seating)
        return boarded

    def leave(self, leg_id: str) -> Boarded | None:
        """Take a leg that is gone off the list; returns it with its last record."""
        boarded = self._boarded.pop(leg_id, None)
        if boarded is None:
            return None
        now = self._timeline.wall()
        boarded.record = attrs.evolve(boarded.record, status="disconnected", disconnected_at=now)
        self._remember(boarded.record)
        for key in boarded.participants:
            self._cast.address(key).tell(ListenerLeft(leg_id))
        return boarded

    def hang_up(
        self, why: HangUpReason, leg_id: str | None = None, participant: str | None = None
    ) -> list[ActorRef[Leg]]:
        """Close one leg, those of a participant, or all; return which."""
        closed = [
            boarded
            for boarded in self._boarded.values()
            if leg_id in (None, boarded.record.id)
            and (participant is None or participant in boarded.participants)
        ]
        for boarded in closed:
            boarded.tell(HangUp(why))
        return [boarded.ref for boarded in closed]

    def show(self, message: Notify) -> None:
        """Show a notice on every leg whose protocol has words for it."""
        for boarded in self._boarded.values():
            boarded.tell(message)

    def let_all_hear(self) -> None:
        """Tell every participant again which leg plays to them."""
        for boarded in self._boarded.values():
            for key in boarded.participants:
                self._let_hear(boarded, key)

    async def _seating(self, asked_for: str | None, call_id: str | None) -> Seating:
        occupied = {
            key: Occupied(boarded.record.id, boarded.record.call_id, await _quiet_for(boarded))
            for boarded in self._boarded.values()
            for key in boarded.participants
        }
        past = {record.call_id: record.participant for record in self.records if record.call_id}
        people = self._cast.people
        return seat(people, occupied, past, asked_for=asked_for, call_id=call_id)

    def _sit(self, boarded: Boarded, speaker: str | None, seating: Seating) -> None:
        key = seating.participant
        boarded.participants.add(key)
        if not boarded.record.participant:
            boarded.record = attrs.evolve(boarded.record, participant=key)
            self._remember(boarded.record)
        for name in {speaker, key}:  # a stream may name its speaker or not, even by turns
            boarded.tell(SeatSpeaker(name, key, self._cast.address(key)))
        if seating.replaces is not None:
            self.hang_up(HangUpReason(1000, "replaced"), seating.replaces)
        self._let_hear(boarded, key)

    def _let_hear(self, boarded: Boarded, key: str) -> None:
        """Play what `key` hears to this leg, unless the leg is somebody else's telephone."""
        if boarded.plays_to_all or key == boarded.record.participant:
            joined = ListenerJoined(boarded.ref, boarded.record.id, boarded.rate_hz)
            self._cast.address(key).tell(joined)

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
