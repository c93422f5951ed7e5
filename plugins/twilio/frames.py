"""What Twilio's frames look like, one way and the other.

Only the fields that are read are named; others may come and go.  What Twilio asks of us is
stricter than what it does itself: a frame carries the right `streamSid` and no field that is not
documented.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Struct

from kallglot.providers import Frame, Problem

__all__ = [
    "LARGEST_PAYLOAD",
    "Connected",
    "Digit",
    "Format",
    "InStream",
    "Incoming",
    "Mark",
    "Media",
    "Start",
    "Stop",
    "clear",
    "decode",
    "is_twilio",
    "mark",
    "media",
    "quoted",
]

LARGEST_PAYLOAD: Final = 64 * 1024
#: The payload in base64, and room for everything around it.
LARGEST_FRAME: Final = LARGEST_PAYLOAD * 4 // 3 + 4096


# In.  `gc=False`, because they hold no cycles and come often.


class Format(Struct, rename="camel", frozen=True):
    """How the audio is written; the documentation knows no other."""

    encoding: str = "audio/x-mulaw"
    sample_rate: int = 8000
    channels: int = 1

    def __str__(self) -> str:
        return f"{self.encoding[:40]} at {self.sample_rate} Hz, {self.channels} channels"


class StartBody(Struct, rename="camel", gc=False):
    call_sid: str
    tracks: list[str] = []
    custom_parameters: dict[str, str] | None = None
    media_format: Format = Format()


class MediaBody(Struct, gc=False):
    payload: bytes
    track: str = "inbound"


class DigitBody(Struct, gc=False):
    digit: Annotated[str, msgspec.Meta(pattern="^[0-9A-D*#]$")]


class MarkBody(Struct, gc=False):
    name: str


class Connected(Struct, tag_field="event", tag="connected", gc=False):
    """The first frame; it says nothing."""


class Start(Struct, tag_field="event", tag="start", rename="camel", gc=False):
    """Which call this is, and what will be heard."""

    start: StartBody
    stream_sid: str


class Media(Struct, tag_field="event", tag="media", rename="camel", gc=False):
    """20 ms of one track."""

    media: MediaBody
    stream_sid: str


class Digit(Struct, tag_field="event", tag="dtmf", rename="camel", gc=False):
    """A key was pressed."""

    dtmf: DigitBody
    stream_sid: str


class Mark(Struct, tag_field="event", tag="mark", rename="camel", gc=False):
    """What was queued before a mark of ours has been played, or cleared."""

    mark: MarkBody
    stream_sid: str


class Stop(Struct, tag_field="event", tag="stop", rename="camel", gc=False):
    """The stream is over."""

    stream_sid: str


InStream: TypeAlias = Media | Mark | Digit | Stop
Incoming: TypeAlias = Connected | Start | InStream

KINDS: Final = frozenset({"connected", "start", "media", "dtmf", "mark", "stop"})

_decode: Callable[[str], Incoming] = msgspec.json.Decoder(Incoming, strict=False).decode


class _First(Struct, rename="camel"):
    event: str = ""
    stream_sid: str = ""
    protocol: str = ""
    #: Only Telnyx has been seen to put something here.
    connected: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_first = msgspec.json.Decoder(_First).decode


def decode(frame: Frame) -> Incoming | Problem:
    """Read a frame, or say why that cannot be done."""
    if isinstance(frame, bytes):
        return Problem("invalid_frame", "Twilio sends text, and this frame is binary")
    if len(frame) > LARGEST_FRAME:
        return Problem("frame_too_large", f"the frame has {len(frame)} characters")
    try:
        return _decode(frame)
    except (ValueError, RecursionError) as error:
        event = _first(frame).event
        if event and event not in KINDS:
            return Problem("unknown_frame", f"no event is called {event[:40]!r}")
        return Problem("invalid_frame", str(error)[:200])


def is_twilio(first: Frame) -> bool:
    """Tell from a stream's first frame whether it is Twilio that speaks."""
    frame = _first(first)
    match frame.event:
        case "connected":
            return frame.protocol != "" and frame.connected is msgspec.UNSET
        case "start":
            return frame.stream_sid != ""
        case _:
            return False


def _first(frame: Frame) -> _First:
    if isinstance(frame, bytes) or len(frame) > LARGEST_FRAME:
        return _First()
    try:
        return _decode_first(frame)
    except (ValueError, RecursionError):
        return _First()


# Out.  `sid` is the stream's id in quotes: base64 needs no escaping, so neither does the rest.


def quoted(text: str) -> str:
    """Write a string in JSON."""
    return msgspec.json.encode(text).decode()


def media(sid: str, mulaw: bytes) -> str:
    """Write audio to be played after all that was sent before."""
    payload = b2a_base64(mulaw, newline=False).decode("ascii")
    return f'{{"event":"media","streamSid":{sid},"media":{{"payload":"{payload}"}}}}'


def mark(sid: str, name: str) -> str:
    """Write a mark, to be returned when all that was sent before has been heard."""
    return f'{{"event":"mark","streamSid":{sid},"mark":{{"name":{quoted(name)}}}}}'


def clear(sid: str) -> str:
    """Write the order to throw the queue away."""
    return f'{{"event":"clear","streamSid":{sid}}}'
