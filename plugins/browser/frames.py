"""What native clients send, in both generations of the protocol.

The newer one says `audio.input`, `ping` and `session.end`; the older one `audio`, `control` and
`end`.  Fields that are not named here are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from kallglot.providers import Frame
from plugins.browser.formats import Fault

__all__ = [
    "LARGEST_PAYLOAD",
    "Action",
    "Audio",
    "AudioInput",
    "Control",
    "End",
    "Incoming",
    "Ping",
    "SessionEnd",
    "decode",
    "is_native",
]

LARGEST_PAYLOAD: Final = 64 * 1024
#: The payload in base64, and room for everything around it.
LARGEST_FRAME: Final = LARGEST_PAYLOAD * 4 // 3 + 4096

Action: TypeAlias = Literal["mute", "unmute", "pause_transcription", "resume_transcription"]
Speaker: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Sound(Struct, gc=False):
    encoding: str
    sample_rate_hz: int
    payload: bytes


class AudioInput(Struct, tag_field="type", tag="audio.input", gc=False):
    """Audio, in the newer generation; it comes in order, whatever `sequence` says."""

    audio: Sound
    speaker: Speaker | None = None
    sequence: float | None = None
    timestamp_ms: float | None = None


class Audio(Struct, tag_field="type", tag="audio", gc=False):
    """Audio, in the older generation; with two channels, the agent is left."""

    data: bytes
    encoding: str = "pcm_16"
    sample_rate: int = 16000
    channels: int = 1
    speaker: Speaker | None = None


class Control(Struct, tag_field="type", tag="control", gc=False):
    """A switch, in the older generation."""

    action: Action


class Ping(Struct, tag_field="type", tag="ping", gc=False):
    """Are you there?"""


class SessionEnd(Struct, tag_field="type", tag="session.end", gc=False):
    """The call is over, in the newer generation."""


class End(Struct, tag_field="type", tag="end", gc=False):
    """The call is over, in the older generation."""


Incoming: TypeAlias = AudioInput | Audio | Control | Ping | SessionEnd | End

_decode: Callable[[str], Incoming] = msgspec.json.Decoder(Incoming).decode

#: msgspec says "Object missing required field `x` - at `$.a.b`", and either half alone.
_MISSING: Final = re.compile(r"missing required field `(\w+)`")
_PATH: Final = re.compile(r" - at `\$\.([\w.]+)`$")
FORMAT_FIELDS: Final = {"encoding", "sample_rate", "sample_rate_hz", "channels"}


class _First(Struct):
    type: str = ""
    event: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_first = msgspec.json.Decoder(_First).decode


def decode(frame: str) -> Incoming | Fault:
    """Read a text frame, or say what is wrong with it."""
    if len(frame) > LARGEST_FRAME:
        return Fault("frame_too_large", f"the frame has {len(frame)} characters")
    try:
        return _decode(frame)
    except RecursionError:
        return Fault("invalid_request", "the frame is nested too deeply")
    except ValueError as error:
        return _fault(str(error))


def is_native(first: Frame) -> bool:
    """Tell from a stream's first frame whether Kallglot's own protocol is spoken."""
    if isinstance(first, bytes):
        return True
    if len(first) > LARGEST_FRAME:
        return False
    try:
        frame = _decode_first(first)
    except (ValueError, RecursionError):
        return False
    return frame.type != "" and frame.event is msgspec.UNSET


def _fault(message: str) -> Fault:
    found = [place[1] for place in (_PATH.search(message), _MISSING.search(message)) if place]
    param = ".".join(found) or None
    is_format = bool(found) and found[-1].rpartition(".")[2] in FORMAT_FIELDS
    code = "invalid_audio_format" if is_format else "invalid_request"
    return Fault(code, message[:200], param)
