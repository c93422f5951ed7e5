"""What is given up when the engines have more to do than they can, and how it comes back."""

import pytest

from kallglot import lifecycle
from kallglot.errors import OverCapacity
from kallglot.pressure import Level
from tests.fakes.speech import heard


async def test_while_the_engines_are_pressed_no_more_calls_are_let_in(new_call):
    call = new_call(id="sess_2")
    call.speech.is_pressed(Level.REFUSE)
    with pytest.raises(OverCapacity) as refused:
        await call.calls.open(call.session)
    assert refused.value.retry_after == 20
    call.speech.is_pressed(Level.NORMAL)
    await call.calls.open(call.session)


async def test_calls_that_live_are_interpreted_though_no_more_are_let_in(call):
    call.speech.is_pressed(Level.REFUSE)
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Good day"


async def test_then_translations_are_only_shown_and_everybody_hears_the_original(call):
    call.speech.is_pressed(Level.CAPTIONS_ONLY)
    await call.customer.is_silent(0.1)
    await call.customer.says("Guten Tag")
    assert heard(call.agent.sound) == "Guten Tag"
    assert call.speech.spoken == []
    shown = [n for n in call.agent.notices if n.type == "transcript.final"]
    assert shown[0].fields["translation"]["text"] == "Good day"
    statuses = [n.fields.get("translation") for n in call.agent.notices]
    assert "captions_only" in statuses


async def test_at_last_voices_pass_as_they_are(call):
    call.speech.is_pressed(Level.BRIDGE)
    await call.customer.is_silent(5.0)  # and for as long as it lasts
    await call.customer.says("Guten Tag")
    assert heard(call.agent.sound) == "Guten Tag"
    assert [one.renderings for one in call.said] == [()]


async def test_all_comes_back_by_itself(call):
    call.speech.is_pressed(Level.BRIDGE)
    await call.customer.is_silent(1.0)
    call.speech.is_pressed(Level.NORMAL)
    await call.customer.is_silent(3.0)
    call.agent.played.clear()
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Good day"


async def test_a_call_that_begins_under_pressure_knows_it(new_call):
    call = new_call()
    call.speech.pressure = Level.CAPTIONS_ONLY
    with pytest.raises(OverCapacity):
        await call.calls.open(call.session)
    await call.calls.resume(call.session, lifecycle.Created(1e12), ())  # one from before a restart
    await call.connect(call.customer)
    await call.connect(call.agent)
    await call.customer.says("Guten Tag")
    assert heard(call.agent.sound) == "Guten Tag"
