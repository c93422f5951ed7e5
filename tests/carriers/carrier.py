"""A carrier's REST API on a port of its own, which answers as it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import attrs
from aiohttp import web
from aiohttp.test_utils import TestServer

from kallglot.carriers.line import CarrierLine, Conduct
from kallglot.carriers.retrying import Insistence

QUICK = Insistence(shortest=0.001, longest=0.05)


@attrs.frozen
class Got:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@attrs.frozen
class Reply:
    """An answer; `None` hangs up without one, and a delay lets the asker give up."""

    status: int = 200
    body: str = "{}"
    headers: dict[str, str] = attrs.field(factory=dict)
    delay: float = 0.0


class FakeCarrier:
    """Answers the requests one after the other, with the last answer time and again."""

    def __init__(self, replies: list[Reply | None]) -> None:
        self.replies = replies
        self.got: list[Got] = []
        self.origin = ""
        self.underway = self.most_underway = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.got.append(Got(request.method, request.raw_path, dict(request.headers), body))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        self.underway += 1
        self.most_underway = max(self.most_underway, self.underway)
        try:
            if reply is None:
                request.transport.close()
                return web.Response()
            await asyncio.sleep(reply.delay)
        finally:
            self.underway -= 1
        return web.Response(status=reply.status, text=reply.body, headers=reply.headers)


@asynccontextmanager
async def carrier(*replies: Reply | None) -> AsyncIterator[FakeCarrier]:
    fake = FakeCarrier(list(replies))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.answer)
    async with TestServer(app) as server:
        fake.origin = str(server.make_url("")).rstrip("/")
        yield fake


@asynccontextmanager
async def line_to(fake: FakeCarrier, origin: str, **fields) -> AsyncIterator[CarrierLine]:
    """A line whose requests for `origin` go to the fake."""
    conduct = Conduct(**({"insistence": QUICK} | fields), instead={origin: fake.origin})
    async with aiohttp.ClientSession() as session:
        yield CarrierLine(session, "pcon_1", conduct, chance=lambda: 0.0)
