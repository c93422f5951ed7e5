"""A server that is killed while it answers: who asks again is answered, and nothing is twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestClient, TestServer

from kallglot.api.app import create_app
from kallglot.model.organization import Quotas
from kallglot.store import Store
from tests.fakes.calls import FakeCalls

pytestmark = pytest.mark.real_time

MODE = {"mode": "bidirectional_translation"}
GLOSSARY = {
    "name": "Shop",
    "source_language": "de",
    "target_language": "en",
    "terms": [{"source": "Rechnung", "target": "invoice"}],
}


class DyingCalls(FakeCalls):
    """Never says that a session has begun."""

    async def open(self, session) -> None:
        await asyncio.Event().wait()


@asynccontextmanager
async def serving(path, settings, clock, calls_type=FakeCalls) -> AsyncIterator[TestClient]:
    store = await Store.open(path)
    app = create_app(store, calls_type(store, clock), settings, clock=clock)
    client = TestClient(TestServer(app, shutdown_timeout=0))
    await client.start_server()
    try:
        yield client
    finally:
        await client.close()
        await store.close()


@pytest.fixture
async def text(tmp_path, clock) -> str:
    store = await Store.open(tmp_path)
    owner = await store.organizations.add("Example", clock(), quotas=Quotas(api_credits=9))
    made = await store.keys.create(owner.id, clock())
    await store.close()
    return made.text


async def test_a_session_that_was_kept_and_not_answered_is_answered_when_asked_again(
    tmp_path, settings, clock, text
):
    request = {"json": MODE, "headers": {"X-API-Key": text, "Idempotency-Key": "k"}}
    beside = await Store.open(tmp_path)
    async with serving(tmp_path, settings, clock, DyingCalls) as dying:
        asking = asyncio.create_task(dying.post("/v1/sessions", **request))
        while not await beside.sessions.list_living():
            await asyncio.sleep(0)
        # The process that answers knows that it is at work; one started after a crash does not.
        assert (await dying.post("/v1/sessions", **request)).status == 409
        async with serving(tmp_path, settings, clock) as next_server:
            again = await next_server.post("/v1/sessions", **request)
            session = await again.json()
            assert again.status == 201
            assert again.headers["Idempotent-Replayed"] == "true"
            assert again.headers["X-API-Credits-Used"] == "1"
        asking.cancel()
        ((kept, _),) = await beside.sessions.list_living()
        assert kept.id == session["id"]
        (event,) = await beside.events.after(0)
        assert (event.type, event.session_id) == ("session.created", kept.id)
    await beside.close()


async def test_what_was_not_kept_was_not_done(tmp_path, settings, clock, text):
    request = {"json": GLOSSARY, "headers": {"X-API-Key": text, "Idempotency-Key": "k"}}
    for replayed in (None, "true", "true"):
        async with serving(tmp_path, settings, clock) as client:
            response = await client.post("/v1/glossaries", **request)
            assert response.status == 201
            assert response.headers.get("Idempotent-Replayed") == replayed
            listed = await client.get("/v1/glossaries", headers={"X-API-Key": text})
            assert len((await listed.json())["data"]) == 1


async def test_who_is_told_to_wait_is_told_how_long(tmp_path, settings, clock, text):
    request = {"json": MODE, "headers": {"X-API-Key": text, "Idempotency-Key": "k"}}
    async with serving(tmp_path, settings, clock, DyingCalls) as client:
        both = {asyncio.create_task(client.post("/v1/sessions", **request)) for _ in range(2)}
        (told,), (waiting,) = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        second = told.result()
        assert second.status == 409
        error = (await second.json())["error"]
        assert (error["type"], error["code"]) == ("conflict_error", "idempotency_conflict")
        assert second.headers["Retry-After"] == str(error["retry_after"]) == "1"
        other = {**request, "json": {**MODE, "source_language": "de"}}
        mismatch = await client.post("/v1/sessions", **other)
        assert mismatch.status == 400
        assert (await mismatch.json())["error"]["code"] == "idempotency_mismatch"
        waiting.cancel()
