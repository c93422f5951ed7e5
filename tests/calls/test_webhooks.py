"""What a webhook handler is told of a whole call."""

from __future__ import annotations

import msgspec
import pytest

from kallglot.webhooks.payloads import PAYLOADS
from tests.calls.conftest import world_in
from tests.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.real_time

ALLOWED = {"webhooks__allow_private": True, "webhooks__retry_scale": 0.001}


async def hook(world, receiver: Receiver, **fields) -> dict:
    endpoint = await world.post("/v1/webhook_endpoints", {"url": receiver.url, **fields})
    receiver.secret = endpoint["secret"]
    return endpoint


async def converse(world) -> dict:
    session = await world.create()
    customer, agent = await world.customer(session), await world.agent(session)
    await customer.says("Guten Tag")
    assert await agent.hears("Good day")
    await world.post(f"/v1/sessions/{session['id']}/end")
    return session


async def test_a_handler_is_told_of_a_call_from_its_beginning_to_its_end(tmp_path, speech):
    async with receiving() as receiver, world_in(tmp_path, speech, **ALLOWED) as world:
        endpoint = await hook(world, receiver)
        session = await converse(world)
        await receiver.until(lambda: "session.ended" in told(receiver))
        listed = await world.get(f"/v1/webhook_endpoints/{endpoint['id']}/deliveries?limit=100")
    types = told(receiver)
    assert types[0] == "session.created"
    assert types.count("session.provider.connected") == 2
    assert types.count("transcript.segment") == 1
    assert types.index("session.started") < types.index("transcript.segment")
    assert types[-6:-1] == ["recording.ready"] * 4 + ["transcript.ready"]
    assert types[-1] == "session.ended"
    assert {one["status"] for one in listed["data"]} <= {"delivered", "pending"}
    for got in receiver.got:
        assert got.event["data"]["session_id"] == session["id"]
        shaped = msgspec.convert(got.event, PAYLOADS[got.event["type"]])
        assert msgspec.to_builtins(shaped) == got.event


async def test_what_a_handler_missed_while_it_was_away_it_is_told_by_the_next_server(
    tmp_path, speech
):
    async with receiving() as receiver:
        receiver.answer = lambda _: 503
        async with world_in(tmp_path, speech, **ALLOWED) as world:
            await hook(world, receiver, events=["session.created", "session.ended"])
            session = await converse(world)
            await receiver.until(lambda: receiver.got)
        receiver.answer = lambda _: 200
        async with world_in(tmp_path, speech, **ALLOWED) as world:
            await receiver.until(lambda: len(receiver.accepted) == 2)
    assert told(receiver) == ["session.created", "session.ended"]
    assert list(receiver.by_session()) == [session["id"]]


def told(receiver: Receiver) -> list[str]:
    return [got.event["type"] for got in receiver.accepted]
