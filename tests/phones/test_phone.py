"""The phone over a real socket, at the pace of a telephone: a few, and short."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from kallglot.phones.native import NativePhone
from kallglot.phones.phone import Phone
from kallglot.phones.twilio import TwilioPhone

pytestmark = pytest.mark.real_time

TONE = b"\x00\x20\x00\xe0" * 2000  # half a second


class Exchange:
    """A server that keeps what it hears, and how each connection ended."""

    def __init__(self) -> None:
        self.frames: list[list[dict]] = []
        self.endings: list[int | None] = []
        self.sockets: list[web.WebSocketResponse] = []

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        frames: list[dict] = []
        self.frames.append(frames)
        try:
            while (message := await socket.receive()).type is WSMsgType.TEXT:
                frames.append(json.loads(message.data))
        finally:
            self.endings.append(socket.close_code)
        return socket


@pytest.fixture
async def exchange():
    return Exchange()


@pytest.fixture
async def url(exchange):
    app = web.Application()
    app.router.add_get("/connect", exchange.handle)
    async with TestServer(app) as server:
        yield str(server.make_url("/connect")).replace("http", "ws")


@pytest.fixture
async def client():
    async with aiohttp.ClientSession() as client:
        yield client


async def test_it_speaks_at_the_pace_of_a_telephone(url, client, exchange):
    async with Phone(client, url, NativePhone("kst_x")) as phone:
        span = await phone.say(TONE)
        await asyncio.sleep(0.1)
    assert span.length == pytest.approx(0.52, abs=0.03)
    assert 28 <= len(exchange.frames[0]) <= 40
    assert {frame["type"] for frame in exchange.frames[0]} == {"audio.input"}


async def test_a_dropped_call_comes_back_as_the_same_call(url, client, exchange):
    phone = Phone(client, url, TwilioPhone("CA1", {"token": "kst_x"}))
    await phone.connect()
    await asyncio.sleep(0.06)
    await phone.drop()
    assert not phone.is_connected
    await phone.connect()
    await asyncio.sleep(0.06)
    await phone.hang_up()
    await asyncio.sleep(0.05)
    first, second = exchange.frames
    assert exchange.endings[0] != 1000
    assert exchange.endings[1] == 1000
    assert "stop" not in {frame["event"] for frame in first}
    assert second[-1]["event"] == "stop"
    assert first[1]["start"]["callSid"] == second[1]["start"]["callSid"]
    assert first[1]["streamSid"] != second[1]["streamSid"]


async def test_who_is_speaking_when_the_line_goes_dead_stops(url, client, exchange):
    phone = Phone(client, url, NativePhone("kst_x"))
    await phone.connect()
    saying = asyncio.create_task(phone.say(TONE * 20))
    await asyncio.sleep(0.1)
    await exchange.sockets[0].close(code=1008, message=b"invalid_token")
    span = await saying
    assert span.length < 1.0
    assert phone.hung_up is not None
    assert (phone.hung_up.code, phone.hung_up.reason) == (1008, "invalid_token")
