from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import web

from tests.api.link.house import House, gone


def pytest_asyncio_loop_factories(config: Any, item: Any) -> dict[str, Any]:
    """Try the link on both loops: they do not treat a connection quite the same way."""
    return {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}


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
