"""A whole simulated Twilio against a small application."""

from __future__ import annotations

import base64

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from kallglot.testing import Manner, Person, TwilioCarrier, WebhookFaults, plays
from tests.simulators.customer import serving

pytestmark = pytest.mark.real_time

NUMBER = "+15550100100"
TOKEN = "0123456789abcdef0123456789abcdef"  # it is made up


@pytest.fixture
async def customer():
    async with serving() as customer:
        yield customer


@pytest.fixture
async def twilio():
    async with TwilioCarrier() as twilio:
        yield twilio


@pytest.fixture
async def rest(twilio):
    account = twilio.account
    headers = {"Authorization": aiohttp.encode_basic_auth(account.sid, account.key.auth_token)}
    async with aiohttp.ClientSession(twilio.api_url, headers=headers) as client:
        yield Rest(client, f"/2010-04-01/Accounts/{account.sid}")


class Rest:
    def __init__(self, client, root):
        self.client, self.root = client, root

    async def ask(self, method, path, **given):
        async with self.client.request(method, f"{self.root}{path}.json", **given) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None


def stream(customer, **attributes):
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<Response><Connect action="/after"><Stream url="{customer.stream_url()}"{written}>'
        '<Parameter name="session" value="s_41"/></Stream></Connect></Response>'
    )


async def test_a_call_streams_until_the_server_closes_and_then_asks_what_next(customer, twilio):
    customer.documents = [stream(customer, statusCallback=customer.url("/told")), "<Response/>"]
    twilio.own(NUMBER, customer.url("/voice"), status_callback=customer.url("/told"))
    call = twilio.ring(NUMBER)
    assert await call.ended() == "completed"
    await twilio.settled()
    assert [form["CallStatus"] for form in customer.forms] == ["ringing", "in-progress"]
    hello, start, media = customer.frames[:3]
    assert hello == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start["start"]["customParameters"] == {"session": "s_41"}
    assert start["start"]["callSid"] == call.sid
    assert media["media"]["chunk"] == "1"
    told = [form.get("StreamEvent") or form["CallStatus"] for form in customer.told]
    assert sorted(told) == ["completed", "stream-started", "stream-stopped"]


async def test_everything_it_sends_is_signed_as_twilio_signs(customer, twilio):
    customer.documents = [stream(customer, statusCallback=customer.url("/told")), "<Response/>"]
    twilio.own(NUMBER, customer.url("/voice?a=%2B1&b=x%20y"), status_callback=customer.url("/told"))
    await twilio.ring(NUMBER).ended()
    await twilio.settled()
    validator = RequestValidator(TOKEN)
    first = customer.requests[0]
    assert validator.validate(
        customer.url("/voice?a=%2B1&b=x%20y"), customer.forms[0], first[2]["X-Twilio-Signature"]
    )
    upgrade = customer.upgrades[0]
    assert upgrade["User-Agent"] == "Twilio.TmeWs/1.0"
    assert validator.validate(customer.stream_url(), {}, upgrade["X-Twilio-Signature"])


async def test_a_document_may_be_asked_for_with_get(customer, twilio):
    twilio.own(NUMBER, customer.url("/voice"), voice_method="GET")
    await twilio.ring(NUMBER).ended()
    url, body, headers = customer.requests[0]
    assert customer.forms[0]["To"] == NUMBER
    assert body == b""
    assert RequestValidator(TOKEN).validate(url, {}, headers["X-Twilio-Signature"])


async def test_what_the_server_plays_is_heard_and_its_marks_come_back(customer, twilio):
    sound = base64.b64encode(b"\x10" * 320).decode()

    def says(start):
        sid = start["streamSid"]
        return [
            {"event": "media", "streamSid": sid, "media": {"payload": sound}},
            {"event": "mark", "streamSid": sid, "mark": {"name": "u1:0040"}},
            {"event": "mark", "streamSid": sid},
        ]

    customer.says, customer.stays = says, 6
    customer.documents = [stream(customer), "<Response/>"]
    twilio.own(NUMBER, customer.url("/voice"))
    call = twilio.ring(NUMBER)
    await call.ended()
    assert "u1:0040" in [one["mark"]["name"] for one in customer.frames if one["event"] == "mark"]
    assert call.line.heard[0].audible()
    assert call.line.complaints == ["31951: a malformed 'mark'"]


async def test_a_stream_that_is_not_taken_is_told_and_the_document_goes_on(customer, twilio):
    document = stream(customer, statusCallback=customer.url("/told"))
    customer.documents = [document.replace("/stream", "/nowhere"), "<Response/>"]
    twilio.own(NUMBER, customer.url("/voice"))
    assert await twilio.ring(NUMBER).ended() == "completed"
    await twilio.settled()
    assert customer.told[0]["StreamEvent"] == "stream-error"
    assert customer.told[0]["StreamError"].startswith("31920")
    assert len(customer.forms) == 2


