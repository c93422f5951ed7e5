"""What carriers say about calls, in words that are nobody's.  Pure.

Facts come in any order, several times, or never; `kallglot.carriers.callstate` makes one picture
of them.  `call_id` is the carrier's name for the call; `at` is when the carrier says it happened,
in seconds since 1970, None if it does not say.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

__all__ = [
    "CallAnswered",
    "CallBridged",
    "CallEnded",
    "CallFact",
    "CallIncoming",
    "CallPlaced",
    "CallRinging",
    "Cause",
    "ConferenceEnded",
    "ConferenceJoined",
    "ConferenceLeft",
    "DigitsPressed",
    "MachineDetected",
    "MachineKind",
    "PromptEnded",
    "StepsWanted",
    "StreamFailed",
    "StreamStarted",
    "StreamStopped",
    "TransferFinished",
]

#: Why a call is over.  `failed` is everything that no other word is for.
Cause: TypeAlias = Literal["completed", "busy", "no_answer", "canceled", "rejected", "failed"]

#: Who, or what, has answered.  `greeting_over` comes after `machine`: one may speak now.
MachineKind: TypeAlias = Literal["human", "machine", "greeting_over", "fax", "unknown"]


@attrs.frozen
class CallIncoming:
    """Somebody calls one of our numbers, and nobody has answered yet.

    `caller` is None when it is withheld; `account` is whose number it is, in the carrier's words.
    """

    call_id: str
    caller: str | None = attrs.field(default=None, repr=False)
    called: str | None = attrs.field(default=None, repr=False)
    account: str | None = None
    forwarded_from: str | None = attrs.field(default=None, repr=False)
    at: float | None = None


@attrs.frozen
class CallPlaced:
    """A call of ours is on its way."""

    call_id: str
    caller: str | None = attrs.field(default=None, repr=False)
    called: str | None = attrs.field(default=None, repr=False)
    at: float | None = None


@attrs.frozen
class CallRinging:
    """The far telephone rings."""

    call_id: str
    at: float | None = None


@attrs.frozen
class CallAnswered:
    """Somebody, or something, has picked up."""

    call_id: str
    at: float | None = None


@attrs.frozen
class CallBridged:
    """The call has been joined to another, and its voices no longer pass through us alone."""

    call_id: str
    at: float | None = None


@attrs.frozen
class CallEnded:
    """The call is over; `detail` is the carrier's own word for why."""

    call_id: str
    cause: Cause
    detail: str = ""
    at: float | None = None


@attrs.frozen
class MachineDetected:
    """Answering-machine detection has come to a conclusion."""

    call_id: str
    kind: MachineKind
    at: float | None = None


@attrs.frozen
class StreamStarted:
    """The carrier has opened a media stream.

    `stream` is its name for the stream, or the stream's URL where it gives it no name.
    """

    call_id: str
    stream: str = attrs.field(repr=False)
    at: float | None = None


@attrs.frozen
class StreamStopped:
    """A media stream is over."""

    call_id: str
    stream: str = attrs.field(repr=False)
    at: float | None = None


@attrs.frozen
class StreamFailed:
    """A media stream could not be opened, or has broken; `why` is in the carrier's words."""

    call_id: str
    stream: str = attrs.field(repr=False)
    why: str = ""
    at: float | None = None


@attrs.frozen
class DigitsPressed:
    """Keys were pressed; a stream may have reported the same ones."""

    call_id: str
    digits: str = attrs.field(repr=False)
    at: float | None = None


@attrs.frozen
class TransferFinished:
    """What a call was transferred to has hung up, or was never reached.

    `other_call_id` is the carrier's name for the call that was placed for it.
    """

    call_id: str
    cause: Cause
    other_call_id: str | None = None
    at: float | None = None


@attrs.frozen
class PromptEnded:
    """What was spoken or played by order of a step has been heard, or was stopped."""

    call_id: str
    at: float | None = None


@attrs.frozen
class StepsWanted:
    """The carrier has come to the end of its steps, and asks what to do with the call."""

    call_id: str
    at: float | None = None


@attrs.frozen
class ConferenceJoined:
    """A call has come into a conference."""

    call_id: str
    conference: str
    at: float | None = None


@attrs.frozen
class ConferenceLeft:
    """A call has left a conference."""

    call_id: str
    conference: str
    at: float | None = None


@attrs.frozen
class ConferenceEnded:
    """A conference is over; `call_id` is the last call that was in it, if the carrier says."""

    call_id: str | None
    conference: str
    at: float | None = None


CallFact: TypeAlias = (
    CallIncoming
    | CallPlaced
    | CallRinging
    | CallAnswered
    | CallBridged
    | CallEnded
    | MachineDetected
    | StreamStarted
    | StreamStopped
    | StreamFailed
    | DigitsPressed
    | TransferFinished
    | PromptEnded
    | StepsWanted
    | ConferenceJoined
    | ConferenceLeft
    | ConferenceEnded
)
