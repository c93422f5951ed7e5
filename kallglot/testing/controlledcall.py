"""A call under Call Control, carried out: what `ControlCall` decides is done here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal, Protocol, assert_never

import attrs

from kallglot.testing.controlcall import (
    CloseStream,
    ControlCall,
    Effect,
    Fields,
    Hang,
    Join,
    OpenStream,
    Perform,
    Press,
    Publish,
    Refusal,
    Transfer,
)
from kallglot.testing.journal import Journal
from kallglot.testing.line import Line
from kallglot.testing.rooms import Rooms
from kallglot.testing.rung import ring
from kallglot.testing.tasks import Tasks
from kallglot.testing.telnyx_shapes import Leg
from kallglot.testing.telnyx_speech import commanded
from kallglot.testing.verbs import Conference, Play, Say

__all__ = ["ControlledCall", "Switch"]

#: What comes of ringing in vain: the cause, SIP's code, and who is behind it.
_IN_VAIN = {
    "no-answer": ("timeout", "487", "unknown"),
    "busy": ("user_busy", "486", "callee"),
    "failed": ("not_found", "404", "unknown"),
}


class Switch(Protocol):
    """What a call needs of its carrier."""

    journal: Journal

    def publish(self, leg: Leg, event: str, payload: dict[str, Any]) -> None: ...

    async def transfer(self, call: ControlledCall, body: Mapping[str, Any]) -> None: ...

    def join(self, call: ControlledCall, other: str) -> None: ...


class ControlledCall:
    """A leg that is going on; `line` is the far end."""

    def __init__(self, leg: Leg, machine: ControlCall, line: Line, switch: Switch) -> None:
        self.leg = leg
        self.line = line
        self.digits_sent = ""
        self.hangup_cause = ""
        self._machine = machine
        self._switch = switch
        self._tasks = Tasks()
        self._stream: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self._decided = asyncio.Event()
        self._over = asyncio.Event()

    @property
    def id(self) -> str:
        return self.leg.call_control_id

    @property
    def was_answered(self) -> bool:
        return self._answered.is_set()

    @property
    def is_alive(self) -> bool:
        return self._machine.is_alive

    @property
    def is_answered(self) -> bool:
        return self._machine.state == "answered"

    @property
    def client_state(self) -> str | None:
        return self._machine.client_state

    async def ended(self, within: float = 30.0) -> str:
        """Wait for the end, and return its `hangup_cause`.

        Raises:
            TimeoutError: it goes on.
        """
        async with asyncio.timeout(within):
            await self._over.wait()
            await self._tasks.drain()
        return self.hangup_cause

    async def answered(self) -> bool:
        """Wait until the call is answered, or will not be."""
        await self._decided.wait()
        return self.is_answered

    def ring_in(self) -> None:
        """Ring at a number of the account: the call is parked until somebody answers it."""
        self._switch.journal.note(self.id, "rings")
        self._carry_out(self._machine.begin())

    def ring_out(self, timeout: float, *, detects: bool = False) -> None:
        """Ring at somebody's."""
        self._carry_out(self._machine.begin())
        self._tasks.spawn(self._ring_out(timeout, detects=detects))

    async def _ring_out(self, timeout: float, *, detects: bool) -> None:
        rung = ring([self.line.person], timeout)
        await asyncio.sleep(rung.after)
        if rung.status != "answered":
            self._carry_out(self._machine.unanswered(*_IN_VAIN[rung.status]))
            return
        self._carry_out(self._machine.answered())
        if detects:
            result = "machine" if self.line.person.is_machine else "human"
            self.tell("call.machine.detection.ended", (("result", result),))

    def command(self, name: str, body: Mapping[str, Any], now: float) -> Refusal | None:
        """Do what the customer asks, or say why not."""
        self._switch.journal.note(self.id, f"command {name}")
        outcome = self._machine.command(name, body, now)
        if isinstance(outcome, Refusal):
            self._switch.journal.note(self.id, f"refused: {outcome.code} {outcome.title}")
            return outcome
        self._carry_out(outcome)
        return None

    def hang_up(self) -> None:
        """Hang up, as the person on the line."""
        self._switch.journal.note(self.id, "the person hangs up")
        self._carry_out(self._machine.left())

    async def drop(self) -> None:
        """Cut the cable of the last stream, without a goodbye."""
        await self.line.phones[-1].drop()

    def press(self, digit: str) -> None:
        """Press a key: it is told by webhook as well as on the stream."""
        self.tell("call.dtmf.received", (("digit", digit),))
        if self.line.phones:
            now = asyncio.get_running_loop().time()
            self.line.phones[-1].handset.press(digit, now)

    def confer(self, rooms: Rooms, conference: Conference, conference_id: str) -> None:
        """Join a conference, and stay until it is over or the call is."""
        self._tasks.spawn(self._confer(rooms, conference, conference_id))

    async def _confer(self, rooms: Rooms, conference: Conference, conference_id: str) -> None:
        fields = (("conference_id", conference_id),)
        self.tell("conference.participant.joined", fields)
        try:
            await rooms.stay(conference, self.id)
        finally:
            self.tell("conference.participant.left", fields)

    async def close(self) -> None:
        await self._tasks.close()

    def tell(self, event: str, fields: Fields = ()) -> None:
        payload = {**self.leg.payload(self.client_state), **dict(fields)}
        self._switch.journal.note(self.id, event)
        self._switch.publish(self.leg, event, payload)

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Publish(event, fields):
                    self._publish(event, fields)
                case OpenStream(body):
                    self._stream = self._tasks.spawn(self._open(body))
                case CloseStream():
                    self._close_stream()
                case Perform(kind, text):
                    self._tasks.spawn(self._perform(kind, text))
                case Press(digits):
                    self.digits_sent += digits
                case Transfer(body):
                    self._tasks.spawn(self._switch.transfer(self, body))
                case Join(other):
                    self._switch.join(self, other)
                case Hang():
                    self._tasks.cancel()
                case _:
                    assert_never(effect)

    def _publish(self, event: str, fields: Fields) -> None:
        if event == "call.answered":
            self._answered.set()
        self.tell(event, fields)
        if event == "call.hangup":
            self.hangup_cause = str(dict(fields)["hangup_cause"])
            self._over.set()
        if event in ("call.answered", "call.hangup"):
            self._decided.set()

    async def _open(self, body: Mapping[str, Any]) -> None:
        wire = commanded(self.leg, self.client_state, body)
        url = str(body["stream_url"])
        watcher = _Watcher(self, url, wire.stream_id)
        try:
            await self.line.stream(url, wire, watcher, self.hang_up, self._answered)
        finally:
            self._machine.stream_over()

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.cancel()

    async def _perform(self, kind: Literal["speak", "playback"], text: str) -> None:
        await self.line.perform(Say(text) if kind == "speak" else Play(text))
        self._carry_out(self._machine.performed(kind))


@attrs.frozen
class _Watcher:
    """The webhooks of one stream."""

    call: ControlledCall
    url: str
    stream_id: str

    def started(self) -> None:
        self.call.tell("streaming.started", (("stream_url", self.url),))

    def stopped(self) -> None:
        self.call.tell("streaming.stopped", (("stream_url", self.url),))

    def failed(self, why: str) -> None:
        fields = (
            ("failure_reason", "connection_failed"),
            ("stream_id", self.stream_id),
            ("stream_params", {"stream_url": self.url, "track": "inbound_track"}),
            ("stream_type", "websocket"),
        )
        self.call.tell("streaming.failed", fields)
