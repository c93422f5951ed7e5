"""What crosses the network to a carrier, and what happens when it does not get there."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from kallglot.breaker import Patience
from kallglot.carriers.client import CallOrder, NumberSetup
from kallglot.carriers.exchange import Ask, Repeat
from kallglot.carriers.line import CarrierLine, Conduct
from kallglot.carriers.steps import ConnectStream, Number
from kallglot.errors import CarrierDeclined, CarrierUnreachable
from plugins.telnyx.clients import client as telnyx_client
from plugins.twilio.rest import TwilioClient
from tests.carriers.carrier import QUICK, Reply, carrier, line_to
from tests.plugins.webhooks import ACCOUNT, TELNYX, TWILIO

pytestmark = pytest.mark.real_time

ORIGIN = "https://api.example.com"
READ = Ask("GET", f"{ORIGIN}/v3%3Aabc?a=%2B1", timeout=5.0)
ORDER = Ask("POST", f"{ORIGIN}/calls", body=b"To=x", repeat=Repeat.IF_NOT_DONE, timeout=5.0)


async def test_a_request_arrives_as_it_was_written():
    async with carrier(Reply(body='{"a":1}')) as fake, line_to(fake, ORIGIN) as line:
        answer = await line.send(READ)
    assert (answer.status, answer.json()) == (200, {"a": 1})
    assert fake.got[0].path == "/v3%3Aabc?a=%2B1"


async def test_a_busy_carrier_is_asked_again():
    busy = Reply(429, headers={"Retry-After": "0"})
    async with carrier(busy, Reply(503), Reply()) as fake, line_to(fake, ORIGIN) as line:
        assert (await line.send(READ)).status == 200
    assert len(fake.got) == 3


async def test_a_call_that_may_have_been_placed_is_not_placed_again():
    async with carrier(Reply(500), Reply()) as fake, line_to(fake, ORIGIN) as line:
        assert (await line.send(ORDER)).status == 500
    async with carrier(None, Reply()) as fake, line_to(fake, ORIGIN) as line:
        with pytest.raises(CarrierUnreachable) as unreachable:
            await line.send(ORDER)
        assert unreachable.value.was_sent
    assert len(fake.got) == 1
    async with carrier(Reply(429), Reply(201)) as fake, line_to(fake, ORIGIN) as line:
        assert (await line.send(ORDER)).status == 201


async def test_a_carrier_that_does_not_answer_is_given_up_in_the_end():
    slow = Ask("GET", f"{ORIGIN}/x", timeout=0.05)
    async with carrier(Reply(delay=1.0)) as fake, line_to(fake, ORIGIN) as line:
        with pytest.raises(CarrierUnreachable, match="no answer"):
            await line.send(slow)
    assert len(fake.got) == QUICK.tries


async def test_a_request_that_never_went_out_says_so():
    async with carrier(Reply()) as fake:
        pass
    async with line_to(fake, ORIGIN) as line:
        with pytest.raises(CarrierUnreachable) as unreachable:
            await line.send(ORDER)
    assert not unreachable.value.was_sent


async def test_a_call_that_was_refused_for_want_of_room_may_be_placed_elsewhere():
    patience = Patience(failures=1, shortest=60.0)
    async with (
        carrier(Reply(429), Reply(429), None) as fake,
        line_to(fake, ORIGIN, patience=patience) as line,
    ):
        with pytest.raises(CarrierUnreachable):
            await line.send(READ)
        with pytest.raises(CarrierUnreachable) as unreachable:
            await line.send(ORDER)
    assert not unreachable.value.was_sent
    assert {got.method for got in fake.got} == {"GET"}


async def test_a_carrier_that_keeps_failing_is_left_alone():
    patience = Patience(failures=2, shortest=60.0)
    async with (
        carrier(Reply(500)) as fake,
        line_to(fake, ORIGIN, patience=patience) as line,
    ):
        with pytest.raises(CarrierUnreachable, match="keeps failing"):
            await line.send(READ)
        assert not line.is_trusted
        with pytest.raises(CarrierUnreachable) as unreachable:
            await line.send(ORDER)
        assert not unreachable.value.was_sent
    assert len(fake.got) == 2


async def test_no_more_is_under_way_than_the_carrier_takes():
    async with (
        carrier(Reply(delay=0.02)) as fake,
        line_to(fake, ORIGIN, most_underway=3) as line,
    ):
        await asyncio.gather(*[line.send(READ) for _ in range(9)])
    assert fake.most_underway == 3


async def test_redirects_are_not_followed_with_our_credentials():
    elsewhere = Reply(302, headers={"Location": "/other"})
    async with carrier(elsewhere) as fake, line_to(fake, ORIGIN) as line:
        assert (await line.send(READ)).status == 302
    assert len(fake.got) == 1


async def test_an_answer_that_is_too_long_is_cut_and_is_no_json():
    long = Reply(body=json.dumps("x" * 3_000_000))
    async with carrier(long) as fake, line_to(fake, ORIGIN) as line:
        answer = await line.send(READ)
    assert answer.json() is None
    assert len(answer.body) < 2_200_000


async def test_only_what_is_for_that_origin_goes_elsewhere():
    conduct = Conduct(instead={ORIGIN: "http://127.0.0.1:1"})
    assert conduct.url("https://api.example.com.evil.example/x").endswith("evil.example/x")
    async with aiohttp.ClientSession() as session:
        assert CarrierLine(session, "pcon_1").is_trusted


async def test_twilio_places_a_call_over_the_network():
    created = Reply(201, json.dumps({"sid": "CA1", "status": "queued"}))
    busy = Reply(429, json.dumps({"code": 20429, "message": "Too Many Requests"}))
    order = CallOrder(
        Number("+15550100003"), "+15550100002", "k1", (ConnectStream("wss://x.example/m"),)
    )
    async with (
        carrier(busy, created) as fake,
        line_to(fake, "https://api.twilio.com") as line,
    ):
        placed = await TwilioClient(TWILIO, line).place(order)
    assert placed.call_id == "CA1"
    assert [got.path for got in fake.got] == [f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"] * 2
    assert fake.got[0].headers["Authorization"].startswith("Basic ")


async def test_telnyx_sends_a_command_again_as_the_same_one():
    ok = Reply(body='{"data":{"result":"ok"}}')
    async with (
        carrier(Reply(503), ok) as fake,
        line_to(fake, "https://api.telnyx.com") as line,
    ):
        await telnyx_client(TELNYX, line).hang_up("v3:abc")
    assert fake.got[0].path == "/v2/calls/v3%3Aabc/actions/hangup"
    assert fake.got[0].body == fake.got[1].body
    assert json.loads(fake.got[0].body)["command_id"]


async def test_a_carrier_that_answers_in_html_is_understood():
    page = Reply(403, "<html>Forbidden</html>", {"Content-Type": "text/html"})
    async with carrier(page) as fake, line_to(fake, "https://api.twilio.com") as line:
        with pytest.raises(CarrierDeclined) as declined:
            await TwilioClient(TWILIO, line).configure_number("PN1", NumberSetup())
    assert (declined.value.code, declined.value.carrier_code) == ("not_allowed", None)
