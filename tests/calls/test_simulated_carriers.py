"""The seed applications are called by whole carriers, which nobody has an account with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest
from aiohttp import ClientSession, encode_basic_auth
from aiohttp.test_utils import TestServer

from kallglot.testing import (
    Faults,
    LiveCall,
    Manner,
    TelnyxCarrier,
    TwilioCarrier,
    WebhookFaults,
)
from tests.calls.conftest import Caller, World, world_in
from tests.calls.seedapps import SeedApp
from tests.fakes.speech import FakeSpeech

NUMBER = "+15550100100"

#: The seeds ask for both tracks of a `<Connect>`, which Twilio documents as an error.
LENIENT = Manner(is_strict=False)


@attrs.define
class Stage:
    """The server, and the customer's application where the carriers reach it."""

    world: World
    seed: SeedApp
    hook: TestServer

    def url(self, path: str) -> str:
        return str(self.hook.make_url(path))

    async def customer(self, call: LiveCall, count: int = 1) -> Caller:
        return Caller(await call.line.streaming(count), "de")

    async def agent(self, call_id: str) -> Caller:
        session = await self.world.get(f"/v1/sessions/{self.seed.sessions[call_id]}")
        return await self.world.agent(session)

    async def told(self, kind: str) -> dict:
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
        async with TestServer(seed.app) as hook:
            made = await world.post(
                "/v1/webhook_endpoints",
                {"url": str(hook.make_url("/webhooks/kallglot")), "events": ["*"]},
            )
            seed.secret = made["secret"]
            yield Stage(world, seed, hook)


async def test_a_call_through_twilio_is_translated_and_ends_when_the_caller_hangs_up(stage):
    async with TwilioCarrier(manner=LENIENT) as twilio:
        status = stage.url("/webhooks/twilio/status")
        twilio.own(NUMBER, stage.url("/webhooks/twilio/voice"), status_callback=status)
        call = twilio.ring(NUMBER)
        customer, agent = await stage.customer(call), await stage.agent(call.sid)
        await customer.says("Guten Tag")
        assert await agent.hears("Good day")
        await agent.says("How are you")
        assert await customer.hears("Wie geht es Ihnen")
        call.hang_up()
        assert await call.ended() == "completed"
        assert (await stage.told("session.ended"))["data"]["end_reason"] == "completed"
        assert call.line.complaints == []
        assert "hears a prompt" in twilio.journal.of(call.sid)


async def test_a_call_through_telnyx_is_translated_and_ends_when_the_caller_hangs_up(stage):
    async with TelnyxCarrier(manner=LENIENT) as telnyx:
        telnyx.own(
            NUMBER,
            voice_url=stage.url("/webhooks/telnyx/voice"),
            status_callback=stage.url("/webhooks/telnyx/status"),
            is_json=True,
        )
        call = telnyx.ring_texml(NUMBER)
        customer, agent = await stage.customer(call), await stage.agent(call.sid)
        await customer.says("Guten Tag")
        assert await agent.hears("Good day")
        await agent.says("How are you")
        assert await customer.hears("Wie geht es Ihnen")
        call.hang_up()
        assert await call.ended() == "completed"
        assert (await stage.told("session.ended"))["data"]["end_reason"] == "normal_clearing"
        assert call.line.complaints == []


async def test_an_outbound_call_of_the_rest_api_is_connected_when_it_is_answered(stage):
    async with TwilioCarrier(manner=LENIENT) as twilio:
        session = await stage.world.create()
        account = twilio.account
        headers = {"Authorization": encode_basic_auth(account.sid, account.key.auth_token)}
        path = f"/2010-04-01/Accounts/{account.sid}/Calls.json"
        url = stage.url(f"/webhooks/twilio/outbound?session_id={session['id']}")
        form = {"To": "+4915510001000", "From": NUMBER, "Url": url}
        async with (
            ClientSession(twilio.api_url, headers=headers) as rest,
            rest.post(path, data=form) as answer,
        ):
            assert answer.status == 201
            call = twilio.calls[(await answer.json())["sid"]]
        customer = await stage.customer(call)
        agent = await stage.world.agent(session)
        await customer.says("Guten Tag")
        assert await agent.hears("Good day")
        call.hang_up()
        assert await call.ended() == "completed"


@pytest.mark.parametrize("carrier", ["twilio", "telnyx"])
async def test_a_network_that_loses_and_reorders_frames_is_translated_through(stage, carrier):
    disorder = 0.05 if carrier == "telnyx" else 0.0  # Twilio's frames keep their order
    faults = Faults(loss=0.0, disorder=disorder, jitter=0.01)
    bad = Manner(
        is_strict=False,
        media=faults,
        webhooks=WebhookFaults(doubled=0.5, overtaken=0.5, delay=0.05),
    )
    if carrier == "twilio":
        async with TwilioCarrier(manner=bad) as twilio:
            twilio.own(NUMBER, stage.url("/webhooks/twilio/voice"))
            await _is_understood(stage, twilio.ring(NUMBER))
    else:
        async with TelnyxCarrier(manner=bad) as telnyx:
            telnyx.own(NUMBER, voice_url=stage.url("/webhooks/telnyx/voice"), is_json=True)
            await _is_understood(stage, telnyx.ring_texml(NUMBER))


async def _is_understood(stage: Stage, call: LiveCall) -> None:
    customer, agent = await stage.customer(call), await stage.agent(call.sid)
    await customer.says("Guten Tag")
    assert await agent.hears("Good day")
    call.hang_up()
    await call.ended()


async def test_a_strict_twilio_does_not_connect_both_tracks(stage):
    async with TwilioCarrier() as twilio:
        twilio.own(NUMBER, stage.url("/webhooks/twilio/voice"))
        call = twilio.ring(NUMBER)
        assert await call.ended() == "completed"
        assert call.line.phones == []
        assert any("31941" in what for what in twilio.journal.of(call.sid))
