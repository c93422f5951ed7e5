"""A host on another machine, where `kallglot.speech.host mind --listen HOST:PORT` runs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs

from kallglot.errors import EngineError
from kallglot.speech.handshake import GREETING_BYTES, VERDICT_BYTES, Caller, Role
from kallglot.speech.pipe import Pipe
from kallglot.speech.wire import FromHost

__all__ = ["Address"]

#: Seconds within which the host must have been reached and have been made sure of.
WITHIN = 5.0


@attrs.frozen
class Address:
    """Where the host listens, and the secret that it shares with us."""

    role: Role
    host: str
    port: int
    secret: bytes = attrs.field(repr=False)
    within: float = WITHIN

    @property
    def name(self) -> str:
        return f"{self.role} at {self.host}:{self.port}"

    @asynccontextmanager
    async def connected(self, receive: Callable[[FromHost], None]) -> AsyncIterator[Pipe]:
        """Call the host; see `kallglot.speech.child.Reach`."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.within):
                end = await self._call()
        except TimeoutError:
            raise EngineError(f"does not answer within {self.within:g} s") from None
        except OSError as error:
            raise EngineError(f"cannot be reached: {error}") from error
        link = Pipe(receive)
        await loop.create_connection(lambda: link, sock=end)
        try:
            yield link
        finally:
            link.close()
        raise EngineError("has closed the connection, or the network has")

    async def _call(self) -> socket.socket:
        """Return a connection to a host that has proved itself."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, place = found[0]
        end = socket.socket(family, kind, protocol)
        try:
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(end, place)
            caller = Caller(self.secret, self.role)
            await loop.sock_sendall(end, caller.answer(await _read(end, GREETING_BYTES)))
            caller.check(await _read(end, VERDICT_BYTES))
        except BaseException:
            end.close()
            raise
        return end


async def _read(end: socket.socket, size: int) -> bytes:
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < size:
        piece = await loop.sock_recv(end, size - len(data))
        if not piece:
            raise EngineError("has hung up before it said who it is")
        data += piece
    return data
