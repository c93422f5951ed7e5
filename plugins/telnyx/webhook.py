"""Telnyx's webhooks, Call Control's JSON and TeXML's forms: facts out.  Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
import msgspec

from kallglot.carriers import forms
from kallglot.carriers.facts import (
    CallAnswered,
    CallBridged,
    CallEnded,
    CallFact,
    CallIncoming,
    CallPlaced,
    Cause,
    ConferenceEnded,
    ConferenceJoined,
    ConferenceLeft,
    DigitsPressed,
    MachineDetected,
    MachineKind,
    PromptEnded,
    StepsWanted,
    StreamFailed,
    StreamStarted,
    StreamStopped,
    TransferFinished,
)
from kallglot.carriers.forms import Fields, moment
from kallglot.carriers.webhook import Delivery, Document, Webhook, WebhookRequest
from kallglot.errors import WireError
from plugins.telnyx import texml
from plugins.telnyx.signatures import TIMESTAMP_HEADER

__all__ = ["TRANSFER", "WEBHOOKS", "read_event", "read_status", "read_stream", "read_voice"]

#: What the other call of a transfer repeats to us, before the name of the one transferred.
TRANSFER: Final = "kallglot:transfer:"

LONGEST: Final = 1024

_CAUSES: Final[Mapping[str, Cause]] = {
    "normal_clearing": "completed",
    "time_limit": "completed",
    "user_busy": "busy",
    "timeout": "no_answer",
    "no_answer": "no_answer",
    "originator_cancel": "canceled",
    "call_rejected": "rejected",
}
_MACHINES: Final[Mapping[str, MachineKind]] = {
    "human": "human",
    "human_residence": "human",
    "human_business": "human",
    "machine": "machine",
    "fax_detected": "fax",
}


# Call Control


@attrs.frozen
class _Event:
    """The payload of an event, of which anything may be missing or of another type."""

    kind: str
    at: float | None
    payload: Mapping[str, Any] = attrs.field(repr=False)

    def text(self, name: str) -> str | None:
        value = self.payload.get(name)
        return value if isinstance(value, str) and 0 < len(value) <= LONGEST else None

    @property
    def call_id(self) -> str:
        value = self.text("call_control_id")
        if value is None:
            raise WireError(f"{self.kind} names no call")
        return value

    @property
    def stream(self) -> str:
        """Return the stream's URL: `streaming.started` says nothing else of the stream."""
        params = self.payload.get("stream_params")
        inside = params.get("stream_url") if isinstance(params, dict) else None
        url = self.text("stream_url") or inside
        return url if isinstance(url, str) else self.text("stream_id") or ""

    @property
    def tag(self) -> str | None:
        state = self.text("client_state")
        if state is None:
            return None
        try:
            return base64.b64decode(state, validate=True).decode()
        except (binascii.Error, ValueError):
            return None


def read_event(request: WebhookRequest) -> Delivery:
    """Read an event of Call Control; one that is not about calls says nothing.

    Raises:
        WireError: it is no event, or about a call without a name.
    """
    try:
        said = msgspec.json.decode(request.body)
    except (ValueError, RecursionError):
        raise WireError("the body is not JSON") from None
    match said:
        case {"data": {"event_type": str(kind)} as data}:
            pass
        case _:
            raise WireError("the body is no event")
    payload = data.get("payload")
    occurred = data.get("occurred_at")
    event = _Event(
        kind[:80].replace("_", "."),  # both have been seen
        moment(occurred) if isinstance(occurred, str) else None,
        payload if isinstance(payload, dict) else {},
    )
    facts, tag, named = _facts(event), event.tag, data.get("id")
    is_named = isinstance(named, str) and 0 < len(named) <= LONGEST
    if tag is not None and tag.startswith(TRANSFER):
        facts, tag = (*facts, *_transferred(event, tag.removeprefix(TRANSFER))), None
    key = str(named) if is_named else _fingerprint(request)
    return Delivery(facts, key, tag, event.text("call_leg_id"))


def _fingerprint(request: WebhookRequest) -> str:
    """Return what is the same for the same signature.

    The URL is not signed, and so not to be trusted.  The time is, and must be in it: a call that
    comes to the end of its steps twice says exactly the same both times.
    """
    at = request.headers.get(TIMESTAMP_HEADER, "").encode("utf-8", "surrogatepass")
    return hashlib.sha256(at + b"|" + request.body).hexdigest()


