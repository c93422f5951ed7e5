"""Plugins and simulated carriers, which share nothing, understand each other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import attrs
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from kallglot.carriers.callstate import Call, Ended, learn
from kallglot.carriers.client import CallOrder, CarrierClient, NumberSearch, NumberSetup
from kallglot.carriers.facts import (
    CallAnswered,
    CallFact,
    CallIncoming,
    PromptEnded,
    StepsWanted,
    StreamStopped,
)
from kallglot.carriers.line import CarrierLine, Conduct
from kallglot.carriers.replays import Replays
from kallglot.carriers.steps import ConnectStream, HangUp, Number, PickUp, Speak, Step, TurnAway
from kallglot.carriers.webhook import WebhookRequest
from kallglot.errors import NotAuthenticated
from kallglot.providers import Provider
from kallglot.testing import Manner, TelnyxCarrier, TwilioCarrier, WebhookFaults
from plugins.telnyx import provider as telnyx
from plugins.telnyx.settings import TelnyxSettings
from plugins.twilio import provider as twilio
from plugins.twilio.settings import TwilioSettings

pytestmark = pytest.mark.real_time

NUMBER = "+15550100100"
CONTINUES = (CallAnswered, PromptEnded, StreamStopped)
UNTIDY = WebhookFaults(doubled=0.5, overtaken=0.5, delay=0.02)


@attrs.define
class Desk:
    """The least that can answer calls: webhooks in, steps out, streams accepted."""

    provider: Provider
    settings: Any
    steps: Sequence[Step] = ()
    client: CarrierClient | None = None
    origin: str = ""
    calls: dict[str, Call] = attrs.field(factory=dict)
    left: dict[str, Sequence[Step]] = attrs.field(factory=dict)
    facts: list[CallFact] = attrs.field(factory=list)
    refused: int = 0
    streams: int = 0
    replays: Replays = attrs.field(factory=Replays)

    async def webhook(self, request: web.Request) -> web.Response:
        url = f"{self.origin}{request.raw_path}"
        body = await request.read()
        asked = WebhookRequest(request.method, url, request.headers, body)
        try:
            self.provider.verify(asked, self.settings, time.time())
        except NotAuthenticated:
            self.refused += 1
            raise web.HTTPForbidden from None
        webhook = self.provider.webhook(request.match_info["suffix"])
        delivery = webhook.read(asked)
        new = delivery.facts if self.replays.is_new(delivery.key, time.time()) else ()
        for fact in new:
            await self._learn(fact, is_commanded=webhook.render is None)
        document = webhook.nothing
        if webhook.render is not None:
            document = webhook.render(self.steps)
        return web.Response(
            body=document.body, status=document.status, content_type=document.media_type
        )

    async def _learn(self, fact: CallFact, *, is_commanded: bool) -> None:
        self.facts.append(fact)
        call_id = str(fact.call_id)
        before = self.calls.get(call_id, Call())
        self.calls[call_id] = learn(before, fact)
        if not is_commanded or self.client is None:
            return
        steps: Sequence[Step] = ()
        if isinstance(fact, StepsWanted):
            steps = self.steps
        elif isinstance(fact, CONTINUES):
            steps = self.left.pop(call_id, ())
        if steps and not isinstance(self.calls[call_id].progress, Ended):
            self.left[call_id] = await self.client.carry_out(call_id, steps)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        url = f"{self.origin.replace('http', 'ws')}{request.raw_path}"
        asked = WebhookRequest("GET", url, request.headers)
        self.provider.admit(asked, self.settings, "token" if self.client else None)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.streams += 1
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
        return socket

    async def until_ended(self, call_id: str) -> Ended:
        async with asyncio.timeout(5):
            while True:
                progress = self.calls.get(call_id, Call()).progress
                if isinstance(progress, Ended):
                    return progress
                await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(desk: Desk) -> AsyncIterator[Desk]:
    app = web.Application()
    app.router.add_route("*", "/providers/{suffix}", desk.webhook)
    app.router.add_get("/stream/{token}", desk.stream)
    async with TestServer(app) as server:
        desk.origin = str(server.make_url("")).rstrip("/")
        desk.steps = (
            PickUp("tag"),
            Speak("Willkommen.", "de"),
            ConnectStream(
                f"{desk.origin.replace('http', 'ws')}/stream/tk_1",
                {"session": "s_1"},
                status_url=f"{desk.origin}/providers/stream",
                token="token" if desk.provider is telnyx else None,
            ),
            HangUp(),
        )
        yield desk


@asynccontextmanager
async def asking(provider: Provider, settings: Any, there: Any) -> AsyncIterator[CarrierClient]:
    conduct = Conduct(
        instead={
            "https://api.twilio.com": there.api_url,
            "https://api.telnyx.com": there.api_url,
        }
    )
    async with aiohttp.ClientSession() as session:
        yield provider.client(settings, CarrierLine(session, "pcon_1", conduct))


def twilio_settings(there: TwilioCarrier) -> TwilioSettings:
    return TwilioSettings(there.account.sid, there.account.key.auth_token)


def telnyx_settings(there: TelnyxCarrier, connection_id: str | None = None) -> TelnyxSettings:
    account = there.account
    return TelnyxSettings(account.api_key, account.key.public, connection_id)


async def test_twilio_calls_and_is_greeted_connected_and_forgotten():
    async with (
        TwilioCarrier(manner=Manner(webhooks=UNTIDY)) as there,
        serving(Desk(twilio, twilio_settings(there))) as desk,
    ):
        voice = f"{desk.origin}/providers/voice"
        there.own(NUMBER, voice, status_callback=f"{desk.origin}/providers/status")
        call = there.ring(NUMBER)
        await call.line.streaming()
        call.hang_up()
        assert await call.ended() == "completed"
        assert await desk.until_ended(call.sid) == Ended("completed", was_answered=True)
    assert (desk.refused, desk.streams) == (0, 1)
    assert isinstance(desk.facts[0], CallIncoming)
    assert call.line.complaints == []


async def test_twilio_hears_that_we_are_busy():
    async with (
        TwilioCarrier() as there,
        serving(Desk(twilio, twilio_settings(there))) as desk,
    ):
        desk.steps = (TurnAway(),)
        there.own(NUMBER, f"{desk.origin}/providers/voice")
        assert await there.ring(NUMBER).ended() == "busy"


async def test_twilio_places_calls_changes_and_ends_them():
    async with TwilioCarrier() as there:
        settings = twilio_settings(there)
        async with (
            serving(Desk(twilio, settings)) as desk,
            asking(twilio, settings, there) as client,
        ):
            assert (await client.verify()).id == there.account.sid
            order = CallOrder(
                Number("+4915510001000"),
                NUMBER,
                "k",
                steps=desk.steps,
                status_url=f"{desk.origin}/providers/status",
            )
            placed = await client.place(order)
            call = there.calls[placed.call_id]
            await call.line.streaming()
            await client.carry_out(placed.call_id, desk.steps)
            await call.line.streaming(2)
            await client.hang_up(placed.call_id)
            assert await desk.until_ended(placed.call_id) == Ended("completed", was_answered=True)
            assert CallAnswered(placed.call_id) in await client.look_up(placed.call_id)
            await client.hang_up(placed.call_id)


async def test_twilio_sells_numbers():
    async with (
        TwilioCarrier() as there,
        asking(twilio, twilio_settings(there), there) as client,
    ):
        (offered, *_) = await client.search_numbers(NumberSearch("US", limit=2))
        setup = NumberSetup("https://x.example/voice", None, "https://x.example/status")
        owned = await client.buy_number(offered.number, setup)
        assert owned.voice_url == "https://x.example/voice"
        assert await client.numbers(offered.number) == (owned,)
        await client.release_number(owned.id)
        assert await client.numbers() == ()


async def test_telnyx_calls_by_texml_and_is_greeted_connected_and_forgotten():
    async with (
        TelnyxCarrier(manner=Manner(webhooks=UNTIDY)) as there,
        serving(Desk(telnyx, telnyx_settings(there))) as desk,
    ):
        there.own(
            NUMBER,
            voice_url=f"{desk.origin}/providers/voice",
            status_callback=f"{desk.origin}/providers/status",
        )
        call = there.ring_texml(NUMBER)
        await call.line.streaming()
        call.hang_up()
        assert await call.ended() == "completed"
        assert await desk.until_ended(call.sid) == Ended("completed", was_answered=True)
    assert desk.refused == 0
    assert call.line.complaints == []


@pytest.mark.parametrize("webhooks", [WebhookFaults(), UNTIDY], ids=["tidy", "untidy"])
async def test_telnyx_calls_and_is_commanded(webhooks):
    async with TelnyxCarrier(manner=Manner(webhooks=webhooks)) as there:
        settings = telnyx_settings(there)
        async with (
            serving(Desk(telnyx, settings)) as desk,
            asking(telnyx, settings, there) as client,
        ):
            desk.client = client
            there.own(NUMBER, events_url=f"{desk.origin}/providers/events")
            call = there.ring(NUMBER)
            await call.line.streaming()
            assert call.client_state == "dGFn"
            await client.hang_up(call.id)
            assert await call.ended() == "normal_clearing"
            assert await desk.until_ended(call.id) == Ended("completed", was_answered=True)
    assert desk.refused == 0


async def test_telnyx_places_calls_and_ends_them():
    async with TelnyxCarrier() as there:
        settings = telnyx_settings(there)
        async with serving(Desk(telnyx, settings)) as desk:
            there.own(NUMBER, events_url=f"{desk.origin}/providers/events")
            settings = telnyx_settings(there, there.connection_of(NUMBER))
            async with asking(telnyx, settings, there) as client:
                order = CallOrder(Number("+4915510001000"), NUMBER, "k", tag="t")
                placed = await client.place(order)
                call = there.calls[placed.call_id]
                assert await call.answered()
                await client.hang_up(placed.call_id)
                assert await desk.until_ended(placed.call_id)
                await client.hang_up(placed.call_id)
