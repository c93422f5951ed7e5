"""Carriers ask what to do with calls to our numbers, and tell how they get on."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import attrs
import pytest
from aiohttp.test_utils import TestClient, TestServer

from kallglot.api.app import create_app
from kallglot.model.connection import ProviderConnection
from kallglot.model.leg import Leg
from kallglot.model.phone_number import NumberProfile, PhoneNumber
from kallglot.model.session import Status
from kallglot.providers import discover
from kallglot.testing import TelnyxKey, TwilioKey
from kallglot.testing.signing import twilio_headers

pytestmark = pytest.mark.real_time

PUBLIC = "https://calls.example.com"
NUMBER = "+15550100100"
OTHER = "+15550100200"
FALLBACK = "+15550188"
CALLER = "+4915510001000"
KEY = TwilioKey("0123456789abcdef0123456789abcdef")
STRANGER = TwilioKey("f" * 32)
PROFILE = NumberProfile(
    source_language="de", target_language="en", greeting="Guten Tag", is_recorded=True
)


@attrs.define
class Carrier:
    """Twilio, as it sends its webhooks, and what is behind the server."""

    client: TestClient
    store: object
    calls: object
    organization: str
    clock: object

    async def connect(self, provider: str, name: str, credentials: dict, **fields) -> str:
        now = self.clock()
        owner = fields.pop("organization_id", self.organization)
        made = ProviderConnection(name, owner, "live", provider, name, {}, now, now, **fields)
        await self.store.connections.add(made, credentials)
        return name

    async def own(self, number: str, connection: str, profile=PROFILE, **fields) -> PhoneNumber:
        now = self.clock()
        owned = PhoneNumber(
            **{
                "id": f"num_{number[1:]}",
                "organization_id": self.organization,
                "environment": "live",
                "number": number,
                "provider": "twilio",
                "connection_id": connection,
                "created_at": now,
                "updated_at": now,
                "profile": profile,
            }
            | fields
        )
        await self.store.phone_numbers.add(owned)
        return owned

    async def tell(self, path: str, fields: dict, key: TwilioKey = KEY, **headers):
        pairs = list(fields.items())
        url = f"{PUBLIC}/providers/twilio/{path}"
        return await self.client.post(
            f"/providers/twilio/{path}",
            data=urlencode(pairs).encode(),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                **twilio_headers(key, url, pairs),
                **headers,
            },
        )

    async def rings(self, call: str = "CA1", to: str = NUMBER, **more):
        return await self.tell("voice", voice(call, to), **more)

    async def sessions(self) -> list:
        return [session for session, _ in await self.store.sessions.list_living()]


def voice(call: str = "CA1", to: str = NUMBER) -> dict[str, str]:
    return {
        "CallSid": call,
        "AccountSid": "AC" + "0" * 32,
        "From": CALLER,
        "To": to,
        "CallStatus": "ringing",
        "Direction": "inbound",
    }


def status(call: str, said: str, number: int = 0) -> dict[str, str]:
    return voice(call) | {"CallStatus": said, "SequenceNumber": str(number)}


async def document(response) -> ET.Element:
    text = await response.text()
    assert response.status == 200, text
    return ET.fromstring(text)


def verbs(said: ET.Element) -> list[str]:
    return [verb.tag for verb in said]


@pytest.fixture
async def served(store, calls, settings, clock) -> AsyncIterator[TestClient]:
    app = create_app(store, calls, settings, providers=discover(), clock=clock)
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
async def twilio(served, store, calls, organization, clock) -> Carrier:
    carrier = Carrier(served, store, calls, organization, clock)
    account = {"account_sid": "AC" + "0" * 32, "auth_token": KEY.auth_token}
    await carrier.connect("twilio", "pcon_ours", account)
    await carrier.own(NUMBER, "pcon_ours")
    return carrier


async def test_a_call_becomes_a_session_by_the_numbers_profile(twilio, store, organization):
    said = await document(await twilio.rings())
    assert verbs(said) == ["Say", "Connect"]
    assert (said[0].text, said[0].attrib["language"]) == ("Guten Tag", "de-DE")
    (session,) = await twilio.sessions()
    stream = said[1][0]
    assert stream.attrib["url"] == f"wss://calls.example.com/v1/sessions/{session.id}/connect"
    assert stream.attrib["statusCallback"] == f"{PUBLIC}/providers/twilio/stream"
    assert said[1].attrib["action"].startswith(f"{PUBLIC}/providers/twilio/after?attempt=1&at=")
    given = {one.attrib["name"]: one.attrib["value"] for one in stream}
    assert (given["session_id"], given["participant"]) == (session.id, "customer")
    await store.tokens.check(given["token"], session.id, twilio.clock())
    assert (session.organization_id, session.environment) == (organization, "live")
    assert (session.source_language, session.target_language) == ("de", "en")
    assert session.is_recorded
    assert session.metadata == {"from": CALLER, "to": NUMBER, "call_id": "CA1"}
    assert (session.routing.call_id, session.routing.connection_id) == ("CA1", "pcon_ours")
    assert session.id in twilio.calls.living


@pytest.mark.parametrize(
    "path", ["nobody/voice", "twilio/nothing", "browser/voice", "telnyx/events", "twilio/machine"]
)
async def test_what_is_not_served_is_not_there(twilio, path):
    response = await twilio.client.post(f"/providers/{path}")
    assert response.status == 404


async def test_nobody_is_believed_who_does_not_sign_and_all_are_told_the_same(twilio):
    answers = [
        await twilio.rings(key=STRANGER),
        await twilio.rings(to=OTHER, key=STRANGER),
        await twilio.client.post("/providers/twilio/voice", data=b"\xff\xfe"),
        await twilio.client.post("/providers/twilio/voice"),
        await twilio.client.post("/providers/telnyx/voice", json={}),
        await twilio.rings(**{"X-Twilio-Signature": "é"}),
    ]
    for each in answers:
        assert (each.status, await each.read()) == (403, b"")
    assert await twilio.sessions() == []


async def test_the_url_is_the_one_of_the_settings_and_never_of_the_host(twilio):
    fields = list(voice().items())
    signed = twilio_headers(KEY, "https://elsewhere.example/providers/twilio/voice", fields)
    response = await twilio.rings(**signed, Host="elsewhere.example")
    assert response.status == 403


async def test_more_than_a_webhook_has_is_not_read(twilio):
    response = await twilio.client.post("/providers/twilio/voice", data=b"x" * 70_000)
    assert response.status == 413


async def test_what_has_been_listened_in_on_is_no_use(twilio):
    assert (await twilio.rings()).status == 200
    assert (await twilio.rings()).status == 403
    assert len(await twilio.sessions()) == 1


async def test_a_call_that_is_asked_about_anew_keeps_its_session(twilio):
    await twilio.rings()
    again = await document(await twilio.tell("voice", voice() | {"ErrorCode": "11200"}))
    assert verbs(again) == ["Say", "Connect"]
    assert len(await twilio.sessions()) == 1


@pytest.mark.parametrize("fields", [{"profile": None}, {"status": "inactive"}])
async def test_a_number_that_we_do_not_answer_is_not_in_service(twilio, fields):
    await twilio.own(OTHER, "pcon_ours", **fields)
    for number in (OTHER, "+15550100999"):
        said = await document(await twilio.rings(f"CA{number}", number))
        assert (verbs(said), said[0].attrib) == (["Reject"], {"reason": "rejected"})
    assert await twilio.sessions() == []


async def test_nobody_speaks_for_the_numbers_and_calls_of_others(twilio, store):
    theirs = await store.organizations.add("Other", twilio.clock())
    account = {"account_sid": "AC" + "f" * 32, "auth_token": STRANGER.auth_token}
    await twilio.connect("twilio", "pcon_theirs", account, organization_id=theirs.id)
    said = await document(await twilio.rings("CA9", key=STRANGER))
    assert verbs(said) == ["Reject"]
    await twilio.rings("CA1")
    response = await twilio.tell("status", status("CA1", "completed"), STRANGER)
    assert response.status == 204
    said = await document(await twilio.tell("after", status("CA1", "in-progress"), STRANGER))
    assert verbs(said) == ["Hangup"]
    (session,) = await twilio.sessions()
    assert twilio.calls.ended == []
    await twilio.tell("status", status("CA1", "completed"))
    assert twilio.calls.ended == [(session.id, "completed")]


async def test_credentials_that_are_taken_away_sign_nothing_any_more(twilio, store):
    await twilio.rings("CA1")
    connection = await store.connections.get("pcon_ours")
    await store.connections.save(connection, attrs.evolve(connection, status="disabled"))
    assert (await twilio.rings("CA2")).status == 403


async def test_who_finds_the_server_full_hears_that_it_is_busy(twilio):
    twilio.calls.is_full = True
    said = await document(await twilio.rings())
    assert (verbs(said), said[0].attrib) == (["Reject"], {"reason": "busy"})
    assert await twilio.sessions() == []


@pytest.mark.parametrize(
    ("changes", "heard"),
    [
        ({"rate_limit": 0}, ["Reject"]),
        ({"max_concurrent_sessions": 0}, ["Reject"]),
        ({"api_credits": 0}, ["Dial", "Hangup"]),
        ({"status": "inactive"}, ["Dial", "Hangup"]),
        ({"status": "suspended"}, ["Reject"]),
    ],
)
async def test_an_organization_is_called_no_more_than_it_may_create(
    twilio, store, organization, changes, heard
):
    await twilio.own(OTHER, "pcon_ours", attrs.evolve(PROFILE, fallback_number=FALLBACK))
    await store.organizations.change(organization, changes, twilio.clock())
    assert verbs(await document(await twilio.rings("CA1", OTHER))) == heard
    assert await twilio.sessions() == []


async def test_a_credit_is_spent_on_a_call_as_on_a_session(twilio, store, organization):
    await store.organizations.change(organization, {"api_credits": 1}, twilio.clock())
    assert "Connect" in verbs(await document(await twilio.rings("CA1")))
    assert verbs(await document(await twilio.rings("CA2"))) == ["Reject"]
    assert await store.organizations.credits_used(organization, twilio.clock()) == 1


@pytest.fixture
def untranslated(store, calls, settings, clock):
    return create_app(
        store,
        calls,
        settings,
        providers=discover(),
        clock=clock,
        translates=lambda source, target: False,
    )


async def test_callers_are_put_through_to_somebody_when_nothing_translates(twilio, untranslated):
    await twilio.own(OTHER, "pcon_ours", attrs.evolve(PROFILE, fallback_number=FALLBACK))
    async with TestClient(TestServer(untranslated)) as client:
        twilio.client = client
        said = await document(await twilio.rings("CA1", OTHER))
        assert verbs(said) == ["Dial", "Hangup"]
        assert said[0][0].text == FALLBACK
        assert verbs(await document(await twilio.rings("CA2"))) == ["Reject"]
    assert await twilio.sessions() == []


async def test_callers_are_put_through_while_the_engines_are_loading(
    twilio, store, calls, settings, clock
):
    await twilio.own(OTHER, "pcon_ours", attrs.evolve(PROFILE, fallback_number=FALLBACK))
    app = create_app(
        store,
        calls,
        settings,
        providers=discover(),
        clock=clock,
        checks={"speech": lambda: "the engines are loading"},
    )
    async with TestClient(TestServer(app)) as client:
        twilio.client = client
        assert verbs(await document(await twilio.rings("CA1", OTHER))) == ["Dial", "Hangup"]


@pytest.mark.parametrize("times", [1, 3])
async def test_a_call_that_is_over_ends_its_session_once_however_often_it_is_said(twilio, times):
    await twilio.rings()
    (session,) = await twilio.sessions()
    for number in range(times):
        for _ in range(2):
            told = await twilio.tell("status", status("CA1", "completed", number))
            assert told.status == 204
        await twilio.tell("status", status("CA1", "in-progress", number))
    assert twilio.calls.ended == [(session.id, "completed")]


async def test_a_call_that_was_over_before_it_was_asked_about_is_not_answered(twilio):
    await twilio.tell("status", status("CA1", "canceled"))
    said = await document(await twilio.rings())
    assert verbs(said) == ["Hangup"]
    assert await twilio.sessions() == []


async def test_a_caller_whose_stream_broke_is_connected_again(twilio):
    first = await document(await twilio.rings())
    url = first[1].attrib["action"]
    fields = status("CA1", "in-progress")
    for attempt in (2, 3, 4, 5):
        path = url.removeprefix(f"{PUBLIC}/providers/twilio/")
        said = await document(await twilio.tell(path, fields))
        assert verbs(said)[-1] == "Connect"
        url = said[-1].attrib["action"]
        assert f"attempt={attempt}" in url
    (session,) = await twilio.sessions()
    assert session.id in said[-1][0].attrib["url"]
    path = url.removeprefix(f"{PUBLIC}/providers/twilio/")
    assert verbs(await document(await twilio.tell(path, fields))) == ["Hangup"]


async def test_a_caller_whose_session_is_over_is_hung_up_on(twilio, store):
    first = await document(await twilio.rings())
    (session,) = await twilio.sessions()
    await store.sessions.save(attrs.evolve(session, status=Status.ENDING), None)
    path = first[1].attrib["action"].removeprefix(f"{PUBLIC}/providers/twilio/")
    said = await document(await twilio.tell(path, status("CA1", "in-progress")))
    assert verbs(said) == ["Hangup"]


async def test_a_caller_who_has_hung_up_does_not_come_back(twilio):
    first = await document(await twilio.rings())
    path = first[1].attrib["action"].removeprefix(f"{PUBLIC}/providers/twilio/")
    said = await document(await twilio.tell(path, status("CA1", "completed")))
    assert verbs(said) == ["Hangup"]
    assert len(twilio.calls.ended) == 1


async def test_numbers_are_not_in_the_log_in_full(twilio, caplog):
    with caplog.at_level("DEBUG"):
        await twilio.rings()
        await twilio.rings("CA2", "+15550100999")
        await twilio.tell("status", status("CA1", "completed"))
    for number in (CALLER, NUMBER, "+15550100999"):
        assert number[1:] not in caplog.text


async def test_what_cannot_be_understood_is_said_to_be_so(twilio):
    assert (await twilio.tell("voice", {"From": CALLER})).status == 400


async def test_telnyx_is_answered_in_its_own_dialect(twilio):
    key = TelnyxKey()
    account = {
        "api_key": "KEY0123456789",
        "public_key": key.public,
        "texml_application_id": "1",
        "account_id": "2",
    }
    await twilio.connect("telnyx", "pcon_telnyx", account)
    await twilio.own(OTHER, "pcon_telnyx", provider="telnyx")

    async def tell(path: str, fields: dict):
        body = urlencode(fields).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        signed = key.headers(body, twilio.clock())
        return await twilio.client.post(
            f"/providers/telnyx/{path}", data=body, headers=headers | signed
        )

    said = await document(await tell("voice", voice("v3:1", OTHER)))
    assert verbs(said) == ["Say", "Connect"]
    assert said[1][0].attrib["bidirectionalMode"] == "rtp"
    (session,) = await twilio.sessions()
    told = await tell("status", status("v3:1", "completed"))
    assert (told.status, await told.text()) == (200, "")
    assert twilio.calls.ended == [(session.id, "completed")]


async def test_who_is_hung_up_on_by_the_api_is_not_connected_again(twilio, store, organization):
    first = await document(await twilio.rings())
    (session,) = await twilio.sessions()
    leg = Leg(
        id="leg_1",
        session_id=session.id,
        provider="twilio",
        participant="customer",
        status="connected",
        connected_at=twilio.clock(),
        call_id="CA1",
    )
    twilio.calls.living[session.id] = [leg]
    made = await store.keys.create(organization, twilio.clock())
    response = await twilio.client.post(
        f"/v1/sessions/{session.id}/hangup",
        json={"leg_id": "leg_1"},
        headers={"Authorization": f"Bearer {made.text}"},
    )
    assert response.status == 200
    path = first[1].attrib["action"].removeprefix(f"{PUBLIC}/providers/twilio/")
    said = await document(await twilio.tell(path, status("CA1", "in-progress")))
    assert verbs(said) == ["Hangup"]


async def test_one_account_may_be_connected_twice_and_each_answers_its_own_numbers(twilio, store):
    theirs = await store.organizations.add("Other", twilio.clock())
    account = {"account_sid": "AC" + "0" * 32, "auth_token": KEY.auth_token}
    await twilio.connect("twilio", "pcon_theirs", account, organization_id=theirs.id)
    await twilio.own(OTHER, "pcon_theirs", organization_id=theirs.id)
    for call, number in (("CA1", NUMBER), ("CA2", OTHER)):
        assert "Connect" in verbs(await document(await twilio.rings(call, number)))
    owners = {each.organization_id for each in await twilio.sessions()}
    assert owners == {twilio.organization, theirs.id}


async def test_a_webhook_that_names_no_account_is_tried_with_all(twilio):
    fields = {name: value for name, value in voice().items() if name != "AccountSid"}
    assert "Connect" in verbs(await document(await twilio.tell("voice", fields)))


async def test_a_server_that_was_started_again_takes_its_callers_back(
    twilio, store, calls, settings, clock
):
    first = await document(await twilio.rings())
    path = first[1].attrib["action"].removeprefix(f"{PUBLIC}/providers/twilio/")
    app = create_app(store, calls, settings, providers=discover(), clock=clock)
    async with TestClient(TestServer(app)) as client:
        twilio.client = client
        said = await document(await twilio.tell(path, status("CA1", "in-progress")))
        assert verbs(said) == ["Connect"]
        await twilio.tell("status", status("CA1", "completed"))
        assert len(calls.ended) == 1


async def test_what_is_told_of_streams_ends_no_session(twilio, caplog):
    await twilio.rings()
    for event in ("stream-started", "stream-stopped", "stream-error"):
        fields = {"CallSid": "CA1", "AccountSid": "AC" + "0" * 32, "StreamSid": "MZ1"}
        assert (await twilio.tell("stream", fields | {"StreamEvent": event})).status == 204
    assert twilio.calls.ended == []
    assert "a stream failed" in caplog.text
