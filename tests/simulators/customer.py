"""A customer of the carriers: an application with webhooks and a media stream, and little else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

__all__ = ["Customer", "serving"]


class Customer:
    """What was asked of it is in `forms` and `events`, and `frames` came over its streams.

    `documents` are answered one after the other, the last one for ever.  A stream is closed by
    the server after `stays` frames; what it says first is in `says`.
    """

    def __init__(self) -> None:
        self.documents: list[str] = ["<Response/>"]
        self.status = 200
        self.forms: list[dict[str, str]] = []
        self.events: list[dict] = []
        self.told: list[dict[str, str]] = []
        self.requests: list[tuple[str, bytes, dict[str, str]]] = []
        self.frames: list[dict] = []
        self.upgrades: list[dict[str, str]] = []
        self.says: Callable[[dict], list[dict]] = lambda start: []
        self.stays = 3
        self.answers = 200
        self.server: TestServer | None = None

    def url(self, path: str) -> str:
        return str(self.server.make_url(path))

    def stream_url(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}/stream"

    async def voice(self, request: web.Request) -> web.Response:
        await self._note(request)
        self.forms.append(dict(await request.post()) or dict(request.query))
        document = self.documents.pop(0) if len(self.documents) > 1 else self.documents[0]
        return web.Response(text=document, status=self.status, content_type="text/xml")

    async def callback(self, request: web.Request) -> web.Response:
        await self._note(request)
        self.told.append(dict(await request.post()))
        return web.Response(status=204)

    async def event(self, request: web.Request) -> web.Response:
        await self._note(request)
        self.events.append(await request.json())
        return web.Response(status=self.answers)

    async def _note(self, request: web.Request) -> None:
        body = await request.read()
        self.requests.append((self.url("/") + request.raw_path[1:], body, dict(request.headers)))

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.upgrades.append(dict(request.headers))
        count = 0
        async for message in socket:
            if message.type != WSMsgType.TEXT:
                break
            frame = json.loads(message.data)
            self.frames.append(frame)
            if frame["event"] == "start":
                for said in self.says(frame):
                    await socket.send_json(said)
            count += frame["event"] == "media"
            if count == self.stays:
                break
        await socket.close()
        return socket

    async def until(self, claim: Callable[[], bool], within: float = 5.0) -> None:
        async with asyncio.timeout(within):
            while not claim():
                await asyncio.sleep(0.01)

    def kinds(self) -> list[str]:
        return [event["data"]["event_type"] for event in self.events]


@asynccontextmanager
async def serving() -> AsyncIterator[Customer]:
    customer = Customer()
    app = web.Application()
    app.add_routes(
        [
            web.route("*", "/voice", customer.voice),
            web.post("/after", customer.voice),
            web.post("/told", customer.callback),
            web.post("/events", customer.event),
            web.get("/stream", customer.stream),
        ]
    )
    async with TestServer(app) as server:
        customer.server = server
        yield customer
