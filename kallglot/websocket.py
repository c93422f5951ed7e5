"""The WebSocket protocol as a server speaks it, RFC 6455: bytes in, events out, and back.

No socket, no clock.  Extensions are not offered, so none are known.

Frames that carry telephone audio are text of some 250 bytes, and nearly always one comes whole in
one chunk: `Incoming.receive` looks for that first.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, TypeAlias

import attrs
import numpy as np

__all__ = [
    "LONGEST_REASON",
    "NO_CODE",
    "Close",
    "Event",
    "Incoming",
    "Ping",
    "Pong",
    "Violation",
    "binary",
    "close",
    "ping",
    "pong",
    "text",
]

#: Bytes that may stand in a close frame besides the code, section 5.5.
LONGEST_REASON: Final = 123

#: What stands for the code of a close frame that has none; never sent, section 7.4.1.
NO_CODE: Final = 1005

_PROTOCOL_ERROR: Final = 1002
_NOT_UTF_8: Final = 1007
_TOO_LARGE: Final = 1009

_CONTINUATION, _TEXT, _BINARY = 0x0, 0x1, 0x2
_CLOSE, _PING, _PONG = 0x8, 0x9, 0xA
_FINAL = 0x80
_RESERVED = 0x70
_MASKED = 0x80

#: The first byte of a text frame that is a whole message.
_WHOLE_TEXT = _FINAL | _TEXT

#: Bytes in the largest control frame, and in the largest frame whose length needs no more bytes.
_SHORT = 125

_SHORT_HEAD = Struct("!BB").pack
_LONG_HEAD = Struct("!BBH").pack
_LONGEST_HEAD = Struct("!BBQ").pack

#: Bytes from which on numpy unmasks faster than Python's integers: measured, 250 bytes take
#: 0.9 µs as an integer, 1.4 in numpy and as much by `bytes.translate`; 3000 take 6.3, 1.5 and 4.1.
_LARGE = 500


@attrs.frozen
class Ping:
    """The far end wants a pong with the same payload."""

    payload: bytes = b""


@attrs.frozen
class Pong:
    """The far end is there."""

    payload: bytes = b""


@attrs.frozen
class Close:
    """The far end sends no more; it wants the same answer.  `code` is `NO_CODE` if it gave none."""

    code: int = NO_CODE
    reason: str = ""


@attrs.frozen
class Violation:
    """The far end has broken the protocol: close with `code`.  What it sends now is not read."""

    code: int
    why: str


#: Text and binary messages are themselves.
Event: TypeAlias = str | bytes | Ping | Pong | Close | Violation


class _Broken(Exception):
    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.violation = Violation(code, why)


@attrs.frozen
class _Head:
    """What stands before a payload, which is `start` bytes further on."""

    opcode: int
    is_final: bool
    start: int
    size: int


class Incoming:
    """What a client sends; `largest` is how many bytes a message may have, over all its frames.

    Keeps no more than a message and a chunk.  The same bytes give the same events, however they
    are cut into chunks.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._quick = min(largest + 1, _LARGE)
        self._is_over = False
        self._rest = bytearray()  # the beginning of a frame
        self._wanted = 0  # the bytes that it must have before it is worth looking at
        self._opcode: int | None = None  # of the message whose fragments are being gathered
        self._message = bytearray()

    def receive(self, data: bytes) -> list[Event]:
        """Take the next bytes.  Never raises: whatever is wrong becomes a `Violation`."""
        # The frame that comes 49 times out of 50; `_all_of` would come to the same.
        if len(data) > 8 and data[0] == _WHOLE_TEXT and not self._rest and self._opcode is None:
            size, start = data[1] - _MASKED, 6  # below 0 without a mask
            if size == 126:
                size, start = data[2] << 8 | data[3], 8
            elif size == 127:
                size = self._quick
            if len(data) == start + size and size < self._quick and not self._is_over:
                pattern = (data[start - 4 : start] * (size // 4 + 1))[:size]
                masked = int.from_bytes(data[start:], "little")
                plain = masked ^ int.from_bytes(pattern, "little")
                try:
                    return [plain.to_bytes(size, "little").decode()]
                except UnicodeDecodeError:
                    pass
        return self._all_of(data)

    def _all_of(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        if self._is_over:
            return events
        if self._rest:
            self._rest += data
            if len(self._rest) < self._wanted:
                return events
            data, self._rest = bytes(self._rest), bytearray()
        at = 0
        try:
            while not self._is_over and (head := self._head(data, at)) is not None:
                start = at + head.start
                at = start + head.size
                event = self._frame(head, _unmasked(data[start:at], data[start - 4 : start]))
                if event is not None:
                    events.append(event)
        except _Broken as broken:
            events.append(broken.violation)
            self._is_over = True
        if self._is_over:
            self._message.clear()
        else:
            self._rest += data[at:]
        return events

    def _head(self, data: bytes, at: int) -> _Head | None:
        """Return the head of the frame at `at`, or None unless the whole frame is there."""
        there = len(data) - at
        if there < 2:
            self._wanted = 2
            return None
        first, second = data[at], data[at + 1]
        opcode, size = first & 0xF, second & ~_MASKED
        self._check(first, second)
        start = 6 if size <= _SHORT else 8 if size == 126 else 14
        if there < start:
            self._wanted = start
            return None
        if size > _SHORT:
            size = int.from_bytes(data[at + 2 : at + start - 4])
            if size >> 63:
                raise _Broken(_PROTOCOL_ERROR, "a length with its highest bit set")
        if opcode < _CLOSE and size + len(self._message) > self._largest:
            raise _Broken(_TOO_LARGE, f"a message of more than {self._largest} bytes")
        if there < start + size:
            self._wanted = start + size
            return None
        return _Head(opcode, bool(first & _FINAL), start, size)

    def _check(self, first: int, second: int) -> None:
        """Refuse what is wrong with the first two bytes of a frame, section 5.2."""
        opcode = first & 0xF
        if first & _RESERVED:
            raise _Broken(_PROTOCOL_ERROR, "a reserved bit is set, and no extension agreed on")
        if not second & _MASKED:
            raise _Broken(_PROTOCOL_ERROR, "a frame is not masked")
        if opcode >= _CLOSE:
            if opcode > _PONG:
                raise _Broken(_PROTOCOL_ERROR, f"opcode {opcode} means nothing")
            if not first & _FINAL or second & ~_MASKED > _SHORT:
                raise _Broken(_PROTOCOL_ERROR, "a control frame is too large, or a fragment")
        elif opcode > _BINARY:
            raise _Broken(_PROTOCOL_ERROR, f"opcode {opcode} means nothing")
        elif (opcode == _CONTINUATION) is (self._opcode is None):
            raise _Broken(_PROTOCOL_ERROR, "fragments of a message are missing")

    def _frame(self, head: _Head, payload: bytes) -> Event | None:
        """Return what a frame completes, if it does."""
        if head.opcode == _PING:
            return Ping(payload)
        if head.opcode == _PONG:
            return Pong(payload)
        if head.opcode == _CLOSE:
            self._is_over = True
            return _closed(payload)
        opcode = self._opcode = head.opcode if self._opcode is None else self._opcode
        self._message += payload
        if not head.is_final:
            return None
        whole = bytes(self._message)
        self._message.clear()
        self._opcode = None
        return _message(opcode, whole)


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    """Return the payload without its mask, section 5.3."""
    size = len(payload)
    if size < _LARGE:
        pattern = (mask * (size // 4 + 1))[:size]
        plain = int.from_bytes(payload, "little") ^ int.from_bytes(pattern, "little")
        return plain.to_bytes(size, "little")
    words = np.frombuffer(payload + bytes(-size % 4), np.uint32)
    return (words ^ np.frombuffer(mask, np.uint32)).tobytes()[:size]


def _message(opcode: int, payload: bytes) -> str | bytes:
    return payload if opcode == _BINARY else _decoded(payload)


def _decoded(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise _Broken(_NOT_UTF_8, "text that is not UTF-8") from None


def _closed(payload: bytes) -> Close:
    if not payload:
        return Close()
    code = int.from_bytes(payload[:2])
    if len(payload) < 2 or not _may_be_sent(code):
        raise _Broken(_PROTOCOL_ERROR, f"close code {code}")
    return Close(code, _decoded(payload[2:]))


def _may_be_sent(code: int) -> bool:
    """Tell whether a code may stand in a close frame, section 7.4 and its registry at IANA."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


def text(message: str) -> bytes:
    return _framed(_WHOLE_TEXT, message.encode())


def binary(message: bytes) -> bytes:
    return _framed(_FINAL | _BINARY, message)


def ping(payload: bytes = b"") -> bytes:
    return _framed(_FINAL | _PING, payload)


def pong(payload: bytes = b"") -> bytes:
    return _framed(_FINAL | _PONG, payload)


def close(code: int = NO_CODE, reason: str = "") -> bytes:
    """Encode a close frame; a reason that is too long is cut between two characters."""
    if code == NO_CODE:
        return _framed(_FINAL | _CLOSE, b"")
    cut = reason.encode()[:LONGEST_REASON].decode(errors="ignore")
    return _framed(_FINAL | _CLOSE, code.to_bytes(2) + cut.encode())


def _framed(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size <= _SHORT:
        return _SHORT_HEAD(first, size) + payload
    if size < 1 << 16:
        return _LONG_HEAD(first, 126, size) + payload
    return _LONGEST_HEAD(first, 127, size) + payload
