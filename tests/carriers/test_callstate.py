from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.carriers.callstate import (
    Announced,
    Answered,
    Call,
    Ended,
    Ringing,
    Unheard,
    learn,
)
from kallglot.carriers.facts import (
    CallAnswered,
    CallBridged,
    CallEnded,
    CallIncoming,
    CallPlaced,
    CallRinging,
    ConferenceEnded,
    ConferenceJoined,
    ConferenceLeft,
    DigitsPressed,
    MachineDetected,
    PromptEnded,
    StepsWanted,
    StreamFailed,
    StreamStarted,
    StreamStopped,
    TransferFinished,
)

CAUSES = ("completed", "busy", "no_answer", "canceled", "rejected", "failed")
KINDS = ("human", "machine", "greeting_over", "fax", "unknown")

times = st.none() | st.sampled_from([1.0, 2.0, 3.0])
streams = st.sampled_from(["MZ1", "MZ2"])
facts = st.one_of(
    st.builds(CallIncoming, st.just("CA1"), at=times),
    st.builds(CallPlaced, st.just("CA1"), at=times),
    st.builds(CallRinging, st.just("CA1"), times),
    st.builds(CallAnswered, st.just("CA1"), times),
    st.builds(CallBridged, st.just("CA1"), times),
    st.builds(CallEnded, st.just("CA1"), st.sampled_from(CAUSES), st.just(""), times),
    st.builds(MachineDetected, st.just("CA1"), st.sampled_from(KINDS), times),
    st.builds(StreamStarted, st.just("CA1"), streams, times),
    st.builds(StreamStopped, st.just("CA1"), streams, times),
    st.builds(StreamFailed, st.just("CA1"), streams, st.sampled_from(["", "31920"]), times),
    st.builds(DigitsPressed, st.just("CA1"), st.just("5"), times),
    st.builds(TransferFinished, st.just("CA1"), st.sampled_from(CAUSES)),
    st.builds(PromptEnded, st.just("CA1"), times),
    st.builds(StepsWanted, st.just("CA1"), times),
    st.builds(ConferenceJoined, st.just("CA1"), st.just("room"), times),
    st.builds(ConferenceLeft, st.just("CA1"), st.just("room"), times),
    st.builds(ConferenceEnded, st.none(), st.just("room"), times),
)


def told(*said) -> Call:
    call = Call()
    for fact in said:
        call = learn(call, fact)
    return call


WHOLE_CALL = (
    CallPlaced("CA1"),
    CallRinging("CA1", 1.0),
    CallAnswered("CA1", 2.0),
    StreamStarted("CA1", "MZ1", 2.5),
    StreamStopped("CA1", "MZ1", 9.0),
    CallEnded("CA1", "completed"),
)


def test_every_order_of_a_calls_facts_ends_in_the_same_call():
    expected = told(*WHOLE_CALL)
    assert expected.progress == Ended("completed", was_answered=True)
    for order in itertools.permutations(WHOLE_CALL):
        assert told(*order) == expected


@given(st.data(), st.lists(facts, max_size=12))
def test_neither_order_nor_repetition_matters(data, said):
    again = data.draw(st.lists(st.sampled_from(said), max_size=8)) if said else []
    order = data.draw(st.permutations([*said, *again]))
    assert told(*order) == told(*said)
    assert told(*order).progress == told(*said).progress
    assert told(*order).open_streams == told(*said).open_streams


@given(st.lists(facts, max_size=12))
def test_what_has_been_said_before_is_nothing_new(said):
    call = told(*said)
    for fact in said:
        assert learn(call, fact) is call


@given(st.lists(facts, max_size=12), facts)
def test_nothing_goes_back(said, fact):
    before = told(*said)
    after = learn(before, fact)
    assert after.reached >= before.reached
    assert isinstance(after.progress, Ended) or not isinstance(before.progress, Ended)
    assert set(after.streams) >= set(before.streams)


def test_a_call_goes_step_by_step():
    seen = [told(*WHOLE_CALL[:count]).progress for count in range(4)]
    assert seen == [Unheard(), Announced(), Ringing(), Answered()]


def test_a_late_ringing_never_moves_an_answered_call_back():
    assert told(CallAnswered("CA1"), CallRinging("CA1")).progress == Answered()


def test_a_stream_is_open_until_it_stops_or_the_call_ends():
    streaming = told(CallAnswered("CA1"), StreamStarted("CA1", "MZ1"))
    assert streaming.open_streams == {"MZ1"}
    assert learn(streaming, StreamStopped("CA1", "MZ1")).open_streams == frozenset()
    assert learn(streaming, CallEnded("CA1", "completed")).open_streams == frozenset()


def test_a_stream_that_is_opened_again_under_its_old_name_is_open():
    said = (
        StreamStarted("CA1", "MZ1", 1.0),
        StreamFailed("CA1", "MZ1", "timeout", 2.0),
        StreamStarted("CA1", "MZ1", 3.0),
    )
    for order in itertools.permutations(said):
        assert told(*order).open_streams == {"MZ1"}
    failed = told(*said[:2])
    assert failed.streams["MZ1"].has_failed
    assert failed.streams["MZ1"].why == "timeout"


def test_whoever_was_spoken_with_was_reached_however_the_call_ended():
    rejected = told(CallEnded("CA1", "rejected"))
    assert rejected.progress == Ended("rejected", was_answered=False)
    late = learn(rejected, CallAnswered("CA1"))
    assert late.progress == Ended("completed", was_answered=True)


def test_a_machine_that_is_done_with_its_greeting_is_not_a_machine_again():
    call = told(MachineDetected("CA1", "greeting_over"), MachineDetected("CA1", "machine"))
    assert (call.machine, call.progress) == ("greeting_over", Answered())
    assert told().machine is None


@pytest.mark.parametrize("fact", [DigitsPressed("CA1", "5"), StepsWanted("CA1")])
def test_what_leaves_no_trace_leaves_none(fact):
    assert told(fact) == Call()
