from __future__ import annotations

import base64
import itertools
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.rest import Client

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
from kallglot.carriers.facts import CallAnswered, CallEnded, CallRinging
from kallglot.carriers.steps import (
    ConnectStream,
    HangUp,
    Number,
    SipAddress,
    Speak,
    TurnAway,
)
from kallglot.errors import CarrierDeclined, InvalidRequest, NotAvailable, WireError
from plugins.twilio.rest import TwilioClient, declined
from tests.plugins.sequences import records
from tests.plugins.webhooks import ACCOUNT, TOKEN, TWILIO, Script, fields_of, said

BASE = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}"
CALL = "CA00000000000000000000000000000011"
GONE = said({"code": 20404, "status": 404}, 404)
ORDER = CallOrder(
    Number("+15550100003"),
    "+15550100002",
    "order-1",
    steps=(
        ConnectStream(
            "wss://voice.example.com/twilio/media/tk_c02d", {"session": "s_41", "leg": "callee"}
        ),
        HangUp(),
    ),
    status_url="https://voice.example.com/twilio/status/s_41",
)


def documented(method: str, path: str) -> list[dict]:
    """Requests of the documentation, with what was answered to them."""
    found = records("carrier_requests")
    return [
        {**asked, "answer": answered["body"]}
        for asked, answered in itertools.pairwise(found)
        if asked["dir"] == "out" and asked["method"] == method and path in asked["url"]
    ]


def asked_with(line: Script) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields_of(line.last):
        found.setdefault(name, []).append(value)
    return found


async def test_a_call_is_placed_as_the_documentation_shows():
    (record,) = documented("POST", "/Calls.json")
    line = Script(record["answer"])
    placed = await TwilioClient(TWILIO, line).place(ORDER)

    assert placed == PlacedCall("CA00000000000000000000000000000012")
    assert (line.last.method, line.last.url) == ("POST", record["url"])
    assert line.last.repeat is Repeat.IF_NOT_DONE
    ours, theirs = fields_of(line.last), parse_qsl(record["body"])
    tidy = [(name, re.sub(r" ?/>", "/>", value)) for name, value in ours]
    assert tidy == theirs
    user = base64.b64decode(line.last.headers["Authorization"].removeprefix("Basic "))
    assert user.decode() == f"{ACCOUNT}:{TOKEN}"


async def test_a_call_may_be_detected_limited_and_asked_for_its_steps():
    line = Script({"sid": "CA1"})
    order = CallOrder(
        SipAddress("sip:agent@pbx.example", "u", "p"),
        "+15550100002",
        "k",
        steps_url="https://voice.example.com/next",
        machine_url="https://voice.example.com/machine",
        detection="greeting",
        longest=600,
    )
    await TwilioClient(TWILIO, line).place(order)
    fields = asked_with(line)
    assert fields["MachineDetection"] == ["DetectMessageEnd"]
    assert fields["AsyncAmd"] == ["true"]
    assert fields["AsyncAmdStatusCallback"] == ["https://voice.example.com/machine"]
    assert fields["Url"] == ["https://voice.example.com/next"]
    assert fields["TimeLimit"] == ["600"]
    assert (fields["SipAuthUsername"], fields["SipAuthPassword"]) == (["u"], ["p"])
    assert "Twiml" not in fields
    assert "StatusCallbackEvent" not in fields


async def test_steps_that_are_too_long_for_a_request_are_not_sent():
    line = Script()
    with pytest.raises(InvalidRequest):
        await TwilioClient(TWILIO, line).carry_out(CALL, [Speak("x" * 2500)] * 2)
    assert line.asked == []


async def test_a_call_is_hung_up_as_the_documentation_shows():
    (record,) = documented("POST", f"/Calls/{CALL}.json")
    line = Script(record["answer"])
    await TwilioClient(TWILIO, line).hang_up(CALL)
    assert (line.last.url, line.last.body.decode()) == (record["url"], record["body"])


@pytest.mark.parametrize("answer", [GONE, said({"code": 21220, "status": 400}, 400)])
async def test_a_call_that_is_over_already_counts_as_hung_up(answer):
    await TwilioClient(TWILIO, Script(answer)).hang_up(CALL)


async def test_a_call_gets_new_steps():
    line = Script({"sid": CALL})
    assert await TwilioClient(TWILIO, line).carry_out(CALL, [HangUp()]) == ()
    assert fields_of(line.last) == [("Twiml", "<Response><Hangup /></Response>")]
    with pytest.raises(NotAvailable):
        await TwilioClient(TWILIO, line).carry_out(CALL, [TurnAway()])


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        (said({"status": "ringing"}), (CallRinging(CALL),)),
        (said({"status": "in-progress"}), (CallAnswered(CALL),)),
        (
            said({"status": "completed"}),
            (CallAnswered(CALL), CallEnded(CALL, "completed", "completed")),
        ),
        (said({"status": "busy"}), (CallEnded(CALL, "busy", "busy"),)),
        (said({}), ()),
        (GONE, (CallEnded(CALL, "failed", "unknown to the carrier"),)),
    ],
)
async def test_a_call_whose_end_was_not_announced_is_looked_up(answer, facts):
    assert await TwilioClient(TWILIO, Script(answer)).look_up(CALL) == facts


