from __future__ import annotations

import itertools

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot import answering
from kallglot.answering import MOST_RETURNS, CallBook, Door, Origin
from kallglot.carriers.callstate import Call
from kallglot.carriers.facts import (
    CallAnswered,
    CallEnded,
    CallIncoming,
    CallRinging,
    ConferenceEnded,
    StepsWanted,
    StreamStopped,
)
from kallglot.carriers.steps import ConnectStream, Dial, HangUp, Number, Speak, TurnAway, Wait
from kallglot.model.phone_number import NumberProfile
from kallglot.model.session import Mode, Session, Status

NOW = 1_775_034_000.0
DOOR = Door(
    "sess_1",
    "customer",
    "wss://calls.example.com/v1/sessions/sess_1/connect",
    "token",
    "https://calls.example.com/providers/twilio/after",
    "https://calls.example.com/providers/twilio/stream",
)
PROFILE = NumberProfile(source_language="de", target_language="en")
WITH_FALLBACK = attrs.evolve(PROFILE, fallback_number="+15550188")
OURS = frozenset({"pcon_1"})
SESSION = Session("sess_1", "org_1", Mode.BIDIRECTIONAL, (), NOW)


def test_a_caller_is_greeted_in_their_language_and_connected():
    profile = attrs.evolve(PROFILE, greeting="Guten Tag")
    spoken, stream = answering.welcomed(profile, DOOR, NOW)
    assert spoken == Speak("Guten Tag", "de")
    assert isinstance(stream, ConnectStream)
    assert stream.parameters == {
        "token": "token",
        "session_id": "sess_1",
        "participant": "customer",
    }
    assert stream.after_url == f"{DOOR.after_url}?attempt=1&at={NOW:.3f}"


def test_without_a_greeting_nothing_is_spoken():
    assert [type(each) for each in answering.welcomed(PROFILE, DOOR, NOW)] == [ConnectStream]


def test_a_greeting_may_be_in_another_language():
    profile = attrs.evolve(PROFILE, greeting="Hello", greeting_language="en")
    assert answering.welcomed(profile, DOOR, NOW)[0] == Speak("Hello", "en")


@pytest.mark.parametrize(
    ("profile", "code", "steps"),
    [
        (PROFILE, "over_capacity", (TurnAway(),)),
        (WITH_FALLBACK, "over_capacity", (TurnAway(),)),
        (WITH_FALLBACK, "rate_limit_exceeded", (TurnAway(),)),
        (WITH_FALLBACK, "organization_suspended", (TurnAway(is_busy=False),)),
        (WITH_FALLBACK, "feature_not_available", (Dial(Number("+15550188")), HangUp())),
        (WITH_FALLBACK, "engine_unavailable", (Dial(Number("+15550188")), HangUp())),
        (WITH_FALLBACK, "insufficient_api_credits", (Dial(Number("+15550188")), HangUp())),
        (PROFILE, "engine_unavailable", (TurnAway(),)),
    ],
)
def test_what_a_caller_gets_instead_of_a_session(profile, code, steps):
    assert answering.instead(profile, code) == steps


def test_who_comes_back_at_once_is_connected_at_once_and_later_after_a_pause():
    second = answering.return_of(Origin(1, NOW), NOW + 1)
    assert second == Origin(2, NOW + 1)
    assert [type(each) for each in answering.connected(DOOR, second)] == [ConnectStream]
    third = answering.return_of(second, NOW + 2)
    assert [type(each) for each in answering.connected(DOOR, third)] == [Wait, ConnectStream]


def test_streams_that_do_not_last_are_given_up_and_one_that_lasted_begins_the_count_anew():
    assert answering.return_of(Origin(MOST_RETURNS, NOW), NOW + 1) is None
    assert answering.return_of(Origin(MOST_RETURNS, NOW), NOW + 60) == Origin(2, NOW + 60)
    assert answering.given_up(PROFILE) == (HangUp(),)
    assert answering.given_up(None) == (HangUp(),)
    assert answering.given_up(WITH_FALLBACK) == (Dial(Number("+15550188")), HangUp())


@given(st.none() | st.text(), st.none() | st.text())
def test_whatever_a_url_says_can_be_read(attempt, at):
    assert 0 <= Origin.read(attempt, at).attempt <= MOST_RETURNS


def test_a_connection_is_read_as_it_was_written():
    origin = Origin(3, NOW)
    fields = dict(each.split("=") for each in origin.query().split("&"))
    assert Origin.read(fields["attempt"], fields["at"]) == origin


@pytest.mark.parametrize(
    ("status", "is_awaited"),
    [
        (Status.CREATED, True),
        (Status.CONNECTING, True),
        (Status.ACTIVE, True),
        (Status.ENDING, False),
        (Status.ENDED, False),
    ],
)
def test_a_caller_is_awaited_while_the_session_lives(status, is_awaited):
    session = attrs.evolve(SESSION, status=status)
    assert answering.is_awaited(session, Call()) is is_awaited


def test_nobody_is_awaited_whose_call_is_over_or_who_has_no_session():
    book = CallBook()
    _, over = book.learn(OURS, CallEnded("CA1", "completed"))
    assert not answering.is_awaited(SESSION, over)
    assert not answering.is_awaited(None, Call())


FACTS = (
    CallIncoming("CA1"),
    CallRinging("CA1"),
    CallAnswered("CA1"),
    StreamStopped("CA1", "MZ1", 5.0),
    CallEnded("CA1", "completed"),
)


@pytest.mark.parametrize("order", [*itertools.permutations(range(len(FACTS)))])
def test_in_whatever_order_facts_come_and_however_often_a_session_ends_once(order):
    book = CallBook()
    told = [FACTS[each] for each in order] * 2
    ends = [answering.reason_of(*book.learn(OURS, fact)) for fact in told]
    assert [end for end in ends if end is not None] == ["completed"]


def test_who_hangs_up_before_the_stream_is_said_to():
    book = CallBook()
    book.learn(OURS, CallIncoming("CA1"))
    assert answering.reason_of(*book.learn(OURS, CallEnded("CA1", "canceled"))) == "canceled"


def test_nobody_tells_of_a_call_of_somebody_elses():
    book = CallBook()
    book.learn(frozenset({"pcon_2"}), CallEnded("CA1", "completed"))
    assert book.call(OURS, "CA1") == Call()


def test_the_book_keeps_the_latest_calls_and_takes_what_is_about_none():
    book = CallBook(most=2)
    for name in ("CA1", "CA2", "CA3"):
        book.learn(OURS, CallRinging(name))
        book.let_go(name)
    assert len(book) == 2
    assert book.call(OURS, "CA1") == Call()
    assert [book.is_let_go(name) for name in ("CA1", "CA3")] == [False, True]
    assert book.learn(OURS, ConferenceEnded(None, "c")) == (Call(), Call())


def test_the_call_that_comes_in_is_found_among_the_facts():
    call = CallIncoming("CA1")
    assert answering.incoming((StepsWanted("CA1"), call)) is call
    assert answering.incoming(()) is None