def _facts(event: _Event) -> tuple[CallFact, ...]:
    match event.kind.split("."):
        case ["call", "initiated"]:
            return _initiated(event)
        case ["call", "answered"]:
            return (CallAnswered(event.call_id, event.at),)
        case ["call", "bridged"]:
            return (CallBridged(event.call_id, event.at),)
        case ["call", "hangup"]:
            return (_ended(event),)
        case ["call", "dtmf", "received"]:
            digit = event.text("digit")
            return () if digit is None else (DigitsPressed(event.call_id, digit[:1], event.at),)
        case ["call", "speak" | "playback", "ended"]:
            return (PromptEnded(event.call_id, event.at),)
        case ["call", "machine", *_, ("detection" | "greeting") as what, "ended"]:
            kind = _machine(what, event.text("result"))
            return (MachineDetected(event.call_id, kind, event.at),)
        case ["streaming", "started"]:
            return (StreamStarted(event.call_id, event.stream, event.at),)
        case ["streaming", "stopped"]:
            return (StreamStopped(event.call_id, event.stream, event.at),)
        case ["streaming", "failed"]:
            why = (event.text("failure_reason") or "")[:200]
            return (StreamFailed(event.call_id, event.stream, why, event.at),)
        case ["conference", *what]:
            return _conference(event, ".".join(what))
        case _:
            return ()


def _initiated(event: _Event) -> tuple[CallFact, ...]:
    caller, called = event.text("from"), event.text("to")
    if event.text("direction") == "outgoing":
        return (CallPlaced(event.call_id, caller, called, event.at),)
    incoming = CallIncoming(event.call_id, caller, called, event.text("connection_id"), at=event.at)
    return (incoming, StepsWanted(event.call_id, event.at))


def _ended(event: _Event) -> CallEnded:
    words = (event.text("hangup_cause"), event.text("sip_hangup_cause"))
    detail = " ".join(word for word in words if word is not None)
    return CallEnded(event.call_id, _cause(event), detail[:80], event.at)


def _cause(event: _Event) -> Cause:
    return _CAUSES.get(event.text("hangup_cause") or "", "failed")


def _machine(what: str, result: str | None) -> MachineKind:
    """A greeting that has ended was a machine's, or so `detection.ended` has said before."""
    return "greeting_over" if what == "greeting" else _MACHINES.get(result or "", "unknown")


def _conference(event: _Event, what: str) -> tuple[CallFact, ...]:
    conference = event.text("conference_id") or ""
    match what:
        case "participant.joined":
            return (ConferenceJoined(event.call_id, conference, event.at),)
        case "participant.left":
            return (ConferenceLeft(event.call_id, conference, event.at),)
        case "ended":
            return (ConferenceEnded(event.text("call_control_id"), conference, event.at),)
        case _:
            return ()


def _transferred(event: _Event, call_id: str) -> tuple[CallFact, ...]:
    """Return what the end of the other call means for the one that was transferred to it."""
    if event.kind != "call.hangup" or not call_id:
        return ()
    return (TransferFinished(call_id, _cause(event), event.call_id, event.at),)


# TeXML


def _fields(request: WebhookRequest) -> Fields:
    """Return the fields of a form, or of a JSON object, which TeXML may be set to."""
    if request.is_form:
        return Fields.of(request.form())
    try:
        said = msgspec.json.decode(request.body)
    except (ValueError, RecursionError):
        raise WireError("the body is neither a form nor JSON") from None
    if not isinstance(said, dict):
        raise WireError("the body is no object")
    return Fields.of((name, value) for name, value in said.items() if isinstance(value, str))


def _reader(read: Callable[[Fields], tuple[CallFact, ...]]) -> Callable[[WebhookRequest], Delivery]:
    def reader(request: WebhookRequest) -> Delivery:
        return Delivery(read(_fields(request)), _fingerprint(request))

    return reader


def _status(fields: Fields) -> tuple[CallFact, ...]:
    if fields.text("ConferenceSid") is not None:
        return forms.conference_facts(fields)
    return (*forms.progress_facts(fields), *forms.machine_facts(fields))


read_voice = _reader(forms.voice_facts)
read_status = _reader(_status)
read_stream = _reader(forms.stream_facts)

#: Telnyx takes 200 for certain; anything else it might ask again for.
NOTHING: Final = Document(b"", "text/plain")

#: `events` is Call Control's, and the body of its answer is ignored; the rest is TeXML's.
WEBHOOKS: Final = (
    Webhook("events", read_event, nothing=NOTHING),
    Webhook("voice", read_voice, texml.document, NOTHING),
    Webhook("after", read_voice, texml.document, NOTHING),
    Webhook("status", read_status, nothing=NOTHING),
    Webhook("stream", read_stream, nothing=NOTHING),
    Webhook("machine", read_status, nothing=NOTHING),
    Webhook("conference", read_status, nothing=NOTHING),
)
