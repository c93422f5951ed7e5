"""Calls drop, and come back or do not."""

import asyncio

import pytest

from kallglot import lifecycle
from kallglot.errors import NotFound, Refused
from kallglot.state import load
from tests.actors.conftest import EPOCH
from tests.fakes.telephone import Telephone


def restored(stored):
    """Return what the next server makes of a stored state."""
    return lifecycle.restored(load(stored), EPOCH + asyncio.get_running_loop().time())


async def test_a_dropped_call_keeps_the_session_active_and_says_until_when(call):
    call.customer.is_cut_off()
    await call.settle()
    assert call.row.status == "active"
    assert call.row.reconnect_deadline == pytest.approx(EPOCH + 300, abs=2)


async def test_a_caller_who_comes_back_goes_on_where_they_were(call):
    await call.customer.says("Guten Tag")
    await call.agent.hears()
    call.customer.is_cut_off()
    await asyncio.sleep(200)
    again = Telephone("de", call_id="CA1")
    await call.connect(again)
    await again.says("Auf Wiederhören")
    assert await call.agent.hears() == "Goodbye"
    await call.settle()
    assert [(one.sequence, one.speaker) for one in call.said] == [(1, "customer"), (2, "customer")]
    assert call.said[1].start > 200
    assert call.row.reconnect_deadline is None


async def test_what_was_said_to_somebody_who_was_away_is_heard_when_they_are_back(call):
    call.customer.is_cut_off()
    await call.agent.says("How are you")
    again = Telephone("de", call_id="CA1")
    await call.connect(again)
    assert await again.hears() == "Wie geht es Ihnen"


async def test_a_sentence_during_which_the_line_broke_is_said_again(call):
    await call.agent.says("How are you")
    while not call.customer.played:
        await call.agent.is_silent(0.02)
    await call.agent.is_silent(0.1)
    call.customer.is_cut_off()
    again = Telephone("de", call_id="CA1")
    await call.connect(again)
    assert await again.hears() == "Wie geht es Ihnen"


async def test_nobody_comes_back_for_five_minutes(call):
    call.customer.is_cut_off()
    await asyncio.sleep(299)
    assert call.row.status == "active"
    await asyncio.sleep(3)
    assert call.row.status == "ended"
    assert call.row.end_reason == "not_reconnected"
    assert call.agent.closed == (1000, "not_reconnected")
    assert call.calls.count() == 0


async def test_half_a_sentence_is_kept_when_the_line_breaks(call):
    await call.customer.says("Guten Tag", silence=0.0)
    call.customer.is_cut_off()
    assert await call.agent.hears() == "Good day"


async def test_the_same_call_may_come_back_before_its_end_was_noticed(call):
    again = Telephone("de", call_id="CA1")
    await call.connect(again)
    await call.settle()
    assert call.customer.closed == (1000, "replaced")
    await again.says("Guten Tag")
    assert await call.agent.hears() == "Good day"
    assert call.row.reconnect_deadline is None


async def test_a_second_leg_for_somebody_who_is_there_is_turned_away(call):
    second = Telephone("de", participant="customer", call_id="CA9")
    call.agent.task = asyncio.create_task(call.agent.is_silent(1))
    await call.customer.is_silent(0.1)
    with pytest.raises(Refused) as refusal:
        await call.calls.attach(call.session.id, second.arrival)
    assert refusal.value.code == "participant_taken"


async def test_a_stream_for_a_session_that_does_not_live_is_turned_away(call):
    with pytest.raises(NotFound):
        await call.calls.attach("sess_other", Telephone().arrival)
    await call.end()
    with pytest.raises(NotFound):
        await call.calls.attach(call.session.id, Telephone().arrival)


async def test_a_session_nobody_calls_ends_after_an_hour(new_call):
    call = new_call()
    await call.calls.open(call.session)
    await asyncio.sleep(3601)
    assert call.row.end_reason == "never_connected"
    assert call.calls.count() == 0


async def test_a_server_that_stops_says_that_it_will_be_back_and_leaves_the_session(call):
    await call.customer.says("Guten Tag")
    await call.calls.suspend()
    await call.settle()
    assert call.customer.closed == (1012, "server_restarting")
    assert call.row.status == "active"
    assert call.row.reconnect_deadline is not None
    assert call.calls.count() == 0


async def test_the_next_server_goes_on_with_the_session(call):
    await call.customer.says("Guten Tag")
    await call.calls.suspend()
    await call.settle()
    call.calls._switchboard._actor_weakref()._is_closed = False  # the next server
    legs = tuple(call.store.leg_rows.values())
    await call.calls.resume(call.row, restored(call.store.states[call.session.id]), legs)
    again = Telephone("de", call_id="CA1")
    agent = Telephone("en", call_id="CA2")
    await call.connect(agent)  # who each was is known by the call
    await call.connect(again)
    await again.says("Auf Wiederhören")
    assert await agent.hears() == "Goodbye"
    await call.settle()
    assert [one.sequence for one in call.said] == [1, 2]
    assert isinstance(load(call.store.states[call.session.id]), lifecycle.Active)


async def test_a_server_that_was_killed_leaves_sessions_that_end_when_nobody_comes(call):
    await call.customer.says("Guten Tag")
    state, row = dict(call.store.states[call.session.id]), call.row
    await call.calls.suspend()
    await call.settle()
    call.calls._switchboard._actor_weakref()._is_closed = False
    await call.calls.resume(row, restored(state), ())
    await asyncio.sleep(301)
    assert call.row.end_reason == "not_reconnected"


async def suspend_in_vain(call):
    """Let the server stop, and wait for as long as it does."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await call.calls.suspend()


async def test_a_session_that_is_slow_to_rest_is_cut_short_and_can_be_resumed(
    call, new_call, switchboard, caplog
):
    others = [new_call(id="sess_2"), new_call(id="sess_3")]
    for other in others:
        await other.begin()
    for slow in (call, *others[:1]):
        slow.customer.lingers = 1000.0
    await suspend_in_vain(call)
    said = [record.message for record in caplog.records if "cut short" in record.message]
    assert len(said) == 1
    assert said[0].startswith("2 of 3 calls did not come to rest in time and are cut short;")
    began = asyncio.get_running_loop().time()
    await switchboard.stop(within=20.0)
    assert asyncio.get_running_loop().time() - began < 11
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    for one in (call, *others):
        assert (one.row.status, one.row.end_reason) == ("active", None)
        assert isinstance(restored(one.store.states[one.session.id]), lifecycle.Active)


async def test_a_session_that_fails_while_the_server_stops_can_be_resumed(
    call, switchboard, caplog
):
    call.customer.lingers = 7.0
    await suspend_in_vain(call)
    switchboard._actor_weakref().children[call.session.id]._actor_weakref().kill()
    await asyncio.sleep(20)
    assert call.calls.count() == 0
    assert call.row.status == "active"
    assert f"{call.session.id} was cut short; the next" in caplog.text
    assert "is over" not in caplog.text
