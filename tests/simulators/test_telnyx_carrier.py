"""A whole simulated Telnyx against a small application."""

from __future__ import annotations

import base64
import json

import aiohttp
import pytest
from telnyx.lib.webhook_verification import verify_webhook_signature

from kallglot.testing import Person, TelnyxCarrier
from tests.simulators.customer import serving

pytestmark = pytest.mark.real_time

NUMBER = "+15550100100"
CALLEE = "+15550100200"


@pytest.fixture
async def customer():
    async with serving() as customer:
        yield customer


@pytest.fixture
async def telnyx():
    async with TelnyxCarrier() as telnyx:
        yield telnyx


class Rest:
    def __init__(self, client):
        self.client = client

    async def ask(self, method, path, body=None, **query):
        async with self.client.request(
            method, f"/v2{path}", json=body, params=query or None
        ) as answer:
            return answer.status, await answer.json()

    async def command(self, call, name, **body):
        return await self.ask("POST", f"/calls/{call.id}/actions/{name}", body)


@pytest.fixture
async def rest(telnyx):
    headers = {"Authorization": f"Bearer {telnyx.account.api_key}"}
    async with aiohttp.ClientSession(telnyx.api_url, headers=headers) as client:
        yield Rest(client)


def stream(customer):
    return {
        "stream_url": customer.stream_url(),
        "stream_track": "inbound_track",
        "stream_codec": "PCMU",
        "stream_bidirectional_mode": "rtp",
        "stream_bidirectional_codec": "PCMU",
        "stream_auth_token": "one-shot",
    }


def dialled(telnyx, **more):
    connection = telnyx.numbers.find(NUMBER).settings["connection_id"]
    return {"connection_id": connection, "to": CALLEE, "from": NUMBER} | more


async def test_a_parked_call_is_answered_streamed_and_hung_up(customer, telnyx, rest):
    customer.stays = 10_000
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    call = telnyx.ring(NUMBER)
    await customer.until(lambda: "call.initiated" in customer.kinds())
    assert not call.was_answered
    assert (await rest.command(call, "answer", client_state="eA=="))[1] == {
        "data": {"result": "ok"}
    }
    parameters = [{"name": "session", "value": "s_51"}]
    body = stream(customer) | {"custom_parameters": parameters}
    assert (await rest.command(call, "streaming_start", **body))[0] == 200
    await call.line.streaming()
    assert customer.upgrades[0]["x-telnyx-streaming-auth-token"] == "one-shot"
    await customer.until(lambda: len(customer.frames) > 3)
    start = customer.frames[1]["start"]
    assert start["call_control_id"] == call.id
    assert start["client_state"] == "eA=="
    assert start["custom_parameters"] == parameters
    await rest.command(call, "hangup")
    assert await call.ended() == "normal_clearing"
    await telnyx.settled()
    assert sorted(customer.kinds()) == [
        "call.answered",
        "call.hangup",
        "call.initiated",
        "streaming.started",
        "streaming.stopped",
    ]
    await customer.until(lambda: customer.frames[-1]["event"] == "stop")
    assert (await rest.command(call, "hangup"))[1]["errors"][0]["code"] == "90018"


async def test_events_are_signed_as_telnyx_signs(customer, telnyx):
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    call = telnyx.ring(NUMBER)
    call.hang_up()
    await call.ended()
    await telnyx.settled()
    assert len(customer.requests) == 2
    for _, body, headers in customer.requests:
        verify_webhook_signature(body.decode(), headers, telnyx.account.key.public)


async def test_an_event_that_is_not_taken_comes_again_with_the_same_id(customer, telnyx):
    customer.answers = 500
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    telnyx.ring(NUMBER)
    await telnyx.settled()
    assert len({event["data"]["id"] for event in customer.events}) == 1
    assert [event["meta"]["attempt"] for event in customer.events] == [1, 2, 3]


