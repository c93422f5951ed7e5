"""The applications of the seed documents run against the server as they are printed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from tests.calls.conftest import Caller, World, world_in
from tests.calls.seedapps import SeedApp, stream_of
from tests.fakes.speech import FakeSpeech

TWILIO = {"From": "+4915123456789", "To": "+15550100", "Direction": "inbound"}
TELNYX = {"from": "+4915123456789", "to": "+14155551234", "direction": "incoming"}


@attrs.define
class Stage:
    """The server, the customer's application, and a way to call it as a carrier does."""

    world: World
    seed: SeedApp
    carrier: ClientSession

    async def post(self, path: str, **form: str) -> str:
        async with self.carrier.post(path, data=form) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    async def post_json(self, path: str, body: object) -> str:
        async with self.carrier.post(path, json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    async def ring(self, document: str, call: str, *, telnyx: bool = False) -> Caller:
        url, wire = stream_of(document, call, telnyx=telnyx)
        return await self.world.call({"stream": {"url": url}}, wire, "de")

    async def told(self, kind: str) -> dict:
        """Wait until the application has handled an event of that type."""
        async with asyncio.timeout(10):
            while True:
                for event in self.seed.events:
                    if event["type"] == kind:
                        return event
                await asyncio.sleep(0.02)


@pytest.fixture
async def stage(tmp_path: Path, speech: FakeSpeech) -> AsyncIterator[Stage]:
    settings = {"webhooks__allow_private": True, "numbers": {"+15550100": "twilio"}}
    async with world_in(tmp_path, speech, **settings) as world:
        seed = SeedApp(world.client)
        async with TestServer(seed.app) as hook, ClientSession(hook.make_url("/")) as carrier:
            made = await world.post(
                "/v1/webhook_endpoints",
                {"url": str(hook.make_url("/webhooks/kallglot")), "events": ["*"]},
            )
            seed.secret = made["secret"]
            yield Stage(world, seed, carrier)


async def test_a_call_through_twilio_is_translated_ended_and_analysed(stage):
    document = await stage.post("/webhooks/twilio/voice", CallSid="CA1", **TWILIO)
    customer = await stage.ring(document, "CA1")
    session = await stage.world.get(f"/v1/sessions/{stage.seed.sessions['CA1']}")
    agent = await stage.world.agent(session)
    await customer.says("Guten Tag")
    assert await agent.hears("Good day")
    await agent.says("How are you")
    assert await customer.hears("Wie geht es Ihnen")
    await stage.post("/webhooks/twilio/status", CallSid="CA1", CallStatus="completed")
    ended = await stage.told("session.ended")
    assert ended["data"]["metadata"]["from"] == TWILIO["From"]
    assert f"Session {session['id']} ended after {ended['data']['duration']}s" in stage.seed.log
    assert ended["data"]["duration"] > 1
    assert f"{session['id']} twilio CA1 connected" in stage.seed.log
    await stage.told("analysis.complete")
    assert set(stage.seed.db[session["id"]]) == {"sentiment", "summary"}


async def test_a_stopped_stream_ends_the_session(stage):
    document = await stage.post("/webhooks/twilio/voice", CallSid="CA1", **TWILIO)
    customer = await stage.ring(document, "CA1")
    await customer.says("Guten Tag")
    stage.seed.sessions["MZ1"] = stage.seed.sessions["CA1"]
    await stage.post("/webhooks/twilio/stream-status", StreamSid="MZ1", StreamStatus="stopped")
    assert (await stage.told("session.ended"))["data"]["end_reason"] == "completed"


async def test_the_customers_number_routes_and_metadata_comes_back(stage):
    document = await stage.post("/twilio/incoming", CallSid="CA7", **TWILIO)
    customer = await stage.ring(document, "CA7")
    await customer.says("Guten Tag")
    started = await stage.told("session.started")
    assert started["data"]["provider"] == "twilio"
    assert started["data"]["metadata"] == {
        "twilio_call_sid": "CA7",
        "from_number": TWILIO["From"],
        "to_number": TWILIO["To"],
    }


async def test_an_outbound_call_finds_the_token_when_it_is_answered(stage):
    session = await stage.seed.create_kallglot_session(
        {"mode": "bidirectional_translation", "source_language": "de", "target_language": "en"}
    )
    document = await stage.post(f"/webhooks/twilio/outbound?session_id={session['id']}")
    await (await stage.ring(document, "CA2")).says("Guten Tag")
    assert (await stage.told("session.started"))["data"]["id"] == session["id"]


async def test_each_participant_of_a_conference_is_listened_to_for_their_language(stage):
    document = await stage.post("/webhooks/twilio/conference", CallSid="CA3", ConferenceSid="CF1")
    await (await stage.ring(document, "CA3")).says("Guten Tag")
    segment = await stage.told("transcript.segment")
    assert segment["data"]["language"] == "de"


async def test_a_call_through_telnyx_ends_with_its_hangup_cause(stage):
    payload = {"call_control_id": "v3:abc", **TELNYX}
    document = await stage.post_json("/webhooks/telnyx/voice", {"data": {"payload": payload}})
    customer = await stage.ring(document, "v3:abc", telnyx=True)
    await customer.says("Guten Tag")
    hangup = {"call_control_id": "v3:abc", "hangup_cause": "normal_clearing"}
    for event in ("call.answered", "streaming.started", "call.hangup"):
        body = {"data": {"event_type": event, "payload": hangup}}
        await stage.post_json("/webhooks/telnyx/status", body)
    assert (await stage.told("session.ended"))["data"]["end_reason"] == "normal_clearing"


async def test_too_many_requests_make_the_application_say_that_it_is_busy(tmp_path, speech):
    async with world_in(tmp_path, speech, rate_limit=1) as world:
        seed = SeedApp(world.client)
        async with TestServer(seed.app) as hook, ClientSession(hook.make_url("/")) as carrier:
            stage = Stage(world, seed, carrier)
            await world.get("/v1/sessions")
            busy = await stage.post("/webhooks/twilio/voice", CallSid="CA1", **TWILIO)
            assert "<Hangup/>" in busy
            body = {"data": {"payload": {"call_control_id": "v3:abc", **TELNYX}}}
            assert '<Reject reason="busy"/>' in await stage.post_json(
                "/webhooks/telnyx/voice", body
            )


async def test_without_capacity_the_caller_is_connected_untranslated(tmp_path, speech):
    async with world_in(tmp_path, speech, max_sessions=1) as world:
        seed = SeedApp(world.client)
        await world.create()
        async with TestServer(seed.app) as hook, ClientSession(hook.make_url("/")) as carrier:
            stage = Stage(world, seed, carrier)
            document = await stage.post("/webhooks/twilio/voice", CallSid="CA1", **TWILIO)
            assert "<Dial>+14155550123</Dial>" in document
