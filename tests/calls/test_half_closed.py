"""A far end that is gone without a goodbye is noticed; one that is only quiet is not."""

import asyncio

import pytest

from kallglot.api import link


@pytest.fixture(autouse=True)
def quick_heart(monkeypatch):
    monkeypatch.setattr(link, "HEARTBEAT", 0.4)


async def connected(world, session) -> list[str]:
    view = await world.get(f"/v1/sessions/{session['id']}")
    return [leg["status"] for leg in view["legs"]]


async def test_a_socket_that_answers_no_ping_is_given_up(world):
    session = await world.create()
    params = {"token": session["stream"]["token"], "participant": "agent"}
    url = session["stream"]["url"]
    async with world.client.ws_connect(url, params=params, autoping=False):
        await asyncio.sleep(0.55)
        assert await connected(world, session) == ["connected"]
        await asyncio.sleep(0.8)
        assert await connected(world, session) == ["disconnected"]


async def test_a_listener_who_says_nothing_but_answers_stays(world):
    session = await world.create()
    params = {"token": session["stream"]["token"], "participant": "agent"}
    url = session["stream"]["url"]
    async with world.client.ws_connect(url, params=params) as socket:
        listening = asyncio.create_task(socket.receive())
        await asyncio.sleep(0.3)
        for _ in range(8):
            if listening.done():
                listening = asyncio.create_task(socket.receive())
            await asyncio.sleep(0.2)
        assert await connected(world, session) == ["connected"]
        listening.cancel()
