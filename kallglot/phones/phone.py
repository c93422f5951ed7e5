"""A telephone that is plugged in: a handset over a WebSocket, at the pace of a telephone."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeAlias

import aiohttp
import attrs

from kallglot.phones.handset import Handset, Received
from kallglot.phones.network import Network
from kallglot.phones.tape import Span
from kallglot.phones.wire import FRAME, PhoneWire
from kallglot.providers import Frame

__all__ = ["HungUp", "Phone"]

#: Seconds in which a server must answer the upgrade.
PATIENCE = 10.0


@attrs.frozen
class HungUp:
    """The connection is over; 1006 is the code of one that ended without a goodbye."""

    code: int
    reason: str = ""


@attrs.frozen
class _Unplugged:
    """There has been no connection yet."""


@attrs.frozen
class _Connected:
    socket: aiohttp.ClientWebSocketResponse
    tasks: tuple[asyncio.Task[None], ...]


_State: TypeAlias = _Unplugged | _Connected | HungUp


class Phone:
    """One telephone and the call it makes; leaving its context hangs up.

    `show` is told of every notice as it comes.
    """

    def __init__(
        self,
        client: aiohttp.ClientSession,
        url: str,
        wire: PhoneWire,
        *,
        network: Network | None = None,
        show: Callable[[Received], None] | None = None,
    ) -> None:
        self._client = client
        self._dialled = wire.dial(url)
        self._show = show
        self._state: _State = _Unplugged()
        self.rate_hz = wire.rate_hz
        #: By how many seconds a frame came too late at worst, because this machine was busy.
        self.latest = 0.0
        self.handset = Handset(wire, network)

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.hang_up()

    @property
    def is_connected(self) -> bool:
        return isinstance(self._state, _Connected)

    @property
    def hung_up(self) -> HungUp | None:
        """How the connection ended, if it has."""
        return self._state if isinstance(self._state, HungUp) else None

    async def connect(self, answered: asyncio.Event | None = None) -> None:
        """Call, or call again with the same token and the same call id.

        With `answered` there is a greeting at once, and nothing else until that is set.

        Raises:
            aiohttp.ClientError: the server is not there, or does not take the call.
            TimeoutError: it does not answer.
        """
        link = await self._dial()
        frames = self.handset.connect(_now())
        if answered is not None:
            await _send(link, frames[:1])
            frames = frames[1:]
            await _waited(link, answered)
        await _send(link, frames)
        tasks = (asyncio.create_task(self._tick(link)), asyncio.create_task(self._read(link)))
        self._state = _Connected(link, tasks)

    async def _dial(self) -> aiohttp.ClientWebSocketResponse:
        url, headers = self._dialled.url, dict(self._dialled.headers)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._client.ws_connect(url, headers=headers, max_msg_size=0)
        except TimeoutError:
            raise TimeoutError(f"the call was not answered within {PATIENCE:.0f} s") from None

    async def say(self, pcm: bytes) -> Span:
        """Say something, and return when it was said; shorter if the line goes dead."""
        count = len(self.handset.spoken) + 1
        self.handset.say(pcm)
        await self.until(lambda: len(self.handset.spoken) >= count)
        if len(self.handset.spoken) < count:
            self.handset.disconnect(_now())
        return self.handset.spoken[count - 1]

    async def until(self, claim: Callable[[], bool], within: float | None = None) -> bool:
        """Wait until something is true; give up after `within`, or when the line is dead."""
        deadline = None if within is None else _now() + within
        while not claim():
            self._check()
            if not self.is_connected or (deadline is not None and _now() >= deadline):
                return claim()
            await asyncio.sleep(FRAME)
        return True

    def _check(self) -> None:
        """Do not go on silently when a task of ours has crashed."""
        match self._state:
            case _Connected(tasks=tasks):
                for task in tasks:
                    if task.done() and not task.cancelled():
                        task.result()
            case _:
                pass

    async def hang_up(self) -> None:
        """Say goodbye and close the connection; does nothing if there is none."""
        match self._state:
            case _Connected(link, tasks):
                self._state = HungUp(1000)
                await _cancel(tasks)
                await _send(link, self.handset.hang_up())
                await link.close()
                self.handset.disconnect(_now())
            case _:
                pass

    async def drop(self) -> None:
        """Lose the connection without a goodbye, as when a cable is cut."""
        match self._state:
            case _Connected(link, tasks):
                self._state = HungUp(1006)
                await _cancel(tasks)
                _cut(link)
                self.handset.disconnect(_now())
                await link.close()
            case _:
                pass

    async def _tick(self, link: aiohttp.ClientWebSocketResponse) -> None:
        """Send a frame every 20 ms, counted from the first, so that delays do not add up."""
        began = _now()
        for count in itertools.count():
            at = began + count * FRAME
            await asyncio.sleep(at - _now())
            self.latest = max(self.latest, _now() - at)
            await _send(link, self.handset.tick(at))

    async def _read(self, link: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            message = await link.receive()
            match message.type:
                case aiohttp.WSMsgType.TEXT | aiohttp.WSMsgType.BINARY:
                    await self._take(link, message.data)
                case aiohttp.WSMsgType.CLOSE:
                    self._lose(HungUp(message.data or 1005, message.extra or ""))
                    return
                case _:
                    self._lose(HungUp(1006))
                    return

    async def _take(self, link: aiohttp.ClientWebSocketResponse, frame: Frame) -> None:
        known = len(self.handset.received)
        await _send(link, self.handset.receive(frame, _now()))
        for received in self.handset.received[known:]:
            if self._show is not None:
                self._show(received)

    def _lose(self, why: HungUp) -> None:
        """Note that the server has closed the connection."""
        match self._state:
            case _Connected(tasks=(ticker, _)):
                self._state = why
                ticker.cancel()
                self.handset.disconnect(_now())
            case _:
                pass


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _waited(link: aiohttp.ClientWebSocketResponse, answered: asyncio.Event) -> None:
    """Wait for an answer; a caller who gives up cuts the connection, without a goodbye."""
    try:
        await answered.wait()
    except asyncio.CancelledError:
        _cut(link)
        await link.close()
        raise


async def _send(link: aiohttp.ClientWebSocketResponse, frames: list[Frame]) -> None:
    """Send; a line that has gone dead is noticed by the reader."""
    with contextlib.suppress(ConnectionError, aiohttp.ClientError):
        for frame in frames:
            if isinstance(frame, str):
                await link.send_str(frame)
            else:
                await link.send_bytes(frame)


async def _cancel(tasks: tuple[asyncio.Task[None], ...]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _cut(link: aiohttp.ClientWebSocketResponse) -> None:
    """End the TCP connection under the WebSocket, so that no close frame can be sent."""
    connected = link.get_extra_info("socket")
    if connected is None:
        return
    with socket.socket(fileno=os.dup(connected.fileno())) as same, contextlib.suppress(OSError):
        same.shutdown(socket.SHUT_RDWR)
