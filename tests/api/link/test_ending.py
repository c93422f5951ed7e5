"""How a connection ends, by whoever ends it."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import WSMsgType

from kallglot.api import link as links
from tests.api.link.house import Ear, eventually, fill, small_pockets
from tests.test_websocket import CLOSE, TEXT, frame


async def test_who_says_goodbye_is_answered_with_the_same_code(house):
    caller = await house.calls()
    caller.writer.write(frame(CLOSE, b"\x0f\xa0bye"))
    assert await caller.link.receive() is None
    await caller.hears(b"\x88\x02\x0f\xa0")
    await caller.hears_nothing_more()


async def test_we_say_goodbye_and_wait_for_the_answer(house, client):
    async with client.ws_connect(f"http://127.0.0.1:{house.port}/") as socket:
        link = await house.links.get()
        closing = asyncio.create_task(link.close(1012, "server_restarting"))
        message = await socket.receive()
        assert (message.type, message.data, message.extra) == (
            WSMsgType.CLOSE,
            1012,
            "server_restarting",
        )
        await asyncio.wait_for(closing, 2)


@pytest.mark.parametrize("is_full", [False, True])
async def test_who_does_not_answer_our_goodbye_is_cut_off(house, monkeypatch, is_full):
    monkeypatch.setattr(links, "GOODBYE", 0.05)
    caller = await house.calls()
    small_pockets(caller)
    caller.writer.transport.pause_reading()
    if is_full:
        await fill(caller.link)
    await asyncio.wait_for(caller.link.close(1000, "bye"), 1)
    house.done.set()
    await eventually(lambda: house.connections == 0)


async def test_whoever_stops_waiting_for_the_answer_cuts_the_connection(house):
    caller = await house.calls()
    closing = asyncio.create_task(caller.link.close(1000, "bye"))
    await asyncio.sleep(0)
    closing.cancel()
    await caller.hears(b"\x88\x05\x03\xe8bye")
    await caller.hears_nothing_more()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (b"\x81\x05Hello", 1002),
        (frame(TEXT, b"\xff"), 1007),
        (b"\x81\xff" + (links.LARGEST + 1).to_bytes(8) + bytes(4), 1009),
        (frame(CLOSE, b"\0\0"), 1002),
    ],
)
async def test_whoever_breaks_the_protocol_is_told_how_and_let_go(house, wrong, code):
    caller = await house.calls()
    ear = Ear()
    caller.link.listen(ear)
    caller.writer.write(frame(TEXT, b"good") + wrong + b"x" * 500_000)
    await caller.hears(b"\x88\x02" + code.to_bytes(2))
    assert ear.heard == ["good", None]


async def test_a_client_that_sends_no_more_is_gone(house):
    caller = await house.calls()
    caller.writer.write(frame(TEXT, b"last words"))
    caller.writer.write_eof()
    assert await caller.link.receive() == "last words"
    assert await caller.link.receive() is None
    await caller.hears_nothing_more()


async def test_a_socket_that_is_cut_is_gone(house):
    caller = await house.calls()
    ear = Ear()
    caller.link.listen(ear)
    caller.writer.transport.abort()
    await eventually(lambda: ear.heard == [None])
