"""What carriers that speak in forms say: TwiML's fields, and those of its relatives.  Pure.

Fields come and go, and are blank when there is nothing to say.  Only a call without a name is
refused.
"""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from kallglot.carriers.facts import (
    CallAnswered,
    CallEnded,
    CallFact,
    CallIncoming,
    CallPlaced,
    CallRinging,
    Cause,
    ConferenceEnded,
    ConferenceJoined,
    ConferenceLeft,
    MachineDetected,
    MachineKind,
    StepsWanted,
    StreamFailed,
    StreamStarted,
    StreamStopped,
    TransferFinished,
)
from kallglot.errors import WireError

__all__ = [
    "Fields",
    "conference_facts",
    "machine_facts",
    "moment",
    "progress_facts",
    "stream_facts",
    "voice_facts",
]

LONGEST: Final = 1024

#: How calls end, in the words of `CallStatus` and `DialCallStatus`.
_ENDS: Final[Mapping[str, Cause]] = {
    "completed": "completed",
    "answered": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "canceled": "canceled",
    "cancelled": "canceled",
    "failed": "failed",
}
_MACHINES: Final[Mapping[str, MachineKind]] = {
    "human": "human",
    "machine_start": "machine",
    "machine": "machine",
    "machine_end_beep": "greeting_over",
    "machine_end_silence": "greeting_over",
    "machine_end_other": "greeting_over",
    "fax": "fax",
}


def moment(text: str | None) -> float | None:
    """Return a time in seconds, of ISO 8601 or RFC 2822; None if it is neither."""
    if text is None:
        return None
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        try:
            at = email.utils.parsedate_to_datetime(text)
        except (ValueError, IndexError, TypeError, OverflowError):
            return None
    try:
        return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


@attrs.frozen
class Fields:
    """The first value of each field; what is blank, or longer than anything real, is not there."""

    values: Mapping[str, str] = attrs.field(repr=False)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Fields:
        values: dict[str, str] = {}
        for name, value in pairs:
            if value and len(value) <= LONGEST:
                values.setdefault(name, value)
        return cls(values)

    def text(self, name: str) -> str | None:
        return self.values.get(name)

    def need(self, name: str) -> str:
        """Raises: WireError: the field is missing."""
        value = self.values.get(name)
        if value is None:
            raise WireError(f"{name} is missing")
        return value

    @property
    def at(self) -> float | None:
        return moment(self.text("Timestamp"))


def voice_facts(fields: Fields) -> tuple[CallFact, ...]:
    """Read a request for steps: a call that comes in, or one that has come to an end of its steps.

    A carrier that does not say which way the call goes means that it comes in.
    """
    call_id, at = fields.need("CallSid"), fields.at
    status = fields.text("CallStatus") or "ringing"
    is_incoming = (fields.text("Direction") or "inbound").startswith("inbound")
    if fields.text("DialCallStatus") is not None:
        return (*_transfer(fields), *_over(fields, status), StepsWanted(call_id, at))
    if status in {"ringing", "queued", "initiated"} and is_incoming:
        incoming = CallIncoming(
            call_id,
            fields.text("From"),
            fields.text("To"),
            fields.text("AccountSid"),
            fields.text("ForwardedFrom"),
            at,
        )
        return (incoming, StepsWanted(call_id, at))
    return (*progress_facts(fields), *machine_facts(fields), StepsWanted(call_id, at))


def progress_facts(fields: Fields) -> tuple[CallFact, ...]:
    """Read a status callback.

    A call that is `completed` was answered before, and the callback that said so may be late.
    """
    call_id, at = fields.need("CallSid"), fields.at
    match fields.text("CallStatus"):
        case "queued" | "initiated":
            return (CallPlaced(call_id, fields.text("From"), fields.text("To"), at),)
        case "ringing":
            return (CallRinging(call_id, at),)
        case "in-progress" | "answered":
            return (CallAnswered(call_id, at),)
        case str(status):
            return _over(fields, status)
        case None:
            return ()


def stream_facts(fields: Fields) -> tuple[CallFact, ...]:
    """Read a stream's status callback; what an error says is documented nowhere."""
    call_id, at = fields.need("CallSid"), fields.at
    stream = fields.text("StreamSid") or fields.text("StreamName") or ""
    match fields.text("StreamEvent"):
        case "stream-started":
            return (StreamStarted(call_id, stream, at),)
        case "stream-stopped":
            return (StreamStopped(call_id, stream, at),)
        case "stream-error" | "stream-failed":
            why = (fields.text("StreamError") or "")[:200]
            return (StreamFailed(call_id, stream, why, at),)
        case _:
            return ()


def machine_facts(fields: Fields) -> tuple[CallFact, ...]:
    """Read what answering-machine detection has found, where it was asked for."""
    answered_by = fields.text("AnsweredBy")
    if answered_by is None:
        return ()
    kind = _MACHINES.get(answered_by, "unknown")
    return (MachineDetected(fields.need("CallSid"), kind, fields.at),)


def conference_facts(fields: Fields) -> tuple[CallFact, ...]:
    """Read a conference's status callback; its name is the one we gave it."""
    conference = fields.text("FriendlyName") or fields.need("ConferenceSid")
    call_id, at = fields.text("CallSid"), fields.at
    match fields.text("StatusCallbackEvent"):
        case "participant-join" if call_id is not None:
            return (ConferenceJoined(call_id, conference, at),)
        case "participant-leave" if call_id is not None:
            return (ConferenceLeft(call_id, conference, at),)
        case "conference-end":
            return (ConferenceEnded(call_id, conference, at),)
        case _:
            return ()


def _transfer(fields: Fields) -> tuple[CallFact, ...]:
    cause = _ENDS.get(fields.text("DialCallStatus") or "", "failed")
    other = fields.text("DialCallSid")
    return (TransferFinished(fields.need("CallSid"), cause, other, fields.at),)


def _over(fields: Fields, status: str) -> tuple[CallFact, ...]:
    cause = _ENDS.get(status)
    if cause is None or status == "answered":
        return ()
    call_id, at = fields.need("CallSid"), fields.at
    detail = " ".join(
        filter(None, (status, fields.text("SipResponseCode"), fields.text("ErrorCode")))
    )
    ended = CallEnded(call_id, cause, detail[:80], at)
    return (CallAnswered(call_id), ended) if cause == "completed" else (ended,)
