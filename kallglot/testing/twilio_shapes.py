"""The shapes that Twilio sends, each with where its documentation says so.  Pure.

voice webhook          www.twilio.com/docs/voice/twiml, "Request parameters"
status callback        www.twilio.com/docs/voice/api/call-resource, "StatusCallback"
stream callback        www.twilio.com/docs/voice/twiml/stream, "statusCallback"
answered by            www.twilio.com/docs/voice/answering-machine-detection
Call, PhoneNumber      github.com/twilio/twilio-oai, spec/json/twilio_api_v2010.json
errors                 www.twilio.com/docs/api/errors
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlencode

from kallglot.testing.inventory import Number, Offer
from kallglot.testing.records import EVENT_OF, CallRecord
from kallglot.testing.signing import Field
from kallglot.testing.steps import Status

__all__ = [
    "API_VERSION",
    "SIP_CODES",
    "call_object",
    "error",
    "machine_fields",
    "number_object",
    "offer_object",
    "page",
    "status_fields",
    "stream_fields",
    "voice_fields",
]

API_VERSION: Final = "2010-04-01"

SIP_CODES: Final[Mapping[Status, str]] = {
    "completed": "200",
    "busy": "486",
    "no-answer": "487",
    "canceled": "487",
    "failed": "404",
}


def voice_fields(call: CallRecord) -> list[Field]:
    """Return what every request for a document says."""
    parent = [] if call.parent is None else [("ParentCallSid", call.parent)]
    answered_by = [] if call.answered_by is None else [("AnsweredBy", call.answered_by)]
    return [
        *_call_fields(call),
        ("CallStatus", call.status),
        ("FromCity", ""),
        ("FromState", ""),
        ("FromZip", ""),
        ("FromCountry", "US"),
        ("CallerCountry", "US"),
        ("ToCountry", "US"),
        ("CalledCountry", "US"),
        *parent,
        *answered_by,
    ]


def status_fields(call: CallRecord, sequence: int, now: float) -> list[Field]:
    """Return a status callback."""
    told = "initiated" if call.status == "queued" else call.status
    ended: list[Field] = []
    if EVENT_OF[call.status] == "completed":
        minutes = -(-call.seconds // 60)
        ended = [
            ("Duration", str(minutes)),
            ("CallDuration", str(call.seconds)),
            ("SipResponseCode", SIP_CODES[call.status]),
        ]
    return [
        *_call_fields(call),
        ("CallStatus", told),
        *ended,
        ("Timestamp", _rfc2822(now)),
        ("CallbackSource", "call-progress-events"),
        ("SequenceNumber", str(sequence)),
    ]


def stream_fields(
    call: CallRecord, stream_sid: str, name: str, event: str, now: float, fault: str = ""
) -> list[Field]:
    moment = dt.datetime.fromtimestamp(now, dt.UTC)
    return [
        ("AccountSid", call.account),
        ("CallSid", call.sid),
        ("StreamSid", stream_sid),
        ("StreamName", name or stream_sid),
        ("StreamEvent", event),
        *([("StreamError", fault)] if fault else []),
        ("Timestamp", moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")),
    ]


def machine_fields(call: CallRecord, answered_by: str) -> list[Field]:
    return [
        ("AccountSid", call.account),
        ("CallSid", call.sid),
        ("AnsweredBy", answered_by),
        ("MachineDetectionDuration", "0"),
    ]


def _call_fields(call: CallRecord) -> list[Field]:
    return [
        ("AccountSid", call.account),
        ("ApiVersion", API_VERSION),
        ("CallSid", call.sid),
        ("From", call.from_),
        ("To", call.to),
        ("Caller", call.from_),
        ("Called", call.to),
        ("Direction", call.direction),
    ]


def call_object(call: CallRecord) -> dict[str, Any]:
    is_over = call.ended_at is not None
    return {
        "sid": call.sid,
        "account_sid": call.account,
        "api_version": API_VERSION,
        "status": call.status,
        "direction": call.direction,
        "from": call.from_,
        "to": call.to,
        "parent_call_sid": call.parent,
        "answered_by": call.answered_by,
        "date_created": _rfc2822(call.created_at),
        "start_time": None if call.answered_at is None else _rfc2822(call.answered_at),
        "end_time": None if call.ended_at is None else _rfc2822(call.ended_at),
        "duration": str(call.seconds) if is_over else None,
        "queue_time": "0",
        "price": None,
        "price_unit": "USD",
        "uri": f"{_root(call.account)}/Calls/{call.sid}.json",
    }


def number_object(account: str, number: Number) -> dict[str, Any]:
    return {
        "sid": number.id,
        "account_sid": account,
        "phone_number": number.number,
        "friendly_name": number.settings.get("FriendlyName", number.number),
        "voice_url": number.settings.get("VoiceUrl", ""),
        "voice_method": number.settings.get("VoiceMethod", "POST"),
        "voice_fallback_url": number.settings.get("VoiceFallbackUrl", ""),
        "status_callback": number.settings.get("StatusCallback", ""),
        "status_callback_method": number.settings.get("StatusCallbackMethod", "POST"),
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        "status": "in-use",
        "origin": "twilio",
        "type": "local",
        "api_version": API_VERSION,
        "uri": f"{_root(account)}/IncomingPhoneNumbers/{number.id}.json",
    }


def offer_object(offer: Offer) -> dict[str, Any]:
    return {
        "friendly_name": offer.number,
        "phone_number": offer.number,
        "iso_country": offer.country,
        "locality": None,
        "region": None,
        "postal_code": None,
        "capabilities": {"voice": True, "sms": False, "mms": False},
        "address_requirements": "none",
        "beta": False,
    }


def error(status: int, code: int, message: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def page(account: str, noun: str, items: list[dict[str, Any]], path: str) -> dict[str, Any]:
    """Return the first and only page of a list."""
    query = urlencode({"Page": 0, "PageSize": 50})
    return {
        noun: items,
        "page": 0,
        "page_size": 50,
        "start": 0,
        "end": max(0, len(items) - 1),
        "uri": f"{_root(account)}/{path}.json",
        "first_page_uri": f"{_root(account)}/{path}.json?{query}",
        "next_page_uri": None,
        "previous_page_uri": None,
    }


def _root(account: str) -> str:
    return f"/{API_VERSION}/Accounts/{account}"


def _rfc2822(moment: float) -> str:
    return format_datetime(dt.datetime.fromtimestamp(moment, dt.UTC))
