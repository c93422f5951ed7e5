"""A server that stops says so to whoever is on the line, and closes every socket."""

import asyncio

import aiohttp
import pytest

from kallglot.api import link
from tests.calls.conftest import world_in


@pytest.fixture
async def outsider():
    """A client that outlives the server."""
    async with aiohttp.ClientSession() as client:
        yield client


async def line(outsider, world, **options):
    session = await world.create()
    query = {"token": session["stream"]["token"], "participant": "agent"}
    socket = await outsider.ws_connect(session["stream"]["url"], params=query, **options)
    assert (await socket.receive_json())["type"] == "session.ready"
    return session["id"], socket


async def goodbye(socket) -> tuple[int, str]:
    async with asyncio.timeout(5):
        while (message := await socket.receive()).type is not aiohttp.WSMsgType.CLOSE:
            pass
    return message.data, message.extra


async def test_who_is_on_the_line_learns_that_the_server_will_be_back(tmp_path, speech, outsider):
    async with world_in(tmp_path, speech) as world:
        _, socket = await line(outsider, world)
        listening = asyncio.create_task(goodbye(socket))
    assert await listening == (1012, "server_restarting")
    assert socket.closed


async def test_who_does_not_answer_keeps_no_server_from_stopping(
    tmp_path, speech, outsider, monkeypatch
):
    monkeypatch.setattr(link, "GOODBYE", 0.2)
    loop = asyncio.get_running_loop()
    async with world_in(tmp_path, speech) as world:
        session_id, socket = await line(outsider, world)
        stopping = loop.time()
    assert loop.time() - stopping < 3
    assert await goodbye(socket) == (1012, "server_restarting")
    async with world_in(tmp_path, speech) as world:
        stored = await world.server.store.sessions.get(session_id)
        assert (stored.status, stored.end_reason) == ("created", None)
