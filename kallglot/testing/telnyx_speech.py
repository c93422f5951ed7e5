"""How Telnyx says things: the fields of TeXML's requests, and its media streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kallglot.phones.telnyx import TelnyxPhone
from kallglot.phones.wire import PhoneWire
from kallglot.testing import telnyx_shapes as shapes
from kallglot.testing.records import CallRecord
from kallglot.testing.signing import Field
from kallglot.testing.telnyx_shapes import Leg
from kallglot.testing.verbs import Stream

__all__ = ["TelnyxSpeech", "commanded"]


class TelnyxSpeech:
    """`connection` says which connection a number belongs to."""

    failure = "stream-failed"

    def __init__(self, connection: Callable[[str], str], *, is_strict: bool) -> None:
        self._connection = connection
        self._is_strict = is_strict

    def voice(self, call: CallRecord) -> list[Field]:
        return shapes.voice_fields(call, self._connection(call.to))

    def status(self, call: CallRecord, sequence: int, now: float) -> list[Field]:
        return shapes.status_fields(call, sequence, now)

    def stream(
        self, call: CallRecord, sid: str, name: str, event: str, now: float, fault: str = ""
    ) -> list[Field]:
        return shapes.stream_fields(call, sid, name, event, now, fault)

    def machine(self, call: CallRecord, answered_by: str) -> list[Field]:
        return [*shapes.status_fields(call, 0, call.created_at), ("AnsweredBy", answered_by)]

    def wire(self, call: CallRecord, stream: Stream, *, is_two_way: bool) -> PhoneWire:
        mode = stream.attributes.get("bidirectionalMode", "mp3")
        start = _start(shapes.leg_of(call, ""), None)
        return TelnyxPhone(
            call.sid,
            stream.parameters,
            mode=mode if self._is_strict or not is_two_way else "rtp",
            start=start,
        )

    def stream_sid(self, wire: PhoneWire) -> str:
        return wire.stream_id if isinstance(wire, TelnyxPhone) else ""


def commanded(leg: Leg, client_state: str | None, body: Mapping[str, Any]) -> TelnyxPhone:
    """Return the telephone of a stream that a command asks for."""
    named = body.get("custom_parameters") or []
    parameters = {str(one.get("name")): str(one.get("value")) for one in named}
    return TelnyxPhone(
        leg.call_control_id,
        parameters,
        encoding="PCMA" if body.get("stream_codec") == "PCMA" else "PCMU",
        token=body.get("stream_auth_token"),
        mode=body.get("stream_bidirectional_mode", "mp3"),
        start=_start(leg, client_state),
    )


def _start(leg: Leg, client_state: str | None) -> dict[str, object]:
    return {
        "call_session_id": leg.session_id,
        "from": leg.from_,
        "to": leg.to,
        "tags": [],
        "client_state": client_state,
    }
