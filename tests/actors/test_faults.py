"""What breaks in one place stays there."""

import asyncio

import pykka
import pytest

from actors.leg import Leg
from kallglot.errors import OverCapacity
from kallglot.messages import VoiceHeard
from kallglot.overlap import OverlapRules
from kallglot.providers import Heard, Problem
from tests.fakes.telephone import Telephone


def child(call, name):
    switchboard = call.calls._switchboard._actor_weakref()
    session = switchboard.children[call.session.id]._actor_weakref()
    return session.children[name]


async def crash(ref):
    """Give an actor something that it cannot digest."""
    actor = ref._actor_weakref()
    ref.tell(VoiceHeard(None, 8000, 0.0) if "participant" in ref.name else Broken())
    await asyncio.sleep(0.01)
    if ref.is_alive():
        actor.kill()
        await actor.ended()
    await asyncio.sleep(0.05)


class Broken:
    pass


@pytest.mark.parametrize("part", ["translator of customer", "participant customer", "transcript"])
async def test_a_part_that_crashes_is_started_again_and_the_call_goes_on(call, part):
    await call.customer.says("Guten Tag")
    await call.agent.hears()
    before = child(call, part)
    before._actor_weakref().kill()
    await asyncio.sleep(0.05)
    assert child(call, part) is not before
    await call.customer.says("Auf Wiederhören")
    assert await call.agent.hears() == "Goodbye"
    await call.settle()
    assert [one.sequence for one in call.said] == [1, 2]


async def test_a_participant_who_is_started_again_still_hears(call):
    child(call, "participant agent")._actor_weakref().kill()
    await asyncio.sleep(0.05)
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Good day"


async def test_a_session_whose_part_keeps_failing_ends_and_says_why(call):
    for _ in range(5):
        await asyncio.sleep(0.05)
        if call.calls.count():
            child(call, "transcript")._actor_weakref().kill()
    await asyncio.sleep(1)
    assert call.calls.count() == 0
    assert call.row.end_reason == "error"
    assert call.customer.closed is not None


async def test_one_call_that_fails_leaves_the_others_alone(call, new_call):
    other = new_call(id="sess_2")
    await other.begin()
    switchboard = call.calls._switchboard._actor_weakref()
    switchboard.children[call.session.id]._actor_weakref().kill()
    await asyncio.sleep(0.1)
    await other.customer.says("Guten Tag")
    assert await other.agent.hears() == "Good day"


async def test_a_store_that_fails_for_a_moment_loses_nothing(call):
    call.store.fail_next = 2
    await call.customer.says("Guten Tag")
    await call.end()
    assert [one.text for one in call.said] == ["Guten Tag"]
    assert call.row.status == "ended"


async def test_a_flood_is_held_to_real_time_and_memory_stays_bounded(call, metering):
    for _ in range(5000):
        call.customer.sends(Heard(b"\1\0" * 160, 8000))
    await asyncio.sleep(0.5)
    speaking = child(call, "participant customer")._actor_weakref()._speaking
    assert speaking._voicing._voice.position < 5.0
    dropped = metering.registry.get_sample_value("kallglot_frames_dropped_total", {"where": "leg"})
    assert dropped > 4000


async def test_frames_that_make_no_sense_cost_nothing(call):
    for number in range(20):
        call.customer.sends(Problem("invalid_frame", str(number), ("reply", number)))
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Good day"


async def test_minutes_of_silence_change_nothing(call):
    await asyncio.gather(call.customer.is_silent(180), call.agent.is_silent(180))
    assert call.said == []
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Good day"


async def test_a_full_switchboard_takes_no_more_calls(call, new_call):
    for number in range(4):
        extra = new_call(id=f"sess_extra_{number}")
        await extra.calls.open(extra.session)
    one_too_many = new_call(id="sess_too_many")
    with pytest.raises(OverCapacity):
        await one_too_many.calls.open(one_too_many.session)


async def test_a_wire_that_fails_costs_its_leg_and_nothing_else(call):
    call.customer.arrival.wire.receive = lambda frame, now: 1 / 0
    call.customer.sends(Heard(b"", 8000))
    await call.settle()
    assert call.row.reconnect_deadline is not None
    again = Telephone("de", call_id="CA1")
    await call.connect(again)
    await again.says("Guten Tag")
    assert await call.agent.hears() == "Good day"


async def test_when_a_call_has_ended_nothing_of_it_is_left(call):
    await call.customer.says("Guten Tag")
    tasks = asyncio.all_tasks()
    await call.end()
    await asyncio.sleep(5)  # a telephone still plays what it has
    names = {ref.name for ref in pykka.ActorRegistry.get_all()}
    assert names == {"switchboard", "archive", "announcer"}
    assert all(not ear.is_open for ear in call.speech.ears)
    left = {task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()}}
    assert left == {"switchboard", "archive", "announcer"}
    assert len(tasks) > 3
    loop = asyncio.get_running_loop()
    assert [timer for timer in loop._scheduled if not timer.cancelled()] == []
    assert pykka.ActorRegistry.get_by_class(Leg) == []


class TestInterrupting:
    """A listener who speaks while they are spoken to."""

    LONG = "Wie lange dauert es denn noch bis jemand kommt und sich das ansieht"

    async def interrupt(self, call, word):
        await call.customer.says(self.LONG, silence=0.7)
        while not call.agent.played:
            await call.customer.is_silent(0.02)
        await call.agent.says(word)

    @pytest.mark.parametrize("overlap", [OverlapRules()])
    async def test_who_insists_stops_what_they_are_hearing(self, call):
        await self.interrupt(call, "Stop please stop I have heard enough of this")
        assert len(call.agent.cleared) == 1

    @pytest.mark.parametrize("overlap", [OverlapRules()])
    async def test_a_short_word_of_assent_stops_nothing(self, call):
        await self.interrupt(call, "Ok")
        assert call.agent.cleared == []

    @pytest.mark.parametrize("overlap", [OverlapRules("at_once")])
    async def test_an_impatient_server_stops_at_once(self, call):
        await self.interrupt(call, "Ok")
        assert len(call.agent.cleared) == 1

    @pytest.mark.parametrize("overlap", [OverlapRules("never")])
    async def test_a_patient_server_never_stops(self, call):
        await self.interrupt(call, "Stop please stop I have heard enough of this")
        assert call.agent.cleared == []


async def test_a_session_that_is_cut_short_leaves_no_error_behind(call, caplog):
    call.speech.delay["recognise"] = 0.05
    call.speech.fail_next("recognise", times=5)
    await call.customer.says("Guten Tag", silence=0.57)
    switchboard = call.calls._switchboard._actor_weakref()
    await switchboard.children[call.session.id].stop()
    await call.settle()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
