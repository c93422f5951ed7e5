"""Whatever is asked, on purpose or by accident, the reference has the answer.

Schemathesis makes requests of the reference, good ones and bad ones, and sends them over a socket.
`KALLGLOT_EXAMPLES=500` has it try harder.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import schemathesis
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import GenerationConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from kallglot.api.app import create_app
from kallglot.api.context import ACCOUNTS
from kallglot.config import Settings
from kallglot.store import Store
from kallglot.store.keys import SCOPES
from tests.api.conftest import Api
from tests.api.described import described
from tests.api.examples import build
from tests.fakes.calls import FakeCalls
from tests.fakes.carriers import FakeCarriers
from tests.fakes.clock import FakeClock

pytestmark = [pytest.mark.real_time, pytest.mark.filterwarnings("default")]

#: How much is tried on each endpoint.
EXAMPLES = int(os.environ.get("KALLGLOT_EXAMPLES", "10"))

schema = schemathesis.openapi.from_dict(described().document)
schema.config.generation = GenerationConfig(
    modes=list(GenerationMode), with_security_parameters=False, database="none"
)


@attrs.frozen
class Served:
    """A server in a thread of its own, and what is in it."""

    url: str
    key: str
    operator: str
    world: dict[str, str]

    def known(self, path: str, value: object) -> object:
        """Return two times out of three an id that there is in the place of one made up."""
        noun = re.search(r"/v1/([a-z_]+)/\{", path)
        known = NOUNS.get(noun[1] if noun else "", ())
        names = [name for name in known if name in self.world]
        chosen = sum(map(ord, str(value))) % (len(names) + 1)
        return self.world[names[chosen]] if chosen < len(names) else value


#: What in the world is in which place of a path.
NOUNS = {
    "agents": ("agent",),
    "analyses": ("analysis",),
    "analysis": ("analysis",),
    "api_keys": ("key",),
    "erasures": ("erasure",),
    "glossaries": ("glossary",),
    "phone_numbers": ("number",),
    "provider_connections": ("connection", "idle"),
    "organizations": ("organization", "spare"),
    "recordings": ("recording",),
    "sessions": ("session", "ended"),
    "webhook_deliveries": ("delivery",),
    "webhook_endpoints": ("endpoint",),
}


@pytest.fixture
def served(tmp_path) -> Iterator[Served]:
    ready: list[Served] = []
    is_up = threading.Event()
    stop = threading.Event()
    thread = threading.Thread(target=asyncio.run, args=[serve(tmp_path, ready, is_up, stop)])
    thread.start()
    is_up.wait(10)
    try:
        yield ready[0]
    finally:
        stop.set()
        thread.join()


async def serve(path: Path, ready: list, is_up: threading.Event, stop: threading.Event) -> None:
    clock = FakeClock()
    chosen = Settings.default(
        data=str(path),
        public_url="https://calls.example.com",
        max_sessions=100_000,
        rate_limit=1_000_000,
        numbers={"+15550100": "twilio"},
    )
    async with contextlib.AsyncExitStack() as stack:
        store = await Store.open(path)
        stack.push_async_callback(store.close)
        app = create_app(store, FakeCalls(store, clock), chosen, clock=clock)
        app[ACCOUNTS] = FakeCarriers().accounts()
        client = await stack.enter_async_context(TestClient(TestServer(app)))
        organization = await store.organizations.add("Example", clock())
        made = await store.keys.create(organization.id, clock(), scopes=SCOPES)
        api = Api(client, made.key, made.text)
        made = await store.keys.create("", clock(), name="operator")
        operator = Api(client, made.key, made.text)
        world = await build(api, operator, store, chosen, clock)
        keys = (api.text, operator.text)
        ready.append(Served(str(client.make_url("")).rstrip("/"), *keys, world))
        is_up.set()
        await asyncio.to_thread(stop.wait)


@schema.exclude(path_regex="/connect|^/v1/events|/events$|^/docs|json$").parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_documented(case, served):
    parameters = case.path_parameters or {}
    for name, value in parameters.items():
        parameters[name] = served.known(case.operation.path, value)
    is_for_operators = "/organizations" in case.operation.path
    key = served.operator if is_for_operators else served.key
    case.call_and_validate(
        base_url=served.url,
        headers={"Authorization": f"Bearer {key}"},
        allow_redirects=False,
        excluded_checks=[positive_data_acceptance],  # more is refused than a schema can say
    )
