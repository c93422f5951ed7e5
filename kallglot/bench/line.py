"""One telephone's connection to the server, as bytes in and bytes out.  No socket, no clock.

A WebSocket client made by hand, since a thousand of them must cost less than what they measure:
masked with zeros, which is as good as any mask on loopback, and text only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias
from urllib.parse import urlencode

import msgspec

from kallglot.bench import stamps

__all__ = ["Dialect", "Frames", "Line", "Plan"]

Dialect: TypeAlias = Literal["twilio", "native"]

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_PAYLOAD = b'"payload":"'


class Plan(msgspec.Struct, frozen=True):
    """Where a telephone calls, as whom, and at which block of the tape it begins.

    With `is_logged` the line remembers when it said each block.
    """

    session_id: str
    token: str
    participant: str
    dialect: Dialect
    begins: int
    is_logged: bool = False


class Frames:
    """The server's side of a WebSocket, put together from whatever pieces it arrives in."""

    def __init__(self) -> None:
        self._buffer = b""

    def receive(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take bytes, return opcodes and payloads."""
        data = self._buffer + data if self._buffer else data
        frames: list[tuple[int, bytes]] = []
        at = 0
        while (head := _head(data, at)) is not None:
            start, end = head
            if end > len(data):
                break
            frames.append((data[at] & 15, data[start:end]))
            at = end
        self._buffer = data[at:]
        return frames


def _head(data: bytes, at: int) -> tuple[int, int] | None:
    """Return where a frame's payload starts and ends, or None if that is not known yet."""
    if len(data) < at + 2:
        return None
    size, start = data[at + 1], at + 2
    if size >= 126:
        start += 2 if size == 126 else 8
        if len(data) < start:
            return None
        size = int.from_bytes(data[at + 2 : start], "big")
    return start, start + size


def framed(payload: bytes, opcode: int = _TEXT) -> bytes:
    """Return a frame as a client sends it."""
    size = len(payload)
    head = bytes([0x80 | opcode, 0x80 | min(size, 126)])
    length = size.to_bytes(2, "big") if size >= 126 else b""
    return head + length + bytes(4) + payload


class Line:
    """One connection: first the upgrade, then a block of the tape every 20 ms.

    `ages` are those of the blocks heard, in microseconds, None where one has no stamp; `cleared`
    is when the server took back what it had sent, and `said` when each block was said.
    """

    def __init__(self, plan: Plan, tape: Sequence[bytes]) -> None:
        self.plan = plan
        self.ages: list[int | None] = []
        self.cleared: list[int] = []
        self.said: list[int] = []
        self.is_open = False
        self.is_closed = False
        self.answer = b""
        self._tape = tape
        self._at = plan.begins
        self._count = 0
        self._frames = Frames()
        self._greeting = b""
        self._sid = f"MZ{plan.session_id}{plan.participant}".encode()
        if plan.dialect == "twilio":
            self._form = (
                b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d",'
                b'"timestamp":"%d","payload":"%b%b"},"streamSid":"' + self._sid + b'"}'
            )
        else:
            self._form = (
                b'{"type":"audio.input","sequence":%d,"timestamp_ms":%d,"speaker":"'
                + plan.participant.encode()
                + b'","audio":{"encoding":"mulaw","sample_rate_hz":8000,"payload":"%b%b"}}'
            )

    def upgrade(self, host: str) -> bytes:
        """Return the request to open a WebSocket."""
        query = ""
        if self.plan.dialect == "native":
            who = {"token": self.plan.token, "speaker": self.plan.participant}
            query = "?" + urlencode(who | {"participant": self.plan.participant})
        return (
            f"GET /v1/sessions/{self.plan.session_id}/connect{query} HTTP/1.1\r\nHost: {host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()

    def start(self) -> bytes:
        """Return what is said before any sound."""
        if self.plan.dialect == "native":
            return b""
        start = {
            "callSid": f"CA{self._sid.decode()}",
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {
                "token": self.plan.token,
                "session_id": self.plan.session_id,
                "participant": self.plan.participant,
            },
        }
        connected = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
        started = {"event": "start", "start": start, "streamSid": self._sid.decode()}
        return b"".join(framed(msgspec.json.encode(one)) for one in (connected, started))

    def speak(self, microseconds: int) -> bytes:
        """Return the next 20 ms of the tape, stamped with the time."""
        rest = self._tape[self._at]
        self._at = self._at + 1 if self._at + 1 < len(self._tape) else 0
        self._count = count = self._count + 1
        if self.plan.is_logged:
            self.said.append(microseconds)
        stamp = stamps.stamp(microseconds)
        if self.plan.dialect == "twilio":
            return framed(self._form % (count, count, count * 20, stamp, rest))
        return framed(self._form % (count, count * 20, stamp, rest))

    def hear(self, data: bytes, microseconds: int) -> bytes:
        """Take what the server says and note it; return what must be answered."""
        if not self.is_open:
            self._greeting += data
            head, end, data = self._greeting.partition(b"\r\n\r\n")
            if not end:
                return b""
            if b" 101 " not in head[:16]:
                self.is_closed = True
                self.answer = head[:200]
                return b""
            self.is_open = True
        answer = b""
        for opcode, payload in self._frames.receive(data):
            if opcode == _TEXT:
                self._understand(payload, microseconds)
            elif opcode == _PING:
                answer += framed(payload, _PONG)
            elif opcode == _CLOSE:
                self.is_closed = True
                self.answer = payload
                answer += framed(payload, _CLOSE)
        return answer

    def _understand(self, text: bytes, microseconds: int) -> None:
        start = text.find(_PAYLOAD)
        if start >= 0:
            start += len(_PAYLOAD)
            self.ages += stamps.age(text[start : text.index(b'"', start)], microseconds)
        elif b'"clear"' in text or b'"audio.clear"' in text:
            self.cleared.append(microseconds)
