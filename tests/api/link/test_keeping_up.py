"""Those who talk faster than anybody listens, and those who do not listen."""

from __future__ import annotations

import asyncio

import pytest

from kallglot.api import link as links
from tests.api.link.house import Ear, eventually, fill, small_pockets
from tests.test_websocket import CLOSE, PING, TEXT, frame


async def test_a_flood_waits_at_the_far_end_while_nobody_takes_it(house):
    caller = await house.calls()
    ear = Ear(patience=3)
    caller.link.listen(ear)
    count, payload = 4000, b"x" * 1000
    caller.writer.write(b"".join(frame(TEXT, b"%05d" % n + payload) for n in range(count)))
    await eventually(lambda: len(ear.heard) == 3)
    await asyncio.sleep(0.05)
    assert len(ear.heard) == 3
    assert len(caller.link._waiting) < 1000
    ear.patience = 1 << 30
    caller.link.go_on()
    await eventually(lambda: len(ear.heard) == count)
    assert [int(frame[:5]) for frame in ear.heard] == list(range(count))


async def test_thousands_of_tiny_frames_let_others_run_between_them(house):
    caller = await house.calls()
    busy = 0
    most = 0

    def hear(_frame):
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        return True

    caller.link.listen(hear)
    caller.writer.write(frame(TEXT, b"x") * 5000)
    total = 0
    while total < 5000:
        total, busy = total + busy, 0
        await asyncio.sleep(0)
    assert most <= 3 * links.BATCH


async def test_who_is_told_to_wait_still_hears_the_last_words_and_then_the_end(house):
    caller = await house.calls()
    ear = Ear(patience=1)
    caller.link.listen(ear)
    caller.writer.write(b"".join(frame(TEXT, word) for word in (b"a", b"b", b"c")))
    caller.writer.write(frame(CLOSE, b"\x03\xe8"))
    await eventually(lambda: ear.heard == ["a"])
    for patience, heard in ((1, ["a", "b"]), (9, ["a", "b", "c", None])):
        ear.patience = patience
        caller.link.go_on()
        await eventually(lambda heard=heard: ear.heard == heard)


async def test_a_listener_who_does_not_keep_up_is_waited_for(house):
    caller = await house.calls()
    small_pockets(caller)
    caller.writer.transport.pause_reading()
    sent = await fill(caller.link)
    sending = asyncio.create_task(caller.link.send(b"last"))
    await asyncio.sleep(0.01)
    assert not sending.done()
    caller.writer.transport.resume_reading()
    await caller.hears((b"\x82\x7e\x03\xe8" + b"x" * 1000) * sent + b"\x82\x04last")
    await sending
    assert caller.link.keeps_up


async def test_who_pings_and_does_not_read_gets_the_last_answer_alone(house):
    caller = await house.calls()
    small_pockets(caller)
    caller.writer.transport.pause_reading()
    last = b"%0100d" % 4999
    for number in range(5000):
        caller.writer.write(frame(PING, b"%0100d" % number))
    caller.writer.write(frame(TEXT, b"done"))
    assert await asyncio.wait_for(caller.link.receive(), 5) == "done"
    assert caller.link._transport.get_write_buffer_size() < links.ROOM + 1000
    caller.writer.transport.resume_reading()
    said = b""
    async with asyncio.timeout(5):
        while not said.endswith(last):
            said += await caller.reader.read(1 << 16)
    assert said.count(b"\x8a\x64") < 5000


async def test_who_waits_for_room_learns_that_the_connection_is_gone(house):
    caller = await house.calls()
    small_pockets(caller)
    caller.writer.transport.pause_reading()
    await fill(caller.link)
    sending = asyncio.create_task(caller.link.send(b"last"))
    await asyncio.sleep(0)
    caller.writer.write(frame(CLOSE, b"\x03\xe8"))
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(sending, 2)
    with pytest.raises(ConnectionError):
        caller.link.send_now("hello?")
