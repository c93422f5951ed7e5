from __future__ import annotations

import json
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.carriers.client import (
    Account,
    CallOrder,
    NumberSearch,
    NumberSetup,
    OfferedNumber,
    OwnedNumber,
    PlacedCall,
)
from kallglot.carriers.exchange import Answer, Repeat
from kallglot.carriers.facts import CallAnswered, CallEnded
from kallglot.carriers.steps import (
    ConnectStream,
    CopyStream,
    Dial,
    EndStream,
    GoTo,
    HangUp,
    Hush,
    JoinConference,
    Number,
    PickUp,
    PlayAudio,
    PressKeys,
    SipAddress,
    Speak,
    TurnAway,
    Wait,
)
from kallglot.errors import CarrierDeclined, InvalidRequest, NotAvailable, WireError
from plugins.telnyx import commands
from plugins.telnyx.clients import CommandClient, DocumentClient, client
from plugins.telnyx.rest import declined
from plugins.telnyx.settings import TelnyxSettings
from tests.plugins.sequences import records
from tests.plugins.test_twilio_rest import documented
from tests.plugins.webhooks import PUBLIC_KEY, TELNYX, Script, fields_of, said

CALL = "v3:Zz00aaaaBBBBccccDDDDeeeeFFFFgggg1111hhhh2222iiii3333jjjjA"
TAG = '{"s":"s_51","leg":"caller"}'
OK = {"data": {"result": "ok"}}
ENDED = said({"errors": [{"code": "90018"}]}, 422)
BY_DOCUMENTS = TelnyxSettings(
    api_key="KEY1", public_key=PUBLIC_KEY, texml_application_id="77", account_id="acc"
)
STREAM = ConnectStream(
    "wss://voice.example.com/telnyx/media/tk_77aa", {"session": "s_51"}, token="one-shot-token"
)


def by_commands(*answers) -> tuple[CommandClient, Script]:
    line, ids = Script(*answers), iter(range(1, 99))
    return CommandClient(TELNYX, line, lambda: f"id-{next(ids)}"), line


def body_of(ask) -> dict:
    return json.loads(ask.body)


def without(body: dict, *names: str) -> dict:
    return {name: value for name, value in body.items() if name not in names}


# Calls by commands.


async def test_a_call_that_comes_in_is_answered_streamed_and_hung_up_as_documented():
    answer, start, hang_up = documented("POST", "/actions/")
    telnyx, line = by_commands(OK, OK, OK)

    left = await telnyx.carry_out(CALL, [PickUp(TAG), STREAM, HangUp()])
    assert left == (STREAM, HangUp())
    left = await telnyx.carry_out(CALL, left)
    assert left == (HangUp(),)
    await telnyx.carry_out(CALL, left)

    for asked, record in zip(line.asked, (answer, start, hang_up), strict=True):
        assert unquote(asked.url) == record["url"]
        assert ":" not in asked.url.removeprefix("https://")
        assert asked.headers["Authorization"] == "Bearer KEY1"
        expected = without(record["body"], "command_id")
        if "answer" not in record["url"]:  # a tag is said once, and kept
            expected = without(expected, "client_state")
        assert without(body_of(asked), "command_id") == expected
    assert [body_of(asked)["command_id"] for asked in line.asked] == ["id-1", "id-2", "id-3"]


async def test_a_call_is_placed_as_the_documentation_shows():
    (record,) = [each for each in documented("POST", "/v2/calls") if each["url"].endswith("calls")]
    telnyx, line = by_commands(record["answer"])
    order = CallOrder(
        Number("+15550100003"),
        "+15550100002",
        "c0000000-0000-4000-8000-000000000010",
        steps=(
            ConnectStream("wss://voice.example.com/telnyx/media/tk_88bb", token="one-shot-token-2"),
        ),
        status_url="https://voice.example.com/telnyx/events",
        tag=TAG,
    )
    placed = await telnyx.place(order)
    assert placed == PlacedCall(CALL[:-1] + "B", "11111111-0000-4000-8000-000000000002")
    assert line.last.repeat is Repeat.IF_NOT_DONE
    assert without(body_of(line.last), "stream_bidirectional_sampling_rate") == record["body"]


