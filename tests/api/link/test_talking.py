"""A connection after its upgrade, over real sockets."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess

import pytest
from aiohttp import web

from tests.api.link.house import REQUEST, Ear, eventually, gone
from tests.test_websocket import PING, TEXT, frame

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
