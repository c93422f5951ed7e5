"""Frames over a socket: on the event loop of the media process, and in the threads of a host."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import cast

from kallglot.errors import EngineError
from kallglot.speech import wire
from kallglot.speech.wire import FromHost, ToHost

__all__ = ["HostPipe", "Pipe", "pair"]

#: Room for some ticks of sound of hundreds of calls, so that a write is one system call.
_BUFFER = 1 << 20
_READ = 1 << 18


def pair() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a new pipe."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            end.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
    return ours, theirs


class Pipe(asyncio.Protocol):
    """The media process's end."""

    def __init__(self, receive: Callable[[FromHost], None]) -> None:
        self._receive = receive
        self._reader = wire.from_host()
        self._transport: asyncio.Transport | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._reader.receive(data)
        except EngineError:
            self.close()
            return
        for message in messages:
            self._receive(message)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    def send(self, message: ToHost) -> None:
        assert self._transport is not None
        self._transport.write(wire.encode(message))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class HostPipe:
    """The host's end: one thread reads, any may send."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._reader = wire.to_host()
        self._sending = threading.Lock()

    def messages(self) -> Iterator[ToHost]:
        """Yield what arrives until the other side is gone."""
        while data := self._recv():
            yield from self._reader.receive(data)

    def send(self, message: FromHost) -> None:
        """Send, unless nobody is left to send to."""
        frame = wire.encode(message)
        with self._sending:
            try:
                self._end.sendall(frame)
            except OSError:
                self.hang_up()

    def hang_up(self) -> None:
        """Let `messages` come to an end."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)

    def _recv(self) -> bytes:
        try:
            return self._end.recv(_READ)
        except OSError:
            return b""