async def test_a_call_may_be_detected_and_limited():
    telnyx, line = by_commands({"data": {"call_control_id": "v3:1"}})
    order = CallOrder(
        SipAddress("sip:a@b", "u", "p"), "+1", "k", detection="greeting", timeout=2, longest=60
    )
    assert await telnyx.place(order) == PlacedCall("v3:1")
    assert body_of(line.last) == {
        "connection_id": "1900000000000000001",
        "from": "+1",
        "timeout_secs": 5,
        "time_limit_secs": 60,
        "command_id": "k",
        "to": "sip:a@b",
        "sip_auth_username": "u",
        "sip_auth_password": "p",
        "answering_machine_detection": "greeting_end",
    }


@pytest.mark.parametrize(
    ("step", "name", "body"),
    [
        (PressKeys("1w2"), "send_dtmf", {"digits": "1w2"}),
        (TurnAway(), "reject", {"cause": "USER_BUSY"}),
        (TurnAway(is_busy=False), "reject", {"cause": "CALL_REJECTED"}),
        (Hush(), "playback_stop", {"stop": "all"}),
        (EndStream(), "streaming_stop", {}),
        (
            PlayAudio("https://x.example/a.mp3", times=0),
            "playback_start",
            {"audio_url": "https://x.example/a.mp3", "loop": "infinity"},
        ),
        (
            Speak("Grüß Gott", "de"),
            "speak",
            {"payload": "Grüß Gott", "voice": "female", "language": "de-DE"},
        ),
        (
            Speak("您好", "zh-CN", "Azure.zh", times=2),
            "speak",
            {"payload": "您好", "voice": "Azure.zh", "language": "cmn-CN", "loop": 2},
        ),
        (
            CopyStream("wss://x.example/m"),
            "streaming_start",
            {
                "stream_url": "wss://x.example/m",
                "stream_codec": "PCMU",
                "stream_track": "both_tracks",
            },
        ),
    ],
)
async def test_steps_become_commands(step, name, body):
    telnyx, line = by_commands(OK)
    assert await telnyx.carry_out(CALL, [step]) == ()
    assert line.last.url.endswith(f"/actions/{name}")
    assert without(body_of(line.last), "command_id") == body


async def test_a_call_is_transferred_and_waits_for_us_if_there_is_more_to_do():
    telnyx, line = by_commands(OK, OK)
    dial = Dial(Number("+15550100003", "1"), "+15550100002", 20, None, "https://x.example/e")
    assert await telnyx.carry_out(CALL, [dial]) == ()
    assert "park_after_unbridge" not in body_of(line.last)
    assert await telnyx.carry_out(CALL, [dial, HangUp()]) == (HangUp(),)
    body = body_of(line.last)
    assert body["park_after_unbridge"] == "self"
    assert body["target_leg_client_state"] == commands.client_state(f"kallglot:transfer:{CALL}")
    assert (body["to"], body["from"], body["timeout_secs"]) == (
        "+15550100003",
        "+15550100002",
        20,
    )
    assert body["send_digits_on_answer"] == "1"


async def test_what_has_to_be_waited_for_is_left_over():
    telnyx, line = by_commands(OK, OK)
    steps = [PressKeys("1"), Speak("Hello"), HangUp()]
    assert await telnyx.carry_out(CALL, steps) == (HangUp(),)
    assert len(line.asked) == 2
    assert await telnyx.carry_out(CALL, [Wait(3), HangUp()]) == (Wait(3), HangUp())
    with pytest.raises(NotAvailable):
        await telnyx.carry_out(CALL, [GoTo("https://x.example/")])
    with pytest.raises(InvalidRequest):
        await telnyx.carry_out(CALL, [Speak("x" * 3001)])


