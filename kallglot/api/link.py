"""A WebSocket as a leg sees it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from aiohttp import WSMsgType, web

from kallglot.providers import Frame

__all__ = ["LARGEST", "WebSocketLink"]

#: Bytes in the largest frame that is read; a larger one closes the connection with 1009.
LARGEST = 1 << 20

#: Seconds of silence after which a far end is pinged; after as many again it is gone.
HEARTBEAT = 10.0

#: Bytes that may wait to be sent before we wait for the far end: below aiohttp's own 16 KiB.
ROOM = 8 * 1024

#: What may stand in a close frame besides the code, RFC 6455 section 5.5.
_LONGEST_REASON = 123


class WebSocketLink:
    """Frames in and out of a socket that has been upgraded."""

    def __init__(self) -> None:
        self._socket = web.WebSocketResponse(max_msg_size=LARGEST, compress=False, autoping=False)
        self._coming: asyncio.Future[Frame | None] | None = None
        self._transport: asyncio.Transport | None = None
        self._heart: asyncio.TimerHandle | None = None
        self._silent_beats = 0

    @property
    def response(self) -> web.WebSocketResponse:
        return self._socket

    async def accept(self, request: web.Request) -> None:
        await self._socket.prepare(request)
        self._transport = request.transport
        self._beat()

    async def speaks_within(self, seconds: float) -> bool:
        """Tell whether a frame comes, or the connection goes, within that time."""
        self._coming = asyncio.ensure_future(self._receive())
        done, _ = await asyncio.wait({self._coming}, timeout=seconds)
        return bool(done)

    async def receive(self) -> Frame | None:
        """Return the next frame, or None when the connection is gone."""
        if self._coming is not None:
            coming, self._coming = self._coming, None
            return await coming
        return await self._receive()

    async def _receive(self) -> Frame | None:
        while True:
            message = await self._socket.receive()
            self._silent_beats = 0
            if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
                frame: Frame = message.data
                return frame
            if message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is not WSMsgType.PONG:
                self._stop_heart()
                return None

    def _beat(self) -> None:
        """Ping a far end that has been silent, and give up one that does not answer even that.

        aiohttp's own heartbeat is put off by each frame, which costs as much as a hop between two
        actors, fifty times a second; this one looks up now and then.
        """
        if self._transport is None:
            return
        if self._silent_beats > 1:
            self._transport.abort()
            return
        if self._silent_beats:
            with contextlib.suppress(ConnectionError):
                _finish(self._socket.send_frame(b"", WSMsgType.PING))
        self._silent_beats += 1
        self._heart = asyncio.get_running_loop().call_later(HEARTBEAT, self._beat)

    def _stop_heart(self) -> None:
        if self._heart is not None:
            self._heart.cancel()
            self._heart = None

    async def send(self, frame: Frame) -> None:
        """Send a frame; raises `ConnectionError` when the connection is gone."""
        if self._socket.closed:
            raise ConnectionResetError("the stream is closed")
        if isinstance(frame, str):
            await self._socket.send_str(frame)
        else:
            await self._socket.send_bytes(frame)

    @property
    def keeps_up(self) -> bool:
        """Whether the far end takes what it is sent."""
        return self._transport is not None and self._transport.get_write_buffer_size() < ROOM

    def send_now(self, frame: Frame) -> None:
        """Send a frame without waiting; raises `ConnectionError` when the connection is gone."""
        if self._socket.closed:
            raise ConnectionResetError("the stream is closed")
        if isinstance(frame, str):
            sending = self._socket.send_frame(frame.encode(), WSMsgType.TEXT)
        else:
            sending = self._socket.send_frame(frame, WSMsgType.BINARY)
        _finish(sending)

    async def close(self, code: int, reason: str) -> None:
        self._stop_heart()
        message = reason.encode()[:_LONGEST_REASON]
        await self._socket.close(code=code, message=message)


def _finish(sending: Coroutine[Any, Any, None]) -> None:
    """Have a frame written without a task, which is done before anything is waited for."""
    try:
        sending.send(None)
    except StopIteration:
        return
    sending.close()  # it would have waited for the far end
