"""What a TwiML or TeXML document asks of a carrier.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

__all__ = [
    "Callee",
    "Conference",
    "Connect",
    "Dial",
    "Document",
    "Gather",
    "Hangup",
    "Pause",
    "Play",
    "Prompt",
    "Record",
    "Redirect",
    "Reject",
    "Remark",
    "Say",
    "Start",
    "Stop",
    "Stream",
    "Verb",
]


@attrs.frozen
class Remark:
    """What the carrier would tell in its console; `code` where its documentation names one."""

    text: str
    code: int | None = None


@attrs.frozen
class Say:
    text: str = attrs.field(repr=False)
    language: str = ""
    voice: str = ""
    loop: int = 1


@attrs.frozen
class Play:
    """Sound from a URL, or keys that are pressed."""

    url: str = ""
    digits: str = ""
    loop: int = 1


@attrs.frozen
class Pause:
    length: float = 1.0


@attrs.frozen
class Reject:
    reason: Literal["rejected", "busy"] = "rejected"


@attrs.frozen
class Hangup:
    pass


@attrs.frozen
class Redirect:
    url: str
    method: str = "POST"


@attrs.frozen
class Stream:
    """`attributes` are those that only Telnyx has, such as `bidirectionalMode`."""

    url: str = attrs.field(repr=False)
    name: str = ""
    track: str = "inbound_track"
    status_callback: str = ""
    status_method: str = "POST"
    parameters: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    attributes: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Connect:
    """A stream in both directions; the document waits until it is over."""

    stream: Stream
    action: str = ""
    method: str = "POST"


@attrs.frozen
class Start:
    """A stream in one direction; the document goes on at once."""

    stream: Stream


@attrs.frozen
class Stop:
    """The end of a stream that was started."""

    name: str = ""


@attrs.frozen
class Callee:
    """A number or a SIP URI that is dialled."""

    address: str = attrs.field(repr=False)
    status_callback: str = ""
    status_events: tuple[str, ...] = ("completed",)


@attrs.frozen
class Conference:
    name: str
    starts: bool = True
    ends: bool = False


@attrs.frozen
class Dial:
    targets: tuple[Callee, ...] = ()
    conference: Conference | None = None
    action: str = ""
    method: str = "POST"
    timeout: float = 30.0
    caller_id: str = attrs.field(default="", repr=False)


@attrs.frozen
class Record:
    """Voicemail; the simulator records nothing and goes on."""

    action: str = ""
    method: str = "POST"


Prompt: TypeAlias = Say | Play | Pause


@attrs.frozen
class Gather:
    prompts: tuple[Prompt, ...] = ()
    action: str = ""
    method: str = "POST"
    most: int | None = None
    timeout: float = 5.0
    finish_on: str = "#"


Verb: TypeAlias = (
    Say
    | Play
    | Pause
    | Reject
    | Hangup
    | Redirect
    | Connect
    | Start
    | Stop
    | Dial
    | Record
    | Gather
)


@attrs.frozen
class Document:
    """Verbs in their order, and what the carrier has to say of them."""

    verbs: tuple[Verb, ...] = ()
    remarks: tuple[Remark, ...] = ()
