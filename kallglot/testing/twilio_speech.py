"""How Twilio says things: the fields of its requests, and its media streams."""

from __future__ import annotations

from kallglot.phones.twilio import TwilioPhone
from kallglot.phones.wire import PhoneWire
from kallglot.testing import twilio_shapes as shapes
from kallglot.testing.records import CallRecord
from kallglot.testing.signing import Field, TwilioKey, twilio_headers
from kallglot.testing.verbs import Stream

__all__ = ["TwilioSpeech"]


class TwilioSpeech:
    failure = "stream-error"

    def __init__(self, key: TwilioKey) -> None:
        self._key = key

    def voice(self, call: CallRecord) -> list[Field]:
        return shapes.voice_fields(call)

    def status(self, call: CallRecord, sequence: int, now: float) -> list[Field]:
        return shapes.status_fields(call, sequence, now)

    def stream(
        self, call: CallRecord, sid: str, name: str, event: str, now: float, fault: str = ""
    ) -> list[Field]:
        return shapes.stream_fields(call, sid, name, event, now, fault)

    def machine(self, call: CallRecord, answered_by: str) -> list[Field]:
        return shapes.machine_fields(call, answered_by)

    def wire(self, call: CallRecord, stream: Stream, *, is_two_way: bool) -> PhoneWire:
        return TwilioPhone(
            call.sid,
            stream.parameters,
            account=call.account,
            sign=lambda url: twilio_headers(self._key, url),
            tracks=_tracks(stream, is_two_way=is_two_way),
            is_two_way=is_two_way,
        )

    def stream_sid(self, wire: PhoneWire) -> str:
        return wire.stream_sid if isinstance(wire, TwilioPhone) else ""


def _tracks(stream: Stream, *, is_two_way: bool) -> tuple[str, ...]:
    if is_two_way or stream.track == "inbound_track":
        return ("inbound",)
    return ("outbound",) if stream.track == "outbound_track" else ("inbound", "outbound")
