"""A WebSocket as a leg sees it."""

from __future__ import annotations

import asyncio

from aiohttp import WSMsgType, web

from kallglot.providers import Frame

__all__ = ["LARGEST", "WebSocketLink"]

#: Bytes in the largest frame that is read; a larger one closes the connection with 1009.
LARGEST = 1 << 20

#: Seconds between two pings; a far end that does not answer one is gone.
HEARTBEAT = 20.0

#: Bytes that may wait to be sent before we wait for the far end: below aiohttp's own 16 KiB.
ROOM = 8 * 1024

#: What may stand in a close frame besides the code, RFC 6455 section 5.5.
_LONGEST_REASON = 123


class WebSocketLink:
    """Frames in and out of a socket that has been upgraded."""

    def __init__(self) -> None:
        self._socket = web.WebSocketResponse(
            max_msg_size=LARGEST, compress=False, heartbeat=HEARTBEAT
        )
        self._coming: asyncio.Future[Frame | None] | None = None
        self._transport: asyncio.Transport | None = None

    @property
    def response(self) -> web.WebSocketResponse:
        return self._socket

    async def accept(self, request: web.Request) -> None:
        await self._socket.prepare(request)
        self._transport = request.transport

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
        message = await self._socket.receive()
        if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
            frame: Frame = message.data
            return frame
        return None

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
        try:
            sending.send(None)
        except StopIteration:
            return
        sending.close()  # it has written the frame, and would have waited for the far end

    async def close(self, code: int, reason: str) -> None:
        message = reason.encode()[:_LONGEST_REASON]
        await self._socket.close(code=code, message=message)
