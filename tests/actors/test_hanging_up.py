"""Somebody outside hangs up on a call; the session goes on, and waits for who was on it."""

from __future__ import annotations

import asyncio

import pytest

from kallglot.errors import NotFound
from tests.fakes.telephone import Telephone


def leg_of(call, participant: str) -> str:
    return next(leg.id for leg in call.store.leg_rows.values() if leg.participant == participant)


async def test_hanging_up_on_a_leg_leaves_the_other_and_the_session(call):
    await call.calls.hang_up(call.session.id, leg_of(call, "customer"))
    # All of it is in the store when the answer comes.
    assert call.row.status == "active"
    assert call.row.reconnect_deadline is not None
    assert call.store.leg_rows[leg_of(call, "customer")].status == "disconnected"
    assert call.announced[-1] == "session.provider.disconnected"
    assert call.customer.closed == (1000, "hung_up")
    assert call.agent.closed is None


async def test_hanging_up_on_somebody_closes_the_leg_they_are_on(call):
    await call.calls.hang_up(call.session.id, participant="agent")
    assert call.agent.closed == (1000, "hung_up")
    assert call.customer.closed is None


async def test_hanging_up_on_all_leaves_a_session_that_may_go_on(call):
    await call.calls.hang_up(call.session.id)
    assert (call.customer.closed, call.agent.closed) == ((1000, "hung_up"), (1000, "hung_up"))
    assert call.row.status == "active"
    again, agent = Telephone("de", call_id="CA1"), Telephone("en", call_id="CA2")
    await call.connect(again)
    await call.connect(agent)
    await again.says("Guten Tag")
    assert await agent.hears() == "Good day"
    assert call.row.reconnect_deadline is None


async def test_nobody_comes_back_after_being_hung_up_on(call):
    await call.calls.hang_up(call.session.id)
    await asyncio.sleep(302)
    assert call.row.end_reason == "not_reconnected"


async def test_a_leg_that_is_gone_already_is_hung_up_on_once(call):
    gone = leg_of(call, "customer")
    await call.calls.hang_up(call.session.id, gone)
    await call.calls.hang_up(call.session.id, gone)
    assert call.announced.count("session.provider.disconnected") == 1


async def test_there_is_no_hanging_up_on_a_leg_that_there_never_was(call):
    with pytest.raises(NotFound) as refusal:
        await call.calls.hang_up(call.session.id, "leg_none")
    assert refusal.value.code == "leg_not_found"
    await call.calls.hang_up("sess_other", "leg_none")  # nothing to hang up on


async def test_a_session_that_lives_tells_with_the_metadata_it_was_given_since(call):
    await call.calls.note_metadata(call.session.id, {"ticket": 7})
    await call.calls.note_metadata("sess_other", {"ticket": 8})
    await call.end()
    ended = next(event for event in call.store.events if event.type == "session.ended")
    assert ended.body["data"]["metadata"] == {"ticket": 7}