async def test_a_cut_cable_is_followed_by_the_action_and_a_second_stream(customer, twilio):
    customer.stays = 10_000
    customer.documents = [stream(customer)]
    twilio.own(NUMBER, customer.url("/voice"))
    call = twilio.ring(NUMBER)
    await call.line.streaming()
    await call.drop()
    await call.line.streaming(2)
    call.hang_up()
    assert await call.ended() == "completed"
    starts = [frame for frame in customer.frames if frame["event"] == "start"]
    assert len({start["streamSid"] for start in starts}) == 2
    assert {start["start"]["callSid"] for start in starts} == {call.sid}


async def test_an_outbound_call_is_told_of_step_by_step(customer, twilio, rest):
    form = {
        "To": "+15550100200",
        "From": NUMBER,
        "Twiml": "<Response><Say>Hello</Say></Response>",
        "StatusCallback": customer.url("/told"),
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
    }
    status, body = await rest.ask("POST", "/Calls", data=form)
    assert (status, body["status"], body["direction"]) == (201, "queued", "outbound-api")
    assert await twilio.calls[body["sid"]].ended() == "completed"
    await twilio.settled()
    told = sorted(customer.told, key=lambda one: int(one["SequenceNumber"]))
    assert [one["CallStatus"] for one in told] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert (await rest.ask("GET", f"/Calls/{body['sid']}"))[1]["status"] == "completed"


@pytest.mark.parametrize(
    ("outcome", "status", "sip"),
    [("busy", "busy", "486"), ("unreachable", "failed", "404"), ("rejects", "busy", "486")],
)
async def test_a_call_that_is_not_answered_says_why(customer, twilio, rest, outcome, status, sip):
    twilio.people["+15550100200"] = Person(outcome)
    form = {
        "To": "+15550100200",
        "From": NUMBER,
        "Url": customer.url("/voice"),
        "StatusCallback": customer.url("/told"),
    }
    _, body = await rest.ask("POST", "/Calls", data=form)
    assert await twilio.calls[body["sid"]].ended() == status
    await twilio.settled()
    assert [one["SipResponseCode"] for one in customer.told] == [sip]
    assert customer.forms == []


async def test_an_answering_machine_is_told_at_once_or_afterwards(customer, twilio, rest):
    twilio.people["+15550100200"] = Person(is_machine=True)
    form = {
        "To": "+15550100200",
        "From": NUMBER,
        "Url": customer.url("/voice"),
        "MachineDetection": "Enable",
    }
    _, body = await rest.ask("POST", "/Calls", data=form)
    await twilio.calls[body["sid"]].ended()
    assert customer.forms[0]["AnsweredBy"] == "machine_start"
    told = {"AsyncAmd": "true", "AsyncAmdStatusCallback": customer.url("/told")}
    _, body = await rest.ask("POST", "/Calls", data=form | told)
    await twilio.calls[body["sid"]].ended()
    await twilio.settled()
    assert "AnsweredBy" not in customer.forms[1]
    assert customer.told[0]["AnsweredBy"] == "machine_start"


async def test_a_call_is_hung_up_and_instructed_by_rest(customer, twilio, rest):
    customer.stays = 10_000
    customer.documents = [stream(customer)]
    twilio.own(NUMBER, customer.url("/voice"))
    call = twilio.ring(NUMBER)
    await call.line.streaming()
    path = f"/Calls/{call.sid}"
    document = "<Response><Dial><Conference>Room</Conference></Dial></Response>"
    assert (await rest.ask("POST", path, data={"Twiml": document}))[0] == 200
    await customer.until(lambda: call.sid in twilio.rooms.members("Room"))
    assert (await rest.ask("POST", path, data={"Status": "completed"}))[0] == 200
    assert await call.ended() == "completed"
    assert twilio.rooms.members("Room") == frozenset()
    status, body = await rest.ask("POST", path, data={"Status": "completed"})
    assert (status, body["code"]) == (404, 20404)
    status, body = await rest.ask("POST", path, data={"Twiml": document})
    assert (status, body["code"]) == (400, 21220)


async def test_a_dialled_call_ends_in_its_action(customer, twilio):
    twilio.people["+15550100300"] = Person("busy")
    dial = '<Response><Dial action="/after"><Number>+15550100300</Number></Dial></Response>'
    customer.documents = [dial, "<Response/>"]
    twilio.own(NUMBER, customer.url("/voice"))
    assert await twilio.ring(NUMBER).ended() == "completed"
    assert customer.forms[1]["DialCallStatus"] == "busy"


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"To": "5551234567"}, 400, 21211),
        ({"From": ""}, 400, 20001),
        ({"Url": ""}, 400, 20001),
        ({"Url": "", "Twiml": "x" * 4001}, 400, 32018),
        ({"StatusCallbackEvent": "initiated ringing"}, 400, 20001),
        ({"MachineDetection": "yes"}, 400, 20001),
        ({"Timeout": "601"}, 400, 20001),
        ({"Tiemout": "60"}, 400, 20001),
    ],
)
async def test_a_request_that_twilio_does_not_take_is_refused(rest, form, status, code):
    whole = {"To": "+15550100200", "From": NUMBER, "Url": "https://a.example/v"} | form
    answered, body = await rest.ask("POST", "/Calls", data=whole)
    assert (answered, body["code"], body["status"]) == (status, code, status)
    assert body["more_info"].endswith(str(code))


