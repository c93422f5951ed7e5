"""The shapes that Telnyx sends, each with where its documentation says so.  Pure.

webhook envelope     github.com/team-telnyx/openapi, spec3.yml, and
developers.telnyx.com/docs/voice/programmable-voice/receiving-webhooks
TeXML requests       developers.telnyx.com/docs/voice/texml, "instruction fetching", callbacks
commands, numbers    spec3.yml
errors               developers.telnyx.com/api/errors
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import attrs

from kallglot.testing.controlcall import Refusal
from kallglot.testing.inventory import Number, Offer
from kallglot.testing.records import EVENT_OF, CallRecord
from kallglot.testing.signing import Field

__all__ = [
    "Application",
    "Leg",
    "application_object",
    "call_object",
    "envelope",
    "error",
    "iso",
    "leg_of",
    "number_object",
    "offer_object",
    "order_object",
    "status_fields",
    "stream_fields",
    "voice_fields",
]


@attrs.frozen
class Application:
    """What a number or a connection belongs to; `url` is its webhook, or its document.

    With `is_json` its documents are asked for as JSON, as some samples expect; no Telnyx does.
    """

    id: str
    is_texml: bool
    url: str
    failover_url: str = ""
    status_callback: str = ""
    name: str = "simulated"
    method: str = "POST"
    is_json: bool = False


@attrs.frozen
class Leg:
    """What every webhook of a call says."""

    call_control_id: str
    leg_id: str
    session_id: str
    connection_id: str
    from_: str = attrs.field(repr=False)
    to: str = attrs.field(repr=False)
    started_at: float

    def payload(self, client_state: str | None) -> dict[str, Any]:
        return {
            "call_control_id": self.call_control_id,
            "call_leg_id": self.leg_id,
            "call_session_id": self.session_id,
            "client_state": client_state,
            "connection_id": self.connection_id,
            "from": self.from_,
            "to": self.to,
            "start_time": iso(self.started_at),
        }


def leg_of(record: CallRecord, connection_id: str) -> Leg:
    """Return what is said of a call that follows documents."""
    name = uuid.uuid5(uuid.NAMESPACE_OID, record.sid)
    return Leg(
        record.sid,
        str(name),
        str(uuid.uuid5(name, "session")),
        connection_id,
        record.from_,
        record.to,
        record.created_at,
    )


def envelope(
    event: str, event_id: str, payload: dict[str, Any], url: str, attempt: int, now: float
) -> bytes:
    body = {
        "data": {
            "record_type": "event",
            "event_type": event,
            "id": event_id,
            "occurred_at": iso(now),
            "payload": payload,
        },
        "meta": {"attempt": attempt, "delivered_to": url},
    }
    return json.dumps(body, separators=(",", ":")).encode()


# TeXML.


def voice_fields(call: CallRecord, connection_id: str) -> list[Field]:
    return [
        *_ids(call),
        ("CallerId", call.from_),
        ("CallingPartyType", "pstn"),
        ("From", call.from_),
        ("FromSipUri", f"{call.from_}@192.0.2.10"),
        ("To", call.to),
        ("ToSipUri", f"{call.to}@sip.example.net"),
        ("ConnectionId", connection_id),
        ("CallStatus", call.status),
    ]


def status_fields(call: CallRecord, sequence: int, now: float) -> list[Field]:
    told = "initiated" if call.status == "queued" else call.status
    ended: list[Field] = []
    if EVENT_OF[call.status] == "completed":
        ended = [("CallDuration", str(call.seconds)), ("HangupSource", "unknown")]
    return [
        *_ids(call),
        ("CallStatus", told),
        *ended,
        ("CallbackSource", "call-progress-events"),
        ("From", call.from_),
        ("To", call.to),
        ("SequenceNumber", str(sequence)),
        ("Timestamp", iso(now)),
    ]


def stream_fields(
    call: CallRecord, sid: str, name: str, event: str, now: float, fault: str = ""
) -> list[Field]:
    return [
        *_ids(call),
        ("StreamEvent", event),
        ("StreamName", name or sid),
        ("StreamSid", sid),
        *([("StreamError", fault)] if fault else []),
        ("Timestamp", iso(now)),
    ]


def _ids(call: CallRecord) -> list[Field]:
    return [("AccountSid", call.account), ("CallSid", call.sid), ("CallSidLegacy", call.sid)]


# REST.


def call_object(leg: Leg, client_state: str | None, *, is_alive: bool) -> dict[str, Any]:
    return {
        "record_type": "call",
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.leg_id,
        "call_session_id": leg.session_id,
        "client_state": client_state,
        "is_alive": is_alive,
    }


def number_object(number: Number) -> dict[str, Any]:
    return {
        "record_type": "phone_number",
        "id": number.id,
        "phone_number": number.number,
        "status": "active",
        "connection_id": number.settings.get("connection_id") or None,
        "customer_reference": number.settings.get("customer_reference") or None,
        "tags": [],
    }


def offer_object(offer: Offer) -> dict[str, Any]:
    return {
        "record_type": "available_phone_number",
        "phone_number": offer.number,
        "best_effort": False,
        "quickship": True,
        "reservable": True,
        "vanity_format": "",
        "cost_information": {"currency": "USD", "monthly_cost": "1.00", "upfront_cost": "1.00"},
        "features": [{"name": "voice"}],
        "region_information": [{"region_type": "country_code", "region_name": offer.country}],
    }


def order_object(numbers: list[Number], order_id: str, status: str) -> dict[str, Any]:
    return {
        "record_type": "number_order",
        "id": order_id,
        "status": status,
        "phone_numbers_count": len(numbers),
        "requirements_met": True,
        "sub_number_orders_ids": [],
        "phone_numbers": [
            {
                "record_type": "number_order_phone_number",
                "id": number.id,
                "phone_number": number.number,
                "status": status,
                "requirements_met": True,
                "regulatory_requirements": [],
            }
            for number in numbers
        ],
    }


def application_object(application: Application) -> dict[str, Any]:
    if application.is_texml:
        return {
            "record_type": "texml_application",
            "id": application.id,
            "friendly_name": application.name,
            "voice_url": application.url,
            "voice_fallback_url": application.failover_url,
            "voice_method": application.method.lower(),
            "status_callback": application.status_callback,
            "active": True,
        }
    return {
        "record_type": "call_control_application",
        "id": application.id,
        "application_name": application.name,
        "webhook_event_url": application.url,
        "webhook_event_failover_url": application.failover_url,
        "webhook_api_version": "2",
        "active": True,
    }


def error(refusal: Refusal) -> dict[str, Any]:
    body: dict[str, Any] = {
        "code": refusal.code,
        "title": refusal.title,
        "detail": refusal.detail,
    }
    if refusal.pointer:
        body["source"] = {"pointer": refusal.pointer}
    return {"errors": [body]}


def iso(moment: float) -> str:
    at = dt.datetime.fromtimestamp(moment, dt.UTC)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
