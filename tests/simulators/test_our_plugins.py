"""Our plugins and the simulated carriers, which share nothing, understand each other."""

from __future__ import annotations

import aiohttp
import pytest

from kallglot.carriers.client import CallOrder, NumberSearch, NumberSetup
from kallglot.carriers.facts import CallEnded
from kallglot.carriers.line import CarrierLine, Conduct
from kallglot.carriers.steps import (
    ConnectStream,
    CopyStream,
    Dial,
    GoTo,
    HangUp,
    JoinConference,
    Number,
    PlayAudio,
    PressKeys,
    SipAddress,
    Speak,
    Step,
    TurnAway,
    Wait,
)
from kallglot.errors import CarrierDeclined
from kallglot.testing import Person, TelnyxCarrier, TwilioCarrier
from kallglot.testing.documents import read
from plugins.telnyx import texml
from plugins.telnyx.clients import CommandClient, DocumentClient
from plugins.telnyx.settings import TelnyxSettings
from plugins.twilio import twiml
from plugins.twilio.rest import TwilioClient
from plugins.twilio.settings import TwilioSettings
from tests.simulators.customer import serving

pytestmark = pytest.mark.real_time

NUMBER, CALLEE = "+15550100100", "+15550100200"
STREAM = ConnectStream(
    "wss://calls.example.com/media/tk",
    {"session": "s_41"},
    after_url="https://calls.example.com/after",
    status_url="https://calls.example.com/stream",
)
STEPS: tuple[Step, ...] = (
    Speak("Willkommen & guten Tag", "de-DE"),
    PlayAudio("https://calls.example.com/hold.mp3"),
    Wait(2),
    STREAM,
    CopyStream("wss://calls.example.com/media/tk2", tracks="both"),
    Dial(Number(CALLEE), NUMBER, after_url="https://calls.example.com/next"),
    Dial(SipAddress("sip:agent@pbx.example.com", "user", "secret")),
    JoinConference("Room", "agent", ends_it=True),
    GoTo("https://calls.example.com/next"),
    TurnAway(),
    HangUp(),
    PressKeys("1w2"),
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
@pytest.mark.parametrize("dialect", ["twilio", "telnyx"])
def test_a_carrier_understands_every_step_of_ours(step, dialect):
    if dialect == "telnyx" and isinstance(step, PressKeys):
        pytest.skip("TeXML presses no keys")
    written = (twiml if dialect == "twilio" else texml).inline([step])
    document = read(written, dialect)
    assert document.remarks == ()
    assert len(document.verbs) == 1, written


@pytest.fixture
async def customer():
    async with serving() as customer:
        yield customer


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


def lined(session, name, origin, carrier):
    return CarrierLine(session, name, Conduct(instead={origin: carrier.api_url}))


async def test_our_twilio_client_does_with_a_simulated_account_what_it_promises(session, customer):
    async with TwilioCarrier() as twilio:
        account = twilio.account
        settings = TwilioSettings(account.sid, account.key.auth_token)
        line = lined(session, "pcon_1", "https://api.twilio.com", twilio)
        client = TwilioClient(settings, line)
        assert (await client.verify()).id == account.sid
        offered = await client.search_numbers(NumberSearch("US", area="808", limit=2))
        setup = NumberSetup(voice_url=customer.url("/voice"), status_url=customer.url("/told"))
        owned = await client.buy_number(offered[0].number, setup)
        assert (await client.numbers(owned.number))[0].voice_url == customer.url("/voice")
        steps = (JoinConference("Room"),)
        order = CallOrder(
            Number(CALLEE, "1"), owned.number, "k", steps, status_url=customer.url("/told")
        )
        placed = await client.place(order)
        call = twilio.calls[placed.call_id]
        await customer.until(lambda: call.sid in twilio.rooms.members("Room"))
        await client.mute(call.sid, "Room", True)
        assert twilio.rooms.named("Room").members[call.sid].is_muted
        assert not any(isinstance(fact, CallEnded) for fact in await client.look_up(call.sid))
        await client.carry_out(call.sid, (Wait(1), JoinConference("Other")))
        await customer.until(lambda: call.sid in twilio.rooms.members("Other"))
        await client.drop(call.sid, "Other")
        assert await call.ended() == "completed"
        await client.hang_up(call.sid)
        assert any(isinstance(fact, CallEnded) for fact in await client.look_up(call.sid))
        await client.release_number(owned.id)
        assert await client.numbers() == ()


async def test_our_telnyx_client_does_with_a_simulated_account_what_it_promises(session, customer):
    async with TelnyxCarrier() as telnyx:
        owned = telnyx.own(NUMBER, events_url=customer.url("/events"))
        settings = TelnyxSettings(
            telnyx.account.api_key, telnyx.account.key.public, owned.settings["connection_id"]
        )
        line = lined(session, "pcon_2", "https://api.telnyx.com", telnyx)
        client = CommandClient(settings, line)
        await client.verify()
        offered = await client.search_numbers(NumberSearch("US", area="970"))
        await client.buy_number(offered[0].number, NumberSetup())
        assert len(await client.numbers()) == 2
        telnyx.people[CALLEE] = Person()
        placed = await client.place(CallOrder(Number(CALLEE), NUMBER, "k"))
        call = telnyx.calls[placed.call_id]
        await customer.until(lambda: call.was_answered)
        url = f"ws://127.0.0.1:{customer.server.port}/stream"
        customer.stays = 10_000
        await client.carry_out(call.id, (ConnectStream(url, {"session": "s"}, token="t"),))
        await call.line.streaming()
        await customer.until(lambda: len(customer.frames) > 2)
        await client.hang_up(call.id)
        assert await call.ended() == "normal_clearing"
        await client.hang_up(call.id)
        assert call.line.complaints == []


async def test_our_texml_client_places_a_call_and_learns_its_name_from_the_webhook(
    session, customer
):
    customer.documents = ["<Response><Dial><Conference>Room</Conference></Dial></Response>"]
    async with TelnyxCarrier() as telnyx:
        owned = telnyx.own(NUMBER, voice_url=customer.url("/voice"))
        settings = TelnyxSettings(
            telnyx.account.api_key,
            telnyx.account.key.public,
            texml_application_id=owned.settings["connection_id"],
            account_id=telnyx.account.id,
        )
        line = lined(session, "pcon_3", "https://api.telnyx.com", telnyx)
        client = DocumentClient(settings, line)
        url = customer.url("/voice")
        placed = await client.place(CallOrder(Number(CALLEE), NUMBER, "k", steps_url=url))
        assert placed.call_id is None
        (call,) = telnyx.document_calls.values()
        await customer.until(lambda: call.sid in telnyx.rooms.members("Room"))
        assert customer.forms[0]["CallSid"] == call.sid
        await client.mute(call.sid, "Room", True)
        await client.hang_up(call.sid)
        assert await call.ended() == "completed"


async def test_a_refusal_of_the_carrier_reaches_our_client_as_one(session):
    async with TwilioCarrier() as twilio:
        settings = TwilioSettings(twilio.account.sid, "f" * 32)
        line = lined(session, "pcon_4", "https://api.twilio.com", twilio)
        with pytest.raises(CarrierDeclined):
            await TwilioClient(settings, line).verify()
