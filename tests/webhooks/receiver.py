"""Receivers of webhooks, on a port of their own."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import attrs
from aiohttp import web
from aiohttp.test_utils import TestServer

from kallglot.webhooks import signatures

__all__ = ["Receiver", "receiving"]


@attrs.define
class Got:
    """A request as it came."""

    headers: dict[str, str]
    body: bytes
    is_accepted: bool = False

    @property
    def event(self) -> dict:
        return json.loads(self.body)

    @property
    def delivery_id(self) -> str:
        return self.headers["Kallglot-Webhook-Id"]

    @property
    def retry_count(self) -> int:
        return int(self.headers["Kallglot-Retry-Count"])


class Receiver:
    """Checks signatures, answers as it is told to, and remembers everything."""

    def __init__(self) -> None:
        self.url, self.port = "", 0
        self.secret = ""
        self.got: list[Got] = []
        self.underway = self.most_underway = 0
        self.answer: Callable[[Got], int | web.StreamResponse | Awaitable] = lambda _: 200
        self._changed = asyncio.Event()

    @property
    def accepted(self) -> list[Got]:
        return [got for got in self.got if got.is_accepted]

    def by_session(self) -> dict[str, list[str]]:
        """The ids of the events that were accepted, in order."""
        told = defaultdict(list)
        for got in self.accepted:
            told[got.event["data"]["session_id"]].append(got.event["id"])
        return told

    async def until(self, is_enough: Callable[[], bool], within: float = 10.0) -> None:
        async with asyncio.timeout(within):
            while not is_enough():
                self._changed.clear()
                await self._changed.wait()

    async def receive(self, request: web.Request) -> web.StreamResponse:
        got = Got(dict(request.headers), await request.read())
        if self.secret:
            header = got.headers[signatures.HEADER]
            signatures.verify(got.body, header, self.secret, time.time(), 5.0)
        self.got.append(got)
        self.underway += 1
        self.most_underway = max(self.most_underway, self.underway)
        try:
            answer = self.answer(got)
            if isinstance(answer, Awaitable) and not isinstance(answer, web.StreamResponse):
                answer = await answer
        finally:
            self.underway -= 1
            self._changed.set()
        if isinstance(answer, web.StreamResponse):
            return answer
        got.is_accepted = 200 <= answer < 300
        return web.Response(status=answer, text="OK")


@asynccontextmanager
async def receiving(shown: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.receive)
    server = TestServer(app, scheme="http" if shown is None else "https")
    await server.start_server(ssl=shown)
    try:
        receiver.url, receiver.port = str(server.make_url("/hook")), server.port
        yield receiver
    finally:
        await server.close()
