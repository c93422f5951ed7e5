from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest
from aiohttp.test_utils import TestClient, TestServer

from kallglot.api.app import create_app
from kallglot.api.context import ACCOUNTS
from kallglot.config import Settings
from kallglot.speech.engines import EngineCard
from kallglot.store import Store
from kallglot.store.keys import SCOPES, ApiKey
from tests.api.described import DescribedClient, described
from tests.fakes.calls import FakeCalls
from tests.fakes.carriers import FakeCarriers
from tests.fakes.clock import FakeClock

NOTICE = "A demonstration model that knows a few phrases."


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = await Store.open(":memory:")
    yield store
    await store.close()


@pytest.fixture
def calls(store: Store, clock: FakeClock) -> FakeCalls:
    return FakeCalls(store, clock)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.default(
        data=str(tmp_path),
        public_url="https://calls.example.com",
        sip__enabled=True,
        max_sessions=50,
        rate_limit=100,
        numbers={"+19788006140": "telnyx", "+15550100": "twilio"},
        connections=[{"id": "pcon_01HXYZ", "provider": "twilio"}],
    )


@attrs.frozen
class Api:
    """A client with a key, and what stands behind the server it talks to."""

    client: TestClient
    key: ApiKey
    text: str

    async def get(self, path: str, **options):
        return await self.client.get(path, **self._with_key(options))

    async def post(self, path: str, **options):
        return await self.client.post(path, **self._with_key(options))

    async def delete(self, path: str, **options):
        return await self.client.delete(path, **self._with_key(options))

    async def patch(self, path: str, **options):
        return await self.client.patch(path, **self._with_key(options))

    async def create(self, **fields) -> dict:
        response = await self.post(
            "/v1/sessions", json={"mode": "bidirectional_translation", **fields}
        )
        assert response.status == 201, await response.text()
        return await response.json()

    def _with_key(self, options: dict) -> dict:
        return {
            **options,
            "headers": {"Authorization": f"Bearer {self.text}", **options.get("headers", {})},
        }


@pytest.fixture
async def organization(store: Store, clock: FakeClock) -> str:
    return (await store.organizations.add("Example", clock())).id


@pytest.fixture
def carriers() -> FakeCarriers:
    return FakeCarriers()


@pytest.fixture
async def client(store, calls, settings, clock, carriers) -> AsyncIterator[TestClient]:
    app = create_app(
        store,
        calls,
        settings,
        cards={"recogniser": EngineCard("demo-ear", ("de", "en"), "1", notice=NOTICE)},
        clock=clock,
    )
    app[ACCOUNTS] = carriers.accounts()
    async with DescribedClient(TestServer(app)) as client:
        yield client
        for event in await store.events.after(0):
            described().check_event(json.loads(event.body))


@pytest.fixture
async def api(client, store, organization, clock) -> Api:
    made = await store.keys.create(organization, clock())
    return Api(client, made.key, made.text)


@pytest.fixture
async def stranger(client, store, clock) -> Api:
    """Somebody with a key of another organization."""
    other = await store.organizations.add("Other", clock())
    made = await store.keys.create(other.id, clock())
    return Api(client, made.key, made.text)


@pytest.fixture
async def owner(client, store, organization, clock) -> Api:
    """Whoever sees to the keys of the organization."""
    made = await store.keys.create(organization, clock(), name="owner", scopes=SCOPES)
    return Api(client, made.key, made.text)


@pytest.fixture
async def operator(client, store, clock) -> Api:
    """Whoever runs the server."""
    made = await store.keys.create("", clock(), name="operator")
    return Api(client, made.key, made.text)