async def test_a_call_that_is_over_already_counts_as_hung_up():
    telnyx, _ = by_commands(ENDED, said({"errors": [{"code": "90034"}]}, 422))
    await telnyx.hang_up(CALL)
    with pytest.raises(CarrierDeclined):
        await telnyx.hang_up(CALL)


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        (said({"data": {"is_alive": True}}), ()),
        (said({"data": {"is_alive": False}}), ()),
        (
            said({"data": {"is_alive": False, "end_time": "2026-09-21T14:13:20Z"}}),
            (CallEnded(CALL, "failed", "not alive"),),
        ),
        (ENDED, (CallEnded(CALL, "failed", "unknown to the carrier"),)),
    ],
)
async def test_a_call_whose_end_was_not_announced_is_looked_up(answer, facts):
    telnyx, _ = by_commands(answer)
    assert await telnyx.look_up(CALL) == facts


async def test_whoever_is_first_begins_a_conference_and_the_others_join_it():
    nobody, there = {"data": []}, {"data": [{"id": "c1", "name": "room"}]}
    exists = said({"errors": [{"code": "90033"}]}, 422)

    telnyx, line = by_commands(nobody, {"data": {"id": "c1"}}, OK)
    await telnyx.carry_out(CALL, [JoinConference("room", is_muted=True)])
    assert line.asked[1].url == "https://api.telnyx.com/v2/conferences"
    assert body_of(line.asked[1])["name"] == "room"
    assert line.last.url.endswith("/conferences/c1/actions/mute")

    telnyx, line = by_commands(nobody, exists, there, OK)
    await telnyx.carry_out(CALL, [JoinConference("room", ends_it=True)])
    assert line.last.url.endswith("/conferences/c1/actions/join")
    assert body_of(line.last)["end_conference_on_exit"] is True

    telnyx, line = by_commands(there, OK, there, OK, {"data": []})
    await telnyx.mute(CALL, "room", is_muted=False)
    assert line.last.url.endswith("/actions/unmute")
    await telnyx.drop(CALL, "room")
    assert line.last.url.endswith("/actions/leave")
    await telnyx.drop(CALL, "room")


# Calls by documents.


async def test_a_call_by_texml_has_its_name_from_its_first_webhook():
    line = Script({"from": "+1", "to": "+2", "status": "queued"})
    order = CallOrder(
        Number("+2"), "+1", "k", (STREAM,), status_url="https://x.example/s", detection="answer"
    )
    assert await client(BY_DOCUMENTS, line).place(order) == PlacedCall(None)
    body = body_of(line.last)
    assert line.last.url == "https://api.telnyx.com/v2/texml/Accounts/acc/Calls"
    assert body["Texml"].startswith("<Response><Connect><Stream")
    assert body["StatusCallbackEvent"] == "initiated ringing answered completed"
    assert (body["MachineDetection"], body["AsyncAmd"]) == ("Enable", True)


async def test_a_call_by_texml_gets_new_steps_and_is_hung_up():
    line = Script({}, {}, ENDED, {"status": "in-progress"}, ENDED)
    texml = client(BY_DOCUMENTS, line)
    assert isinstance(texml, DocumentClient)
    assert await texml.carry_out(CALL, [HangUp()]) == ()
    assert fields_of(line.last) == [("Texml", "<Response><Hangup /></Response>")]
    await texml.hang_up(CALL)
    assert fields_of(line.last) == [("Status", "completed")]
    await texml.hang_up(CALL)
    assert await texml.look_up(CALL) == (CallAnswered(CALL),)
    assert await texml.look_up(CALL) == (CallEnded(CALL, "failed", "unknown to the carrier"),)
    with pytest.raises(NotAvailable):
        await texml.carry_out(CALL, [TurnAway()])


async def test_somebody_in_a_texml_conference_is_muted_and_taken_out():
    found = {"conferences": [{"sid": "CF1"}]}
    line = Script(found, {}, found, Answer(204))
    texml = client(BY_DOCUMENTS, line)
    await texml.mute(CALL, "room", is_muted=True)
    assert fields_of(line.last) == [("Muted", "true")]
    await texml.drop(CALL, "room")
    assert line.last.method == "DELETE"


