"""Putting a call through: to people who are dialled, or into a conference."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

from kallglot.testing.livecall import LiveCall, Office
from kallglot.testing.people import Person
from kallglot.testing.records import CallRecord, Event
from kallglot.testing.rooms import Rooms
from kallglot.testing.rung import ring
from kallglot.testing.signing import Field
from kallglot.testing.steps import Status
from kallglot.testing.verbs import Callee, Dial

__all__ = ["Exchange"]


class Exchange:
    """Puts calls through; `person` says who answers a number."""

    def __init__(self, office: Office, person: Callable[[str], Person], rooms: Rooms) -> None:
        self._office = office
        self._person = person
        self._rooms = rooms

    async def dial(self, call: LiveCall, dial: Dial) -> tuple[Field, ...]:
        """Put a call through, and wait until that is over."""
        if dial.conference is not None:
            self._office.journal.note(call.sid, "joins a conference", name=dial.conference.name)
            await self._rooms.stay(dial.conference, call.sid)
            return (("DialCallStatus", "completed"),)
        if not dial.targets:
            return (("DialCallStatus", "failed"),)
        caller = dial.caller_id or call.record.from_
        legs = [
            _Leg(self._office, target, _record(call, caller, target)) for target in dial.targets
        ]
        people = [self._person(target.address) for target in dial.targets]
        rung = ring(people, dial.timeout)
        for leg in legs:
            leg.told("initiated", "queued")
            leg.told("ringing", "ringing")
        self._office.journal.note(call.sid, f"dials {len(legs)}")
        await asyncio.sleep(rung.after)
        status = "completed" if rung.status == "answered" else rung.status
        chosen = legs[rung.index]
        if rung.status == "answered":
            await chosen.talk(people[rung.index].stays)
        else:
            chosen.told("completed", rung.status)
        self._office.journal.note(call.sid, f"the dialled call is {status}")
        seconds = str(chosen.record.seconds)
        return (
            ("DialCallSid", chosen.record.sid),
            ("DialCallStatus", status),
            ("DialCallDuration", seconds),
        )


def _record(call: LiveCall, caller: str, target: Callee) -> CallRecord:
    sid = f"CA{secrets.token_hex(16)}"
    account, now = call.record.account, time.time()
    record = CallRecord(sid, account, caller, target.address, "outbound-dial", now)
    record.parent = call.sid
    return record


class _Leg:
    """A call that a `<Dial>` makes."""

    def __init__(self, office: Office, target: Callee, record: CallRecord) -> None:
        self._office = office
        self._target = target
        self._sequence = 0
        self.record = record

    def told(self, event: Event, status: Status) -> None:
        self.record.status = status
        if event == "completed":
            self.record.ended_at = time.time()
        if not self._target.status_callback or event not in self._target.status_events:
            return
        fields = self._office.speech.status(self.record, self._sequence, time.time())
        self._sequence += 1
        url, sid = self._target.status_callback, self.record.sid
        self._office.tell(sid, status, url, "POST", fields)

    async def talk(self, stays: float) -> None:
        """Be put through for a while."""
        self.record.answered_at = time.time()
        self.told("answered", "in-progress")
        try:
            await asyncio.sleep(stays)
        finally:
            self.told("completed", "completed")