async def test_somebody_in_a_conference_is_muted_and_taken_out():
    found = {"conferences": [{"sid": "CF1"}]}
    line = Script(found, {}, found, Answer(204), {"conferences": []})
    client = TwilioClient(TWILIO, line)
    await client.mute(CALL, "room 1", is_muted=True)
    assert line.asked[0].url == f"{BASE}/Conferences.json?FriendlyName=room+1&Status=in-progress"
    assert line.last.url == f"{BASE}/Conferences/CF1/Participants/{CALL}.json"
    assert line.last.body == b"Muted=true"
    await client.drop(CALL, "room 1")
    assert line.last.method == "DELETE"
    await client.drop(CALL, "another")


async def test_numbers_are_searched_and_bought_as_the_documentation_shows():
    (search,) = documented("GET", "/AvailablePhoneNumbers/US/Local.json")
    (buy,) = documented("POST", "/IncomingPhoneNumbers.json")
    line = Script(search["answer"], buy["answer"])
    client = TwilioClient(TWILIO, line)

    offered = await client.search_numbers(NumberSearch("US", area="808", limit=5))
    assert offered == (OfferedNumber("+18085550123", "Hilo", "HI"),)
    assert line.last.url.partition("?")[0] == search["url"].partition("?")[0]
    ours, theirs = (parse_qsl(urlsplit(url).query) for url in (line.last.url, search["url"]))
    assert sorted(ours) == sorted(theirs)

    setup = NumberSetup(
        "https://voice.example.com/twilio/voice/in",
        "https://fallback.example.net/twilio",
        "https://voice.example.com/twilio/status/num",
    )
    owned = await client.buy_number("+18085550123", setup)
    assert owned == OwnedNumber(
        "PN00000000000000000000000000000031",
        "+18085550123",
        "https://voice.example.com/twilio/voice/in",
    )
    assert fields_of(line.last) == parse_qsl(buy["body"])
    assert line.last.repeat is Repeat.IF_NOT_DONE


async def test_numbers_are_listed_page_by_page_and_given_back():
    page = f"/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json?Page=1"
    first = {"incoming_phone_numbers": [{"sid": "PN1", "phone_number": "+1"}]}
    second = {"incoming_phone_numbers": [{"sid": "PN2", "phone_number": "+2"}]}
    line = Script(
        first | {"next_page_uri": page},
        second | {"next_page_uri": "https://evil.example/"},
        Answer(204),
        GONE,
    )
    client = TwilioClient(TWILIO, line)
    assert [owned.id for owned in await client.numbers()] == ["PN1", "PN2"]
    assert line.last.url == f"https://api.twilio.com{page}"
    await client.release_number("PN1")
    await client.release_number("PN1")


async def test_credentials_are_tried():
    line = Script({"sid": ACCOUNT, "friendly_name": "Example", "status": "active"})
    assert await TwilioClient(TWILIO, line).verify() == Account(ACCOUNT, "Example")
    assert line.last.url == f"{BASE}.json"
    refused = Script(said({"code": 20003, "status": 401}, 401))
    with pytest.raises(CarrierDeclined) as bad:
        await TwilioClient(TWILIO, refused).verify()
    assert (bad.value.code, bad.value.carrier_code) == ("bad_credentials", "20003")


@pytest.mark.parametrize(
    ("record", "code"),
    list(
        zip(
            records("twilio_refusals"),
            [
                "bad_credentials",
                "not_found",
                "call_not_active",
                "invalid_number",
                "rate_limited",
                "carrier_declined",
            ],
            strict=True,
        )
    ),
)
def test_refusals_have_codes_of_our_own_and_quote_nobody(record, code):
    error = declined(said(record["body"], record["status"]))
    assert (error.code, error.carrier_code) == (code, str(record["body"]["code"]))
    assert "5551234567" not in str(error)


@given(st.binary(max_size=40), st.integers(300, 599))
def test_whatever_is_answered_is_a_refusal(body, status):
    assert declined(Answer(status, {}, body)).code


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"sid":3}', b'{"sid":""}'])
async def test_a_call_without_a_name_is_no_call(body):
    with pytest.raises(WireError):
        await TwilioClient(TWILIO, Script(Answer(201, {}, body))).place(ORDER)


def test_paths_are_those_of_twilios_own_library():
    theirs = Client(ACCOUNT, TOKEN).api.v2010.accounts(ACCOUNT)
    assert BASE.endswith(theirs._uri.removesuffix(".json"))
    assert "https://api.twilio.com/2010-04-01" + theirs.calls._uri == BASE + "/Calls.json"
    ours = "https://api.twilio.com/2010-04-01" + theirs.incoming_phone_numbers._uri
    assert ours == BASE + "/IncomingPhoneNumbers.json"