async def test_a_dialled_call_opens_its_socket_before_it_is_answered(customer, telnyx, rest):
    customer.stays = 10_000
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    telnyx.people[CALLEE] = Person(after=0.3)
    _, body = await rest.ask("POST", "/calls", dialled(telnyx, **stream(customer)))
    call = telnyx.calls[body["data"]["call_control_id"]]
    await customer.until(lambda: len(customer.frames) == 1)
    assert customer.frames[0]["event"] == "connected"
    assert not call.was_answered
    await customer.until(lambda: len(customer.frames) > 1)
    assert customer.frames[1]["event"] == "start"
    assert call.was_answered
    call.hang_up()
    assert await call.ended() == "normal_clearing"


async def test_nobody_answers_and_the_socket_ends_without_a_stop(customer, telnyx, rest):
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    telnyx.people[CALLEE] = Person("busy", after=0.2)
    _, body = await rest.ask("POST", "/calls", dialled(telnyx, **stream(customer)))
    call = telnyx.calls[body["data"]["call_control_id"]]
    assert await call.ended() == "user_busy"
    await telnyx.settled()
    assert [frame["event"] for frame in customer.frames] == ["connected"]
    assert set(customer.kinds()) == {"call.initiated", "call.hangup"}


async def test_a_server_that_closes_the_stream_keeps_the_call(customer, telnyx, rest):
    customer.stays = 3
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    call = telnyx.ring(NUMBER)
    await rest.command(call, "answer", **stream(customer))
    await customer.until(lambda: "streaming.stopped" in customer.kinds())
    assert call.is_alive
    assert (await rest.command(call, "streaming_start", **stream(customer)))[0] == 200
    await call.line.streaming(2)


async def test_a_stream_that_is_not_taken_is_told(customer, telnyx, rest):
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    call = telnyx.ring(NUMBER)
    url = {"stream_url": customer.stream_url() + "/nowhere"}
    await rest.command(call, "answer", **(stream(customer) | url))
    await customer.until(lambda: "streaming.failed" in customer.kinds())
    failed = next(e for e in customer.events if e["data"]["event_type"] == "streaming.failed")
    assert failed["data"]["payload"]["failure_reason"] == "connection_failed"
    assert call.is_alive


async def test_raw_audio_is_not_heard_in_the_mode_that_is_telnyxs_default(customer, telnyx, rest):
    payload = base64.b64encode(b"\x10" * 160).decode()
    customer.says = lambda start: [{"event": "media", "media": {"payload": payload}}]
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    call = telnyx.ring(NUMBER)
    await rest.command(call, "answer", stream_url=customer.stream_url())
    await customer.until(lambda: "streaming.stopped" in customer.kinds())
    assert call.line.complaints == ["100004 invalid_media: the stream's mode is mp3"]


async def test_a_key_is_told_twice(customer, telnyx, rest):
    customer.stays = 10_000
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    call = telnyx.ring(NUMBER)
    await rest.command(call, "answer", **stream(customer))
    await call.line.streaming()
    call.press("5")
    await customer.until(lambda: "call.dtmf.received" in customer.kinds())
    await customer.until(lambda: any(one["event"] == "dtmf" for one in customer.frames))


async def test_a_transfer_rings_another_leg_and_bridges(customer, telnyx, rest):
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    telnyx.people[CALLEE] = Person(stays=0.1)
    call = telnyx.ring(NUMBER)
    await rest.command(call, "answer")
    await rest.command(call, "transfer", to=CALLEE)
    await customer.until(lambda: "call.hangup" in customer.kinds())
    assert customer.kinds().count("call.bridged") == 2
    assert call.is_alive
    telnyx.people[CALLEE] = Person("busy")
    await rest.command(call, "transfer", to=CALLEE)
    await customer.until(lambda: customer.kinds().count("call.hangup") == 2)
    assert call.is_alive, "leg A survives a transfer that fails"


