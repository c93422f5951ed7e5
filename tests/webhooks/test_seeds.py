"""The handlers of the printed guides, doing what their Express code does, line by line."""

from __future__ import annotations

import hashlib
import hmac
import time

import attrs
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from kallglot.model.leg import Leg
from kallglot.model.session import Status
from kallglot.webhooks.events import (
    AnalysisCompleted,
    ProviderConnected,
    ProviderConnecting,
    ProviderDisconnected,
    ProviderFailed,
    SessionEnded,
    event_of,
)

pytestmark = pytest.mark.real_time

ANALYSIS = {
    "id": "anl_1",
    "object": "analysis",
    "status": "completed",
    "results": {
        "sentiment": {"overall": 0.4, "label": "positive"},
        "summary": {"brief": "Caller moved the appointment."},
    },
}


class Express:
    """An app with the handlers of the guides; what they would do elsewhere is noted down."""

    def __init__(self) -> None:
        self.secret = ""
        self.console: list[str] = []
        self.requested: list[tuple] = []
        self.calls: dict[str, dict] = {}
        self.providers: list[tuple] = []
        self.app = web.Application(middlewares=[self.verify])
        self.app.router.add_post("/webhooks/kallglot", self.sessions)
        self.app.router.add_post("/webhooks/providers", self.provider)

    @web.middleware
    async def verify(self, request: web.Request, handler) -> web.StreamResponse:
        """The signature as it is described: split the header, sign, compare, else 401."""
        raw = await request.read()
        header = request.headers["Kallglot-Signature"]
        parts = dict(part.split("=") for part in header.split(","))
        message = f"{parts['t']}.".encode() + raw
        expected = hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(parts["v1"], expected):
            return web.Response(status=401, text="Invalid signature")
        return await handler(request)

    async def sessions(self, request: web.Request) -> web.Response:
        event = await request.json()
        match event["type"]:
            case "session.ended":
                session_id, duration = event["data"]["session_id"], event["data"]["duration"]
                self.console.append(f"Session {session_id} ended after {duration}s")
                self.requested.append((session_id, ["sentiment", "summary", "action_items"]))
            case "analysis.complete":
                results = event["data"]["results"]
                self.calls[event["data"]["session_id"]] = {
                    "sentiment": results["sentiment"]["label"],
                    "summary": results["summary"]["brief"],
                }
        return web.Response(status=200, text="OK")

    async def provider(self, request: web.Request) -> web.Response:
        event = await request.json()
        provider = event["provider"]
        self.providers.append(
            (event["type"], event["session_id"], provider["type"], provider["call_sid"])
        )
        assert event["type"].endswith(f".{provider['status']}")
        return web.Response(status=200, text="OK")


@pytest.fixture
async def express(world):
    express = Express()
    async with TestServer(express.app) as server:
        express.url = f"http://127.0.0.1:{server.port}/webhooks"
        yield express


async def told(world, endpoint, count):
    async with world.delivering():
        while (await world.statuses(endpoint)).count("delivered") < count:
            await world.store.deliveries.agenda()  # whose answer takes a while
    return [delivery.response_status for delivery in await world.deliveries(endpoint)]


async def test_the_twilio_guide_s_handler_asks_for_an_analysis_and_keeps_it(world, express):
    endpoint, express.secret = await world.endpoint(f"{express.url}/kallglot")
    session = await world.session()
    ended = attrs.evolve(
        session,
        status=Status.ENDED,
        started_at=session.created_at,
        ended_at=session.created_at + 245.3,
    )
    for happening in (SessionEnded(ended), AnalysisCompleted(ended, ANALYSIS)):
        await world.store.events.add(event_of(happening, time.time()))
    assert await told(world, endpoint, 3) == [200, 200, 200]
    assert express.console == [f"Session {session.id} ended after 245.3s"]
    assert express.requested == [(session.id, ["sentiment", "summary", "action_items"])]
    assert express.calls == {
        session.id: {"sentiment": "positive", "summary": "Caller moved the appointment."}
    }


async def test_the_providers_page_s_events_are_flat_as_well(world, express):
    names = [f"session.provider.{name}" for name in ("connecting", "connected", "disconnected")]
    names.append("session.provider.failed")
    endpoint, express.secret = await world.endpoint(f"{express.url}/providers", events=tuple(names))
    session = await world.session()
    leg = Leg("leg_1", session.id, "twilio", "customer", "connected", 0.0, call_id="CA123")
    for happening in (ProviderConnecting, ProviderConnected, ProviderDisconnected, ProviderFailed):
        await world.store.events.add(event_of(happening(session, leg), time.time()))
    await told(world, endpoint, 4)
    assert express.providers == [(name, session.id, "twilio", "CA123") for name in names]


async def test_a_handler_with_another_secret_takes_nothing(world, express):
    endpoint, _ = await world.endpoint(f"{express.url}/kallglot")
    express.secret = "whsec_another"
    await world.session()
    async with world.delivering():
        while not (await world.deliveries(endpoint))[0].attempts:
            await world.store.deliveries.agenda()
    (delivery,) = await world.deliveries(endpoint)
    assert delivery.attempts[0].error == "answered 401"
    assert express.console == []


async def test_while_a_secret_is_rotated_a_handler_as_printed_goes_on(world, express):
    """It takes the last `v1` there is, so that is the old one's until everybody has the new."""
    endpoint, express.secret = await world.endpoint(f"{express.url}/kallglot")
    await world.store.endpoints.rotate(endpoint, 600.0, time.time())
    await world.session()
    assert await told(world, endpoint, 1) == [200]
