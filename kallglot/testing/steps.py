"""What happens in a call that follows documents, and what is to be done then.  Pure."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from kallglot.testing.verbs import (
    Connect,
    Dial,
    Gather,
    Pause,
    Play,
    Redirect,
    Remark,
    Say,
    Stop,
    Stream,
)

__all__ = [
    "Digits",
    "Direction",
    "Do",
    "Done",
    "Effect",
    "Ended",
    "Fetch",
    "Fetched",
    "Finished",
    "Halt",
    "Happening",
    "Inline",
    "Instructed",
    "Instructions",
    "Note",
    "OpenStream",
    "PickedUp",
    "Result",
    "Slow",
    "Status",
    "Tell",
    "Unfetched",
    "Work",
]

Direction: TypeAlias = Literal["inbound", "outbound-api", "outbound-dial"]
Status: TypeAlias = Literal[
    "queued",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "failed",
    "no-answer",
    "canceled",
]

# What is to be done.


@attrs.frozen
class Fetch:
    """Ask a URL for the next document; `extra` goes along with what every request says."""

    url: str
    method: str = "POST"
    extra: tuple[tuple[str, str], ...] = ()


@attrs.frozen
class OpenStream:
    """Connect a stream; with a `refusal` the carrier does not."""

    stream: Stream
    is_blocking: bool
    refusal: Remark | None = None


#: The verbs that others wait for.
Slow: TypeAlias = Redirect | Connect | Say | Play | Pause | Gather | Dial
Work: TypeAlias = Fetch | Say | Play | Pause | Gather | OpenStream | Dial | Stop


@attrs.frozen
class Do:
    number: int
    work: Work


@attrs.frozen
class Halt:
    """Give up what is being done, blocking streams included."""


@attrs.frozen
class Tell:
    """The call has another status."""

    status: Status


@attrs.frozen
class Note:
    remark: Remark


Effect: TypeAlias = Do | Halt | Tell | Note


# What happens.


@attrs.frozen
class Inline:
    """A document that came with the request."""

    text: str


Instructions: TypeAlias = Fetch | Inline


@attrs.frozen
class PickedUp:
    """Who was called has answered; `extra` is what was found out about them."""

    extra: tuple[tuple[str, str], ...] = ()


@attrs.frozen
class Fetched:
    text: str


@attrs.frozen
class Unfetched:
    why: str


@attrs.frozen
class Finished:
    """Something was said, or a stream or a dialled call is over; `extra` is how."""

    extra: tuple[tuple[str, str], ...] = ()


@attrs.frozen
class Digits:
    digits: str


Result: TypeAlias = Fetched | Unfetched | Finished | Digits


@attrs.frozen
class Done:
    number: int
    result: Result


@attrs.frozen
class Instructed:
    """The call's owner has other instructions for it, by REST."""

    instructions: Instructions


@attrs.frozen
class Ended:
    """The call is over, whoever ended it; `status` if it never was answered."""

    status: Status = "completed"


Happening: TypeAlias = PickedUp | Done | Instructed | Ended
