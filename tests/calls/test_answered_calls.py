"""Numbers that this server answers by itself: nobody has written an application for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest

from kallglot.model.connection import ProviderConnection
from kallglot.model.phone_number import NumberProfile, PhoneNumber
from kallglot.testing import (
    LiveCall,
    Manner,
    TelnyxAccount,
    TelnyxCarrier,
    TwilioCarrier,
    WebhookFaults,
)
from tests.calls.conftest import Caller, World, world_in
from tests.fakes.speech import FakeSpeech

NUMBER = "+15550100100"
PROFILE = NumberProfile(
    source_language="de",
    target_language="en",
    greeting="Willkommen. Ihr Anruf wird übersetzt.",
    is_recorded=True,
)
#: Half of what is told comes twice, and half of it late.
UNRULY = Manner(webhooks=WebhookFaults(doubled=0.5, overtaken=0.5, delay=0.05))


@attrs.define
class Stage:
    """A server with a number of its own, and who calls it."""

    world: World

    async def own(self, provider: str, credentials: dict, profile: NumberProfile = PROFILE) -> None:
        store, now = self.world.server.store, time.time()
        (organization,) = await store.organizations.all()
        connection = ProviderConnection(
            "pcon_1", organization.id, "live", provider, provider, {}, now, now
        )
        await store.connections.add(connection, credentials)
        number = PhoneNumber(
            id="num_1",
            organization_id=organization.id,
            environment="live",
            number=NUMBER,
            provider=provider,
            connection_id=connection.id,
            created_at=now,
            updated_at=now,
            profile=profile,
        )
        await store.phone_numbers.add(number)

    def url(self, path: str) -> str:
        return f"{self.world.server.url}/providers/{path}"

    async def customer(self, call: LiveCall, count: int = 1) -> Caller:
        return Caller(await call.line.streaming(count), "de")

    async def session(self) -> dict:
        """Return the one session that there is."""
        (session,) = (await self.world.get("/v1/sessions"))["data"]
        return await self.world.get(f"/v1/sessions/{session['id']}")

    async def ended(self) -> dict:
        async with asyncio.timeout(10):
            while (session := await self.session())["status"] != "ended":
                await asyncio.sleep(0.02)
        return session


@pytest.fixture
async def stage(tmp_path: Path, speech: FakeSpeech) -> AsyncIterator[Stage]:
    async with world_in(tmp_path, speech) as world:
        yield Stage(world)


async def twilio_number(stage: Stage, twilio: TwilioCarrier) -> None:
    account = twilio.account
    credentials = {"account_sid": account.sid, "auth_token": account.key.auth_token}
    await stage.own("twilio", credentials)
    twilio.own(NUMBER, stage.url("twilio/voice"), status_callback=stage.url("twilio/status"))


async def converse(customer: Caller, agent: Caller) -> None:
    await customer.says("Guten Tag")
    assert await agent.hears("Good day")
    await agent.says("How are you")
    assert await customer.hears("Wie geht es Ihnen")


async def test_a_call_through_twilio_is_answered_and_translated_by_nobody_but_us(stage):
    async with TwilioCarrier() as twilio:
        await twilio_number(stage, twilio)
        call = twilio.ring(NUMBER)
        customer = await stage.customer(call)
        session = await stage.session()
        assert session["source_language"] == "de"
        agent = await stage.world.agent(session)
        await converse(customer, agent)
        assert "hears a prompt" in twilio.journal.of(call.sid)
        call.hang_up()
        assert await call.ended() == "completed"
        assert (await stage.ended())["end_reason"] == "completed"
        assert call.line.complaints == []


async def test_a_call_through_telnyx_is_answered_and_translated_by_nobody_but_us(stage):
    account = TelnyxAccount()
    async with TelnyxCarrier(account) as telnyx:
        credentials = {
            "api_key": account.api_key,
            "public_key": account.key.public,
            "texml_application_id": "1",
            "account_id": "2",
        }
        await stage.own("telnyx", credentials)
        telnyx.own(
            NUMBER,
            voice_url=stage.url("telnyx/voice"),
            status_callback=stage.url("telnyx/status"),
        )
        call = telnyx.ring_texml(NUMBER)
        customer = await stage.customer(call)
        agent = await stage.world.agent(await stage.session())
        await converse(customer, agent)
        call.hang_up()
        assert await call.ended() == "completed"
        assert (await stage.ended())["end_reason"] == "completed"


@pytest.mark.parametrize("manner", [Manner(), UNRULY], ids=["in order", "unruly"])
async def test_a_caller_whose_stream_is_cut_comes_back_into_the_same_session(stage, manner):
    async with TwilioCarrier(manner=manner) as twilio:
        await twilio_number(stage, twilio)
        call = twilio.ring(NUMBER)
        customer = await stage.customer(call)
        session = await stage.session()
        agent = await stage.world.agent(session)
        await converse(customer, agent)
        await call.drop()
        customer = await stage.customer(call, 2)
        assert (await stage.session())["id"] == session["id"]
        await customer.says("Auf Wiederhören")
        assert await agent.hears("Goodbye")
        call.hang_up()
        assert await call.ended() == "completed"
        await twilio.settled()
        assert (await stage.ended())["end_reason"] == "completed"
        assert len(call.line.phones) == 2


async def test_a_session_that_is_ended_ends_its_call(stage):
    async with TwilioCarrier() as twilio:
        await twilio_number(stage, twilio)
        call = twilio.ring(NUMBER)
        customer = await stage.customer(call)
        session = await stage.session()
        await converse(customer, await stage.world.agent(session))
        await stage.world.post(f"/v1/sessions/{session['id']}/end")
        assert await call.ended() == "completed"
        assert len(call.line.phones) == 1


async def test_a_caller_who_was_hung_up_on_is_not_connected_again(stage):
    async with TwilioCarrier() as twilio:
        await twilio_number(stage, twilio)
        call = twilio.ring(NUMBER)
        customer = await stage.customer(call)
        session = await stage.session()
        await converse(customer, await stage.world.agent(session))
        await stage.world.post(f"/v1/sessions/{session['id']}/hangup", {"participant": "customer"})
        assert await call.ended() == "completed"
        assert len(call.line.phones) == 1