async def test_an_answering_machine_is_told(customer, telnyx, rest):
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    telnyx.people[CALLEE] = Person(is_machine=True)
    await rest.ask("POST", "/calls", dialled(telnyx, answering_machine_detection="detect"))
    await customer.until(lambda: "call.machine.detection.ended" in customer.kinds())
    assert customer.events[-1]["data"]["payload"]["result"] == "machine"


async def test_texml_is_asked_for_with_a_signed_form_and_followed(customer, telnyx):
    callback = customer.url("/told")
    attributes = f'bidirectionalMode="rtp" statusCallback="{callback}"'
    stream = f'<Stream url="{customer.stream_url()}" {attributes}/>'
    customer.documents = [f"<Response><Connect>{stream}</Connect></Response>"]
    telnyx.own(NUMBER, voice_url=customer.url("/voice"), status_callback=customer.url("/told"))
    call = telnyx.ring_texml(NUMBER)
    assert await call.ended() == "completed"
    await telnyx.settled()
    assert customer.forms[0]["CallSid"] == call.sid
    assert customer.forms[0]["CallSidLegacy"] == call.sid
    assert customer.frames[1]["start"]["call_control_id"] == call.sid
    for _, body, headers in customer.requests:
        verify_webhook_signature(body.decode(), headers, telnyx.account.key.public)
    told = {form.get("StreamEvent") or form["CallStatus"] for form in customer.told}
    assert told == {"in-progress", "completed", "stream-started", "stream-stopped"}


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"to": "5551234567"}, "10016", "/to"),
        ({"to": ""}, "10004", "/to"),
        ({"connection_id": "unknown"}, "10015", "/connection_id"),
        ({"timeout_secs": 3}, "10033", "/timeout_secs"),
        ({"stream_track": "both"}, "10032", "/stream_track"),
    ],
)
async def test_a_request_that_telnyx_does_not_take_is_refused(telnyx, rest, change, code, pointer):
    telnyx.own(NUMBER, events_url="http://127.0.0.1:9/events")
    status, body = await rest.ask("POST", "/calls", dialled(telnyx, **change))
    assert status == 422
    assert body["errors"][0]["code"] == code
    assert body["errors"][0]["source"] == {"pointer": pointer}


async def test_others_are_not_let_in_and_what_is_not_there_is_not_found(telnyx, rest):
    async with (
        aiohttp.ClientSession(telnyx.api_url) as client,
        client.get("/v2/phone_numbers") as answer,
    ):
        assert (await answer.json())["errors"][0]["code"] == "10009"
        assert answer.status == 401
    assert (await rest.ask("GET", "/nowhere"))[0] == 404
    assert (await rest.ask("GET", "/calls/v3:none"))[1]["errors"][0]["code"] == "90015"
    telnyx.api.refuse(503, "10007")
    assert (await rest.ask("GET", "/phone_numbers"))[0] == 503


async def test_numbers_are_searched_ordered_moved_and_released(customer, telnyx, rest):
    _, made = await rest.ask(
        "POST",
        "/call_control_applications",
        {"application_name": "a", "webhook_event_url": customer.url("/events")},
    )
    connection = made["data"]["id"]
    _, found = await rest.ask(
        "GET", "/available_phone_numbers", **{"filter[national_destination_code]": "970"}
    )
    number = found["data"][0]["phone_number"]
    _, order = await rest.ask(
        "POST",
        "/number_orders",
        {"phone_numbers": [{"phone_number": number}], "connection_id": connection},
    )
    assert order["data"]["status"] == "pending"
    await customer.until(lambda: customer.kinds() == ["number_order.complete"])
    _, listed = await rest.ask("GET", "/phone_numbers", **{"filter[phone_number]": number})
    (owned,) = listed["data"]
    assert owned["connection_id"] == connection
    telnyx.ring(number)
    await customer.until(lambda: "call.initiated" in customer.kinds())
    path = f"/phone_numbers/{owned['id']}"
    _, moved = await rest.ask("PATCH", path, {"connection_id": "1"})
    assert moved["data"]["connection_id"] == "1"
    assert (await rest.ask("DELETE", path))[0] == 200
    assert (await rest.ask("GET", path))[0] == 404


