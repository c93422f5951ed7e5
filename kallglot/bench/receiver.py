"""A customer's webhook handler that fails now and then, and remembers what it was told."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import msgspec
from aiohttp import web

from kallglot.webhooks.signatures import HEADER, BadSignature, verify

__all__ = ["Receiver", "receiving"]


@attrs.define
class Receiver:
    """What was told, in the order in which it was taken.

    `told` are the ids of events by session, each once; `failures` counts the times that the
    handler failed, `repeated` events that came again after they had been taken, and `forged`
    those whose signature was not that of the endpoint.
    """

    url: str = ""
    secret: str = attrs.field(default="", repr=False)
    failing: float = 0.2
    chance: random.Random = attrs.field(factory=lambda: random.Random(1))
    told: dict[str, list[str]] = attrs.field(factory=dict)
    types: dict[str, str] = attrs.field(factory=dict)
    failures: int = 0
    repeated: int = 0
    forged: int = 0

    @property
    def count(self) -> int:
        return len(self.types)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            verify(body, request.headers.get(HEADER, ""), self.secret, time.time())
        except BadSignature:
            self.forged += 1
            return web.Response(status=401)
        if self.chance.random() < self.failing:
            self.failures += 1
            return web.Response(status=self.chance.choice((500, 503, 404, 302)))
        event = msgspec.json.decode(body)
        if event["id"] in self.types:
            self.repeated += 1
        else:
            self.types[event["id"]] = event["type"]
            self.told.setdefault(event["data"]["session_id"], []).append(event["id"])
        return web.Response(status=200)


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[Receiver]:
    """Let a receiver be reached while the context lasts."""
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        receiver.url = f"http://{host}:{port}/hook"
        yield receiver
    finally:
        await runner.cleanup()