async def test_others_are_not_let_in(twilio):
    headers = {"Authorization": aiohttp.encode_basic_auth(twilio.account.sid, "wrong")}
    path = f"/2010-04-01/Accounts/{twilio.account.sid}.json"
    async with aiohttp.ClientSession(twilio.api_url) as client:
        for given in ({}, headers, {"Authorization": "Basic ???"}):
            async with client.get(path, headers=given) as answer:
                assert (answer.status, (await answer.json())["code"]) == (401, 20003)


async def test_the_api_fails_when_it_is_told_to(twilio, rest):
    twilio.api.refuse(429, 20429, "Too Many Requests")
    assert (await rest.ask("GET", "/Calls"))[0] == 429
    assert (await rest.ask("GET", "/Calls"))[1]["calls"] == []


async def test_numbers_are_searched_bought_configured_and_released(twilio, rest):
    query = {"AreaCode": "808", "VoiceEnabled": "true", "PageSize": "2"}
    _, found = await rest.ask("GET", "/AvailablePhoneNumbers/US/Local", params=query)
    number = found["available_phone_numbers"][0]["phone_number"]
    status, bought = await rest.ask(
        "POST", "/IncomingPhoneNumbers", data={"PhoneNumber": number, "VoiceUrl": "https://a/v"}
    )
    assert (status, bought["voice_url"]) == (201, "https://a/v")
    path = f"/IncomingPhoneNumbers/{bought['sid']}"
    _, changed = await rest.ask("POST", path, data={"StatusCallback": "https://a/s"})
    assert (changed["voice_url"], changed["status_callback"]) == ("https://a/v", "https://a/s")
    _, listed = await rest.ask("GET", "/IncomingPhoneNumbers", params={"PhoneNumber": number})
    assert [one["sid"] for one in listed["incoming_phone_numbers"]] == [bought["sid"]]
    assert (await rest.ask("DELETE", path))[0] == 204
    assert (await rest.ask("GET", path))[0] == 404


async def test_webhooks_are_lost_doubled_and_late_on_request(customer):
    faults = WebhookFaults(lost=0.3, doubled=0.3, overtaken=0.3, delay=0.02)
    async with TwilioCarrier(manner=Manner(webhooks=faults, seed=5)) as twilio:
        twilio.own(NUMBER, customer.url("/voice"), status_callback=customer.url("/told"))
        calls = [twilio.ring(NUMBER) for _ in range(40)]
        for call in calls:
            assert await call.ended() == "completed"
        await twilio.settled()
    told = [one["CallSid"] for one in customer.told]
    assert 20 <= len(set(told)) < 36, "some are lost"
    assert len(told) > len(set(told)), "some come twice"
    assert len(customer.forms) == 40, "documents never are"


async def test_a_participant_is_muted_and_dropped_and_the_conference_ends(customer, twilio, rest):
    room = "<Response><Dial><Conference>{}</Conference></Dial></Response>"
    customer.documents = [room.format("Room")]
    twilio.own(NUMBER, customer.url("/voice"))
    first, second = twilio.ring(NUMBER), twilio.ring(NUMBER)
    await customer.until(lambda: len(twilio.rooms.members("Room")) == 2)
    query = {"FriendlyName": "Room", "Status": "in-progress"}
    _, found = await rest.ask("GET", "/Conferences", params=query)
    path = f"/Conferences/{found['conferences'][0]['sid']}"
    one = f"{path}/Participants/{first.sid}"
    assert (await rest.ask("POST", one, data={"Muted": "true"}))[1]["muted"]
    assert (await rest.ask("DELETE", one))[0] == 204
    assert await first.ended() == "completed"
    assert (await rest.ask("GET", one))[1]["code"] == 20404
    _, left = await rest.ask("GET", f"{path}/Participants")
    assert [each["call_sid"] for each in left["participants"]] == [second.sid]
    assert (await rest.ask("POST", path, data={"Status": "completed"}))[0] == 200
    assert await second.ended() == "completed"


async def test_a_person_plays_a_sound_and_hangs_up(customer, twilio):
    customer.stays = 10_000
    customer.documents = [stream(customer)]
    twilio.own(NUMBER, customer.url("/voice"))
    tone = b"\x00\x20" * 1600
    call = twilio.ring(NUMBER, Person(talk=plays([tone], patience=0.2), leaves=True))
    assert await call.ended() == "completed"
    assert call.line.phones[0].handset.said.audible()
    await customer.until(lambda: customer.frames[-1]["event"] == "stop")


async def test_keys_are_gathered_and_sent_to_the_action(customer, twilio):
    customer.documents = [
        '<Response><Gather numDigits="2" action="/after"><Say>Press</Say></Gather></Response>',
        "<Response/>",
    ]
    twilio.own(NUMBER, customer.url("/voice"))
    call = twilio.ring(NUMBER)
    call.line.keys = "123"
    await call.ended()
    assert customer.forms[1]["Digits"] == "12"