# The account and its numbers.


async def test_credentials_are_tried_and_so_is_the_application():
    telnyx, line = by_commands({"data": {"balance": "1"}}, {"data": {"id": "1"}})
    assert await telnyx.verify() == Account(None)
    assert line.last.url.endswith("/v2/call_control_applications/1900000000000000001")
    refused, _ = by_commands(said(records("telnyx_refusals")[0]["body"], 401))
    with pytest.raises(CarrierDeclined) as bad:
        await refused.verify()
    assert (bad.value.code, bad.value.carrier_code) == ("bad_credentials", "10009")


async def test_numbers_are_searched_and_ordered_as_the_documentation_shows():
    (search,) = documented("GET", "available_phone_numbers?")
    (order,) = documented("POST", "/number_orders")
    telnyx, line = by_commands(search["answer"], order["answer"], {"data": []})

    offered = await telnyx.search_numbers(NumberSearch("US", area="970", limit=5))
    assert offered == (OfferedNumber("+19705550198", None, None, "1.00", "USD"),)
    ours, theirs = (dict(parse_qsl(urlsplit(url).query)) for url in (line.last.url, search["url"]))
    assert without(ours, "filter[phone_number_type]") == theirs

    owned = await telnyx.buy_number("+19705550198", NumberSetup())
    assert owned == OwnedNumber(None, "+19705550198", None, "1900000000000000001", is_ready=False)
    assert body_of(line.asked[1]) == without(order["body"], "customer_reference")
    assert line.asked[1].repeat is Repeat.IF_NOT_DONE


async def test_the_urls_of_a_number_are_its_applications():
    telnyx, line = by_commands(
        {"data": {"application_name": "Kallglot"}},
        OK,
        {"data": {"id": "5", "phone_number": "+1", "connection_id": "19", "status": "active"}},
    )
    owned = await telnyx.configure_number("5", NumberSetup("https://x.example/e"))
    assert owned == OwnedNumber("5", "+1", None, "19")
    assert body_of(line.asked[1]) == {
        "application_name": "Kallglot",
        "webhook_event_url": "https://x.example/e",
        "webhook_api_version": "2",
    }
    assert (line.last.method, body_of(line.last)) == (
        "PATCH",
        {"connection_id": "1900000000000000001"},
    )

    line = Script({"data": {"friendly_name": "Kallglot"}}, OK, {"data": {}})
    with pytest.raises(WireError):
        await client(BY_DOCUMENTS, line).configure_number("5", NumberSetup("https://x.example/e"))
    assert body_of(line.asked[1])["voice_method"] == "post"


async def test_numbers_are_listed_page_by_page_and_given_back():
    pages = [
        {"data": [{"id": str(page), "phone_number": f"+{page}"}], "meta": {"total_pages": 2}}
        for page in (1, 2)
    ]
    like = {"data": [{"id": "1", "phone_number": "+1"}, {"id": "12", "phone_number": "+12"}]}
    gone = said({"errors": [{"code": "10005"}]}, 404)
    telnyx, _ = by_commands(*pages, like, {"data": {}}, gone)
    assert [owned.number for owned in await telnyx.numbers()] == ["+1", "+2"]
    assert [owned.id for owned in await telnyx.numbers("+1")] == ["1"]
    await telnyx.release_number("1")
    await telnyx.release_number("1")


@pytest.mark.parametrize(
    ("record", "code"),
    list(
        zip(
            records("telnyx_refusals"),
            [
                "bad_credentials",
                "call_not_active",
                "call_not_answered",
                "not_found",
                "not_while_streaming",
                "invalid_number",
                "rate_limited",
                "rate_limited",
            ],
            strict=True,
        )
    ),
)
def test_refusals_have_codes_of_our_own(record, code):
    error = declined(said(record["body"], record["status"]))
    assert (error.code, error.status) == (code, record["status"])


@given(st.binary(max_size=40), st.integers(300, 599))
def test_whatever_is_answered_is_a_refusal(body, status):
    assert declined(Answer(status, {}, body)).code
