"""A WebSocket as a leg sees it.

aiohttp answers the upgrade, and then the connection is taken out of its hands: its way of a frame,
over a queue, a future and a task, costs more than a frame of audio needs in all.  Its server goes
on knowing the connection, so as to close it when it stops itself.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web

from kallglot import websocket
from kallglot.errors import InvalidRequest
from kallglot.providers import Frame
from kallglot.websocket import Close, Ping, Pong, Violation

__all__ = ["LARGEST", "WebSocketLink", "upgrade"]

#: Bytes in the largest frame that is read; a larger one closes the connection with 1009.
LARGEST = 1 << 20

#: Seconds of silence after which a far end is pinged; after as many again it is gone.
HEARTBEAT = 10.0

#: Seconds that the far end is given to answer our goodbye, and to take what was sent before it.
GOODBYE = 3.0

#: Bytes that may wait to be sent before we wait for the far end.
ROOM = 8 * 1024

#: Frames that are passed on before others may run: a chunk may bring tens of thousands.
BATCH = 64

#: What proves that the upgrade was understood, RFC 6455 section 1.3.
_PROOF = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def upgrade(request: web.Request) -> tuple[web.StreamResponse, WebSocketLink]:
    """Answer an upgrade; what comes over the connection from now on is the link's.

    Raises:
        InvalidRequest: this is no upgrade to a WebSocket.
        ConnectionError: the connection is gone.
    """
    if not web.WebSocketResponse(compress=False).can_prepare(request):
        raise InvalidRequest("this is a WebSocket; connect with ws:// or wss://")
    key = request.headers["Sec-WebSocket-Key"]
    proof = hashlib.sha1((key + _PROOF).encode(), usedforsecurity=False).digest()
    headers = {
        "Upgrade": "websocket",
        "Connection": "upgrade",
        "Sec-WebSocket-Accept": base64.b64encode(proof).decode(),
    }
    response = web.StreamResponse(status=101, headers=headers)
    response.force_close()  # no other request comes over this connection
    await response.prepare(request)
    if request.transport is None:
        raise ConnectionResetError("gone during the upgrade")
    behind = _Behind()
    http = request.protocol
    http.keep_alive(val=False)
    http.set_parser(cast("Any", behind))
    return response, WebSocketLink(request.transport, http, bytes(behind))


class _Behind(bytearray):
    """What came right behind the request; takes the place of aiohttp's own parser of frames."""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self += data
        return False, b""

    def feed_eof(self) -> None:
        pass


