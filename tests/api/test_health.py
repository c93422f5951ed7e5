from __future__ import annotations

import pytest
from aiohttp.test_utils import TestClient, TestServer

from kallglot.api.app import create_app

pytestmark = pytest.mark.real_time


async def test_a_server_that_runs_is_alive(client):
    response = await client.get("/healthz")
    assert (response.status, await response.json()) == (200, {"status": "ok"})


async def test_a_server_says_what_it_waits_for(store, calls, settings):
    why = "the recogniser is being loaded"
    waiting = [why]
    app = create_app(
        store, calls, settings, checks={"speech": lambda: waiting[0] if waiting else None}
    )
    async with TestClient(TestServer(app)) as client:
        response = await client.get("/readyz")
        assert response.status == 503
        assert await response.json() == {
            "status": "not_ready",
            "checks": {"speech": why, "store": "ok"},
            "sessions": 0,
        }
        waiting.clear()
        response = await client.get("/readyz")
        assert response.status == 200
        assert (await response.json())["checks"] == {"speech": "ok", "store": "ok"}
