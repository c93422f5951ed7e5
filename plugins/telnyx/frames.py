"""What Telnyx's frames look like, one way and the other.

Only the fields that are read are named; others may come and go.  Numbers come as strings in some
places and as numbers in others; both are taken.  A frame of ours names no stream.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from kallglot.providers import Frame, Problem

__all__ = [
    "CLEAR",
    "LARGEST_PAYLOAD",
    "Connected",
    "Digit",
    "Format",
    "InStream",
    "Incoming",
    "Mark",
    "Media",
    "MediaBody",
    "ProviderError",
    "Start",
    "Stop",
    "decode",
    "is_telnyx",
    "mark",
    "media",
]

LARGEST_PAYLOAD: Final = 64 * 1024
#: The payload in base64, and room for everything around it.
LARGEST_FRAME: Final = LARGEST_PAYLOAD * 4 // 3 + 4096


# In.  `gc=False`, because they hold no cycles and come often.


class Format(Struct, frozen=True):
    """How the audio that comes in is written."""

    encoding: str = "PCMU"
    sample_rate: int = 8000
    channels: int = 1

    def __str__(self) -> str:
        return f"{self.encoding[:40]} at {self.sample_rate} Hz, {self.channels} channels"


class StartBody(Struct):
    call_control_id: str
    media_format: Format = Format()
    custom_parameters: Any = None
    customParameters: Any = None  # noqa: N815  neither is documented; TeXML may follow Twilio

    def parameters(self) -> dict[str, str]:
        """Return the custom parameters, wherever and in whichever shape they came."""
        return _pairs(self.customParameters) | _pairs(self.custom_parameters)


class MediaBody(Struct, gc=False):
    payload: bytes
    chunk: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    track: Literal["inbound", "outbound"] = "inbound"


class DigitBody(Struct, gc=False):
    digit: Annotated[str, msgspec.Meta(pattern="^[0-9A-D*#]$")]


class MarkBody(Struct, gc=False):
    name: str


class ErrorBody(Struct, frozen=True):
    code: int | str = 0
    title: str = ""


class Connected(Struct, tag_field="event", tag="connected", gc=False):
    """The first frame; it says nothing."""


class Start(Struct, tag_field="event", tag="start"):
    """Which call this is, and what will be heard."""

    start: StartBody
    stream_id: str


class Media(Struct, tag_field="event", tag="media", gc=False):
    """20 ms of one track, not always in order."""

    media: MediaBody
    stream_id: str


class Digit(Struct, tag_field="event", tag="dtmf", gc=False):
    """A key was pressed; a webhook says so too."""

    dtmf: DigitBody
    stream_id: str


class Mark(Struct, tag_field="event", tag="mark", gc=False):
    """What was queued before a mark of ours has been played, or cleared."""

    mark: MarkBody
    stream_id: str


class Stop(Struct, tag_field="event", tag="stop", gc=False):
    """The stream is over; audio may still come."""

    stream_id: str


class ProviderError(Struct, tag_field="event", tag="error", gc=False):
    """Telnyx could not use a frame of ours."""

    payload: ErrorBody = ErrorBody()


InStream: TypeAlias = Media | Mark | Digit | Stop
Incoming: TypeAlias = Connected | Start | ProviderError | InStream

KINDS: Final = frozenset({"connected", "start", "media", "dtmf", "mark", "stop", "error"})

_decode: Callable[[str], Incoming] = msgspec.json.Decoder(Incoming, strict=False).decode


class _First(Struct):
    event: str = ""
    stream_id: str = ""
    protocol: str = ""
    connected: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_first = msgspec.json.Decoder(_First).decode


def decode(frame: Frame) -> Incoming | Problem:
    """Read a frame, or say why that cannot be done."""
    if isinstance(frame, bytes):
        return Problem("invalid_frame", "Telnyx sends text, and this frame is binary")
    if len(frame) > LARGEST_FRAME:
        return Problem("frame_too_large", f"the frame has {len(frame)} characters")
    try:
        return _decode(frame)
    except (ValueError, RecursionError) as error:
        event = _first(frame).event
        if event and event not in KINDS:
            return Problem("unknown_frame", f"no event is called {event[:40]!r}")
        return Problem("invalid_frame", str(error)[:200])


def is_telnyx(first: Frame) -> bool:
    """Tell from a stream's first frame whether it is Telnyx that speaks.

    Its `connected` names no protocol, or names it and repeats the token of the upgrade.
    """
    frame = _first(first)
    match frame.event:
        case "connected":
            return frame.protocol == "" or frame.connected is not msgspec.UNSET
        case "start":
            return frame.stream_id != ""
        case _:
            return False


def _first(frame: Frame) -> _First:
    if isinstance(frame, bytes) or len(frame) > LARGEST_FRAME:
        return _First()
    try:
        return _decode_first(frame)
    except (ValueError, RecursionError):
        return _First()


def _pairs(given: object) -> dict[str, str]:
    match given:
        case dict():
            pairs = list(given.items())
        case list():
            pairs = [(each.get("name"), each.get("value")) for each in given if type(each) is dict]
        case _:
            pairs = []
    return {name: value for name, value in pairs if type(name) is str and type(value) is str}


# Out.  Base64 needs no escaping.

#: The order to throw the queue away.
CLEAR: Final = '{"event":"clear"}'


def media(encoded: bytes) -> str:
    """Write audio to be played after all that was sent before."""
    payload = b2a_base64(encoded, newline=False).decode("ascii")
    return f'{{"event":"media","media":{{"payload":"{payload}"}}}}'


def mark(name: str) -> str:
    """Write a mark, to be returned when all that was sent before has been heard."""
    return f'{{"event":"mark","mark":{{"name":{msgspec.json.encode(name).decode()}}}}}'
