"""A connection after its upgrade, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator

import aiohttp
import attrs
import pytest
from aiohttp import WSMsgType, web

from kallglot.api import link as links
from kallglot.api.link import WebSocketLink, upgrade
from tests.test_websocket import CLOSE, PING, TEXT, frame

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
#: The proof that belongs to that key, RFC 6455 section 1.3.
PROOF = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@attrs.define
class House:
    """A server that hands out its links, and keeps each until it is done with."""

    runner: web.AppRunner
    port: int = 0
    links: asyncio.Queue[WebSocketLink] = attrs.field(factory=asyncio.Queue)
    done: asyncio.Event = attrs.field(factory=asyncio.Event)
    callers: list[asyncio.StreamWriter] = attrs.field(factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        response, link = await upgrade(request)
        try:
            self.links.put_nowait(link)
            await self.done.wait()
        finally:
            await link.close(1000, "")
        return response

    async def calls(self, behind: bytes = b"") -> Raw:
        """Connect with bare hands; `behind` is sent in one piece with the request."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.callers.append(writer)
        writer.write(REQUEST + behind)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert PROOF in head
        return Raw(reader, writer, await self.links.get())

    @property
    def connections(self) -> int:
        return len(self.runner.server.connections)


@attrs.frozen
class Raw:
    """A client that knows how to misbehave, and the server's end of its connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    link: WebSocketLink

    async def hears(self, data: bytes) -> None:
        assert await asyncio.wait_for(self.reader.readexactly(len(data)), 2) == data

    async def hears_nothing_more(self) -> None:
        assert await asyncio.wait_for(self.reader.read(), 2) == b""


class Ear:
    """Takes what a link brings; `patience` is how many frames it takes before it is busy."""

    def __init__(self, patience: int = 1 << 30) -> None:
        self.heard: list[str | bytes | None] = []
        self.patience = patience

    def __call__(self, frame: str | bytes | None) -> bool:
        self.heard.append(frame)
        self.patience -= 1
        return self.patience > 0


async def gone(caller: asyncio.StreamWriter) -> None:
    caller.transport.abort()
    with contextlib.suppress(ConnectionError):
        await caller.wait_closed()


async def eventually(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    app = web.Application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    house = House(runner)
    app.router.add_get("/", house.answer)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    house.port = runner.addresses[0][1]
    yield house
    for writer in house.callers:
        await gone(writer)
    house.done.set()
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


# The upgrade.


async def test_a_frame_in_one_piece_with_the_request_is_heard_and_so_is_the_next(house):
    caller = await house.calls(frame(TEXT, b"first") + frame(TEXT, b"second")[:5])
    caller.writer.write(frame(TEXT, b"second")[5:] + frame(TEXT, b"third"))
    assert [await caller.link.receive() for _ in range(3)] == ["first", "second", "third"]


async def test_what_is_sent_without_waiting_for_the_answer_is_heard(house):
    _, writer = await asyncio.open_connection("127.0.0.1", house.port)
    house.callers.append(writer)
    for piece in (REQUEST[:50], REQUEST[50:], frame(TEXT, b"early")):
        writer.write(piece)
        await asyncio.sleep(0)
    link = await house.links.get()
    assert await link.receive() == "early"


async def test_what_is_no_upgrade_is_refused_as_http(house, client):
    async with client.get(f"http://127.0.0.1:{house.port}/") as response:
        assert response.status == 500  # `kallglot.api.errors` makes a 422 of it
    assert house.links.empty()


async def test_when_a_connection_is_over_the_server_knows_nothing_of_it_any_more(house):
    caller = await house.calls()
    assert house.connections == 1
    await gone(caller.writer)
    assert await caller.link.receive() is None
    house.done.set()
    await eventually(lambda: house.connections == 0)
    await eventually(lambda: len(asyncio.all_tasks()) == 1)


async def test_a_server_that_stops_closes_its_connections(house):
    caller = await house.calls()
    await house.runner.cleanup()
    await caller.hears_nothing_more()


# Talking.


async def test_a_client_of_another_make_is_understood(house, client):
    async with client.ws_connect(f"http://127.0.0.1:{house.port}/") as socket:
        link = await house.links.get()
        ear = Ear()
        link.listen(ear)
        large = "ü" * 100_000
        await socket.send_str("Guten Tag")
        await socket.send_bytes(b"\0\1")
        await socket.send_str(large)
        await socket.ping(b"there?")
        await eventually(lambda: len(ear.heard) == 3)
        assert ear.heard == ["Guten Tag", b"\0\1", large]
        link.send_now("Good day")
        await link.send(b"\2\3")
        await link.send(large)
        assert await socket.receive_str() == "Good day"
        assert await socket.receive_bytes() == b"\2\3"
        assert await socket.receive_str() == large


async def test_a_ping_is_answered(house):
    caller = await house.calls()
    caller.writer.write(frame(PING, b"there?"))
    await caller.hears(b"\x8a\x06there?")


async def test_a_link_tells_whether_somebody_speaks(house):
    caller = await house.calls()
    assert not await caller.link.speaks_within(0.01)
    caller.writer.write(frame(TEXT, b"Hello"))
    assert await caller.link.speaks_within(2)
    assert await caller.link.receive() == "Hello"
    await gone(caller.writer)
    assert await caller.link.speaks_within(2)


# Not keeping up.


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


def small_pockets(caller: Raw) -> None:
    """Let little fit between the two ends."""
    for end, option in (
        (caller.link._transport, socket.SO_SNDBUF),
        (caller.writer, socket.SO_RCVBUF),
    ):
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, option, 4096)


async def fill(link: WebSocketLink) -> int:
    """Send until nothing more goes out; returns how many frames of 1000 bytes that took."""
    sent = 0
    while link.keeps_up:
        while link.keeps_up:
            link.send_now(b"x" * 1000)
            sent += 1
        await asyncio.sleep(0.01)
    return sent


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


# The end.


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


# Behind TLS.


@pytest.fixture
def identity(tmp_path):
    """A key and its certificate."""
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=test"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl for a certificate")
async def test_all_that_works_over_tls_too(house, client, identity):
    key, certificate = identity
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate, key)
    site = web.TCPSite(house.runner, "127.0.0.1", 0, ssl_context=ours)
    await site.start()
    port = house.runner.addresses[-1][1]
    theirs = ssl.create_default_context(cafile=str(certificate))
    theirs.check_hostname = False
    async with client.ws_connect(f"https://127.0.0.1:{port}/", ssl=theirs) as socket:
        link = await house.links.get()
        ear = Ear(patience=2)
        link.listen(ear)
        for number in range(300):
            await socket.send_str(f"{number:03}" * 500)
        await eventually(lambda: len(ear.heard) == 2)
        ear.patience = 1 << 30
        link.go_on()
        await eventually(lambda: len(ear.heard) == 300)
        assert [int(frame[:3]) for frame in ear.heard] == list(range(300))
        for number in range(300):
            await link.send(f"{number:03}" * 500)
        assert [int((await socket.receive_str())[:3]) for _ in range(300)] == list(range(300))
        closing = asyncio.create_task(link.close(1000, "bye"))
        assert (await socket.receive()).extra == "bye"
        await asyncio.wait_for(closing, 2)
