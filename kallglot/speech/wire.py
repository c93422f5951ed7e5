"""What the media process and its speech hosts say to each other, as bytes in and bytes out.

Every frame is four bytes of length and a MessagePack array whose first element names the message.
No socket, no clock: `kallglot.speech.pipe` carries the frames between two processes, and nothing
here would object to a network in between.
"""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

import msgspec

from kallglot.errors import EngineError
from kallglot.speech.engines import (
    Chunk,
    EngineCard,
    Feed,
    Hypothesis,
    Opening,
    Recognition,
    SpeechRequest,
    TextRequest,
    Translation,
    VoiceRequest,
)
from kallglot.speech.load import Load

__all__ = [
    "VERSION",
    "Broken",
    "Cancel",
    "FailedBecause",
    "Forget",
    "FrameReader",
    "FromHost",
    "Hear",
    "Judged",
    "Listen",
    "Lost",
    "Open",
    "Ping",
    "Pong",
    "Progress",
    "Ready",
    "Recognise",
    "Recognised",
    "Spoken",
    "Synthesise",
    "ToHost",
    "Translate",
    "Translated",
    "Understood",
    "encode",
    "from_host",
    "to_host",
]

#: Raised with every change that the other side would not understand.
VERSION: Final = 2

_LENGTH: Final = 4
#: Far above anything we send; more means that the other side has lost the thread.
_LONGEST: Final = 64 * 1024 * 1024


class Message(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Base of the messages; its subclasses' names are their tags."""


class Hear(Message, frozen=True, array_like=True):
    """Whole frames of speech: `streams` holds pairs of unsigned 32-bit stream and frame count."""

    batch: int
    streams: bytes
    pcm: bytes


class Forget(Message, frozen=True, array_like=True):
    """A stream has ended."""

    stream: int


class Open(Message, frozen=True, array_like=True):
    """A turn begins, as a stream of that number.

    One that `is_suspect` has been part of what went wrong before, and is not to be worked on
    together with others.
    """

    stream: int
    opening: Opening
    is_suspect: bool = False


class Listen(Message, frozen=True, array_like=True):
    """A turn goes on."""

    feed: Feed


class Recognise(Message, frozen=True, array_like=True):
    """A request is to be answered `within` seconds; `is_suspect` is as in `Open`."""

    id: int
    within: float
    request: VoiceRequest
    is_suspect: bool = False


class Translate(Message, frozen=True, array_like=True):
    id: int
    within: float
    request: TextRequest
    is_suspect: bool = False


class Synthesise(Message, frozen=True, array_like=True):
    id: int
    within: float
    request: SpeechRequest
    is_suspect: bool = False


class Cancel(Message, frozen=True, array_like=True):
    """Nobody waits for the answer any more."""

    id: int


class Ping(Message, frozen=True, array_like=True):
    """Answer, so that I know you live."""


class Progress(Message, frozen=True, array_like=True):
    """What the host is doing before it is ready."""

    text: str


class Ready(Message, frozen=True, array_like=True):
    """The models are loaded; requests are welcome."""

    cards: dict[str, EngineCard]
    window: float
    pairs: frozenset[tuple[str, str]]


class Broken(Message, frozen=True, array_like=True):
    """The host cannot do its work, and says what would help."""

    reason: str
    is_model_missing: bool


class Judged(Message, frozen=True, array_like=True):
    """Probabilities for a `Hear`, 32-bit floats in the order of its frames."""

    batch: int
    probabilities: bytes


class Understood(Message, frozen=True, array_like=True):
    """What a turn is taken for after one or more of its feeds."""

    stream: int
    hypothesis: Hypothesis


class Lost(Message, frozen=True, array_like=True):
    """What was known of a turn is lost; the reason does not quote it."""

    stream: int
    reason: str


class Recognised(Message, frozen=True, array_like=True):
    id: int
    recognition: Recognition


class Translated(Message, frozen=True, array_like=True):
    id: int
    translation: Translation


class Spoken(Message, frozen=True, array_like=True):
    id: int
    chunk: Chunk


class FailedBecause(Message, frozen=True, array_like=True):
    """A request comes to nothing; the reason does not quote it."""

    id: int
    reason: str
    is_busy: bool


class Pong(Message, frozen=True, array_like=True):
    """I live, and this is what my engines have to do."""

    loads: dict[str, Load]


ToHost = Hear | Forget | Open | Listen | Recognise | Translate | Synthesise | Cancel | Ping
FromHost = (
    Progress
    | Ready
    | Broken
    | Judged
    | Understood
    | Lost
    | Recognised
    | Translated
    | Spoken
    | FailedBecause
    | Pong
)

M = TypeVar("M")

_encoder = msgspec.msgpack.Encoder()


def encode(message: ToHost | FromHost) -> bytearray:
    """Return the frame for a message."""
    frame = bytearray(_LENGTH)
    _encoder.encode_into(message, frame, _LENGTH)
    frame[:_LENGTH] = (len(frame) - _LENGTH).to_bytes(_LENGTH, "big")
    return frame


class FrameReader(Generic[M]):
    """Puts frames together from whatever pieces they arrive in."""

    def __init__(self, kinds: Any) -> None:
        self._decoder: msgspec.msgpack.Decoder[M] = msgspec.msgpack.Decoder(kinds)
        self._buffer = bytearray()

    def receive(self, data: bytes) -> list[M]:
        """Take bytes, return the messages that they complete."""
        buffer = self._buffer
        buffer += data
        messages: list[M] = []
        start = 0
        with memoryview(buffer) as view:
            while len(view) - start >= _LENGTH:
                length = int.from_bytes(view[start : start + _LENGTH], "big")
                if length > _LONGEST:
                    raise EngineError("a frame of impossible length between the speech processes")
                end = start + _LENGTH + length
                if len(view) < end:
                    break
                messages.append(self._decode(view[start + _LENGTH : end]))
                start = end
        del buffer[:start]
        return messages

    def _decode(self, frame: memoryview) -> M:
        try:
            return self._decoder.decode(frame)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            # Without its cause, which would quote what somebody said.
            raise EngineError("an unknown frame between the speech processes") from None
        finally:
            frame.release()


def to_host() -> FrameReader[ToHost]:
    """Return the host's reader."""
    return FrameReader(ToHost)


def from_host() -> FrameReader[FromHost]:
    """Return the media process's reader."""
    return FrameReader(FromHost)