class WebSocketLink(asyncio.Protocol):
    """Frames in and out of a connection that has been upgraded.

    `http` is who had the connection before and is told when it is lost, `behind` what came behind
    the request.  While frames wait for whoever takes them, no more are read.
    """

    def __init__(
        self, transport: asyncio.Transport, http: asyncio.BaseProtocol, behind: bytes
    ) -> None:
        self._transport = transport
        self._http = http
        self._incoming = websocket.Incoming(LARGEST)
        self._waiting: deque[Frame] = deque()
        self._hear: Callable[[Frame | None], bool] = _nobody
        self._is_free = False  # whether `_hear` may be called
        self._is_open = True  # until either end has said goodbye, or the connection is lost
        self._is_paused = False
        self._came = asyncio.Event()  # a frame, or the end
        self._room = asyncio.Event()
        self._room.set()
        self._pong: bytes | None = None  # the answer that waits for room
        self._gone = asyncio.Event()
        self._silent_beats = 0
        self._heart: asyncio.TimerHandle | None = None
        transport.set_protocol(self)
        transport.set_write_buffer_limits(ROOM)
        self._beat()
        if behind:
            self.data_received(behind)

    # In.

    async def speaks_within(self, seconds: float) -> bool:
        """Tell whether a frame comes, or the connection goes, within that time."""
        try:
            async with asyncio.timeout(seconds):
                await self._came.wait()
        except TimeoutError:
            return False
        return True

    async def receive(self) -> Frame | None:
        """Return the next frame, or None when the connection is gone; until somebody listens."""
        await self._came.wait()
        if not self._waiting:
            return None
        frame = self._waiting.popleft()
        self._look_after_waiting()
        return frame

    def listen(self, hear: Callable[[Frame | None], bool]) -> None:
        """Call `hear` with each frame as it comes, and with None when the connection is gone.

        When it returns False it is not called again before `go_on`.
        """
        self._hear = hear
        self.go_on()

    def go_on(self) -> None:
        """Pass on the next frame, as soon as there is one."""
        self._is_free = True
        self._pass_on()

    def data_received(self, data: bytes) -> None:
        self._silent_beats = 0
        events = self._incoming.receive(data)
        if self._is_free and not self._waiting and len(events) == 1 and type(events[0]) is str:
            self._is_free = self._hear(events[0])  # 49 times out of 50
            return
        for event in events:
            match event:
                case str() | bytes():
                    if self._is_open:
                        self._waiting.append(event)
                case Ping(payload):
                    self._answer(payload)
                case Pong():
                    pass
                case Close(code):
                    if self._is_open:
                        self._write(websocket.close(code))
                    self._end()
                    self._transport.close()
                case Violation(code):
                    # Not closed at once: what is still to be read would have the network throw
                    # away our goodbye.  `close` waits for a while until the far end has gone.
                    if self._is_open:
                        self._write(websocket.close(code))
                    self._end()
        self._pass_on()

    def _pass_on(self) -> None:
        batch = BATCH
        while self._waiting and self._is_free and batch:
            self._is_free = self._hear(self._waiting.popleft())
            batch -= 1
        if self._waiting and self._is_free:
            asyncio.get_running_loop().call_soon(self._pass_on)
        elif self._is_free and not self._is_open:
            self._is_free = False
            self._hear(None)
        if self._waiting or self._is_paused or not self._is_open:
            self._look_after_waiting()

    def _look_after_waiting(self) -> None:
        """Read on if nothing waits, and else do not."""
        if self._waiting or not self._is_open:
            self._came.set()
        else:
            self._came.clear()
        if bool(self._waiting) is not self._is_paused and not self._transport.is_closing():
            self._is_paused = bool(self._waiting)
            if self._is_paused:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    # Out.

    @property
    def keeps_up(self) -> bool:
        """Whether the far end takes what it is sent."""
        return self._room.is_set()

    async def send(self, frame: Frame) -> None:
        """Send a frame when there is room; raises `ConnectionError` when the connection is gone."""
        await self._room.wait()
        self.send_now(frame)

    def send_now(self, frame: Frame) -> None:
        """Send a frame without waiting; raises `ConnectionError` when the connection is gone."""
        if not self._is_open or self._transport.is_closing():
            raise ConnectionResetError("the stream is closed")
        self._transport.write(
            websocket.text(frame) if isinstance(frame, str) else websocket.binary(frame)
        )

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye, if nobody has, and return when the connection is gone."""
        self._is_free = False
        self._waiting.clear()
        if self._is_open:
            self._write(websocket.close(code, reason))
            self._end()
        self._look_after_waiting()
        try:
            async with asyncio.timeout(GOODBYE):
                await self._gone.wait()
        except TimeoutError:
            pass
        finally:
            if not self._gone.is_set():
                self._transport.abort()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()
        if self._pong is not None:
            self._answer(self._pong)

    def _answer(self, payload: bytes) -> None:
        """Answer a ping; where there is no room, the last one alone, as section 5.5.3 allows."""
        self._pong = payload
        if self._room.is_set() and self._is_open:
            self._pong = None
            self._write(websocket.pong(payload))

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    # The connection.

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set()
        self._end()
        self._http.connection_lost(exc)
        self._pass_on()

    def _end(self) -> None:
        self._is_open = False
        self._room.set()  # who waits for it is told that it is too late
        if self._heart is not None:
            self._heart.cancel()
            self._heart = None

    def _beat(self) -> None:
        """Ping a far end that has been silent, and give up one that does not answer even that.

        It looks up now and then; to put a timer off with each frame would cost as much as a hop
        between two actors, fifty times a second.
        """
        if self._silent_beats > 1:
            self._transport.abort()
            return
        if self._silent_beats:
            self._write(websocket.ping())
        self._silent_beats += 1
        self._heart = asyncio.get_running_loop().call_later(HEARTBEAT, self._beat)


def _nobody(_frame: Frame | None) -> bool:
    return False
