"""Both ends of a connection, for tests that look at the one between them."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import attrs
from aiohttp import web

from kallglot.api.link import WebSocketLink, upgrade

__all__ = ["REQUEST", "Ear", "House", "Raw", "eventually", "fill", "gone", "small_pockets"]

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
#: The proof that belongs to that key, RFC 6455 section 1.3.
PROOF = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@attrs.define
class House:
    """A server that hands out its links, and keeps each until it is done with."""

    runner: web.AppRunner
    port: int = 0
    links: asyncio.Queue[WebSocketLink] = attrs.field(factory=asyncio.Queue)
    done: asyncio.Event = attrs.field(factory=asyncio.Event)
    callers: list[asyncio.StreamWriter] = attrs.field(factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        response, link = await upgrade(request)
        try:
            self.links.put_nowait(link)
            await self.done.wait()
        finally:
            await link.close(1000, "")
        return response

    async def calls(self, behind: bytes = b"") -> Raw:
        """Connect with bare hands; `behind` is sent in one piece with the request."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.callers.append(writer)
        writer.write(REQUEST + behind)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert PROOF in head
        return Raw(reader, writer, await self.links.get())

    @property
    def connections(self) -> int:
        return len(self.runner.server.connections)


@attrs.frozen
class Raw:
    """A client that knows how to misbehave, and the server's end of its connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    link: WebSocketLink

    async def hears(self, data: bytes) -> None:
        assert await asyncio.wait_for(self.reader.readexactly(len(data)), 2) == data

    async def hears_nothing_more(self) -> None:
        assert await asyncio.wait_for(self.reader.read(), 2) == b""


class Ear:
    """Takes what a link brings; `patience` is how many frames it takes before it is busy."""

    def __init__(self, patience: int = 1 << 30) -> None:
        self.heard: list[str | bytes | None] = []
        self.patience = patience

    def __call__(self, frame: str | bytes | None) -> bool:
        self.heard.append(frame)
        self.patience -= 1
        return self.patience > 0


async def gone(caller: asyncio.StreamWriter) -> None:
    caller.transport.abort()
    with contextlib.suppress(ConnectionError):
        await caller.wait_closed()


async def eventually(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


def small_pockets(caller: Raw) -> None:
    """Let little fit between the two ends."""
    for end, option in (
        (caller.link._transport, socket.SO_SNDBUF),
        (caller.writer, socket.SO_RCVBUF),
    ):
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, option, 4096)


async def fill(link: WebSocketLink) -> int:
    """Send until nothing more goes out; returns how many frames of 1000 bytes that took."""
    sent = 0
    while link.keeps_up:
        while link.keeps_up:
            link.send_now(b"x" * 1000)
            sent += 1
        await asyncio.sleep(0.01)
    return sent
