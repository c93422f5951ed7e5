"""What a telephone's side of a stream is: a codec without I/O, as the server's side is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol, TypeAlias

import attrs

from kallglot.providers import Frame

__all__ = [
    "FRAME",
    "Clear",
    "Complaint",
    "Dialled",
    "Mark",
    "Notice",
    "PhoneEvent",
    "PhoneWire",
    "Sound",
]

#: Seconds of sound in a frame of a telephone.
FRAME: Final = 0.02


@attrs.frozen
class Sound:
    """Audio to be played after what was sent before: 16-bit PCM at the wire's rate."""

    pcm: bytes = attrs.field(repr=False)
    utterance: str | None = None


@attrs.frozen
class Mark:
    """The server asks to be told when what it has sent so far has been played."""

    name: str


@attrs.frozen
class Clear:
    """The server takes back what has not been played yet."""


@attrs.frozen
class Notice:
    """A caption, a status or an error, as native clients receive them."""

    type: str
    fields: Mapping[str, object] = attrs.field(repr=False)


@attrs.frozen
class Complaint:
    """The server has sent something that this carrier would not take."""

    why: str


PhoneEvent: TypeAlias = Sound | Mark | Clear | Notice | Complaint


@attrs.frozen
class Dialled:
    """Where to connect, and with which headers."""

    url: str = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)


class PhoneWire(Protocol):
    """One telephone's side of a call.  No socket, no clock.

    A call may be carried by several connections, one after the other: `connect` begins each.
    """

    rate_hz: int

    def dial(self, url: str) -> Dialled:
        """Return what is to be connected to, when the API calls the stream `url`."""
        ...

    def connect(self) -> list[Frame]:
        """Begin a connection: say who calls."""
        ...

    def speak(self, pcm: bytes) -> Frame:
        """Encode the next 20 ms of what is said."""
        ...

    def lose(self) -> None:
        """Count 20 ms that were said and get lost on the way."""
        ...

    def played(self, mark: str) -> list[Frame]:
        """Tell that all has been played, or cleared, up to a mark."""
        ...

    def press(self, digit: str) -> list[Frame]:
        """Tell that a key was pressed."""
        ...

    def hang_up(self) -> list[Frame]:
        """Say goodbye."""
        ...

    def receive(self, frame: Frame) -> list[PhoneEvent]:
        """Take a frame from the server."""
        ...