async def test_an_application_is_changed_with_its_name(telnyx, rest):
    texml = {"friendly_name": "b", "voice_url": "https://a.example/v"}
    _, made = await rest.ask("POST", "/texml_applications", texml)
    assert made["data"]["voice_method"] == "get", "POST has to be asked for"
    path = f"/texml_applications/{made['data']['id']}"
    assert (await rest.ask("PATCH", path, {"voice_method": "post"}))[0] == 422
    body = {"friendly_name": "b", "voice_method": "post"}
    _, changed = await rest.ask("PATCH", path, body)
    assert changed["data"]["voice_method"] == "post"
    assert json.dumps(changed).count("https://a.example/v") == 1


async def test_legs_meet_in_a_conference_and_leave_it(customer, telnyx, rest):
    telnyx.own(NUMBER, events_url=customer.url("/events"))
    legs = [telnyx.ring(NUMBER), telnyx.ring(NUMBER)]
    for leg in legs:
        await rest.command(leg, "answer")
    asked = {"call_control_id": legs[0].id, "name": "Room"}
    _, made = await rest.ask("POST", "/conferences", asked)
    assert (await rest.ask("POST", "/conferences", asked))[1]["errors"][0]["code"] == "90033"
    path = f"/conferences/{made['data']['id']}"
    await rest.ask("POST", f"{path}/actions/join", {"call_control_id": legs[1].id})
    await customer.until(lambda: customer.kinds().count("conference.participant.joined") == 2)
    await rest.ask("POST", f"{path}/actions/mute", {"call_control_ids": [legs[1].id]})
    _, there = await rest.ask("GET", f"{path}/participants")
    assert [one["muted"] for one in there["data"]] == [False, True]
    legs[0].hang_up()
    await customer.until(lambda: len(telnyx.rooms.members("Room")) == 1)
    _, found = await rest.ask("GET", "/conferences", **{"filter[name]": "Room"})
    assert len(found["data"]) == 1
    await rest.ask("POST", f"{path}/actions/end")
    await customer.until(lambda: not telnyx.rooms.members("Room"))
    assert legs[1].is_alive
    assert (await rest.ask("POST", f"{path}/actions/end"))[1]["errors"][0]["code"] == "90019"


async def test_a_call_of_texmls_rest_api_is_placed_changed_and_ended(customer, telnyx, rest):
    customer.documents = [
        "<Response><Pause length='1'/><Dial><Conference>R</Conference></Dial></Response>"
    ]
    telnyx.own(NUMBER, voice_url=customer.url("/voice"))
    application = telnyx.numbers.find(NUMBER).settings["connection_id"]
    root = f"/texml/Accounts/{telnyx.account.id}/Calls"
    body = {
        "ApplicationSid": application,
        "To": CALLEE,
        "From": NUMBER,
        "StatusCallback": customer.url("/told"),
        "StatusCallbackEvent": "initiated answered completed",
    }
    assert await rest.ask("POST", root, body) == (
        200,
        {"from": NUMBER, "to": CALLEE, "status": "queued"},
    )
    (call,) = telnyx.document_calls.values()
    await customer.until(lambda: call.sid in telnyx.rooms.members("R"))
    path = f"/v2{root}/{call.sid}"
    async with rest.client.post(
        path, data={"Texml": "<Response><Say>Bye</Say></Response>"}
    ) as said:
        assert said.status == 200
    assert await call.ended() == "completed"
    async with rest.client.post(path, data={"Status": "completed"}) as answer:
        assert (await answer.json())["errors"][0]["code"] == "90018"
    await telnyx.settled()
    assert [one["CallStatus"] for one in customer.told] == ["initiated", "in-progress", "completed"]
