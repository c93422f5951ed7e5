from __future__ import annotations

from kallglot.demo.conversation import Exchange
from kallglot.demo.evidence import matched
from kallglot.demo.story import STORY
from kallglot.phones.tape import Span

EXCHANGES = (
    Exchange(STORY[0], Span(1.0, 4.0), (Span(4.8, 8.0),)),
    Exchange(STORY[1], Span(9.0, 12.0), (Span(11.0, 11.5), Span(12.7, 15.0))),
)


def turn(speaker: str, start: float, end: float) -> dict:
    return {"speaker": speaker, "start_time": start, "end_time": end, "text": "…"}


def test_a_turn_belongs_to_what_its_speaker_was_saying():
    turns = [turn("agent", 0.8, 4.2), turn("customer", 8.7, 10.0), turn("customer", 10.3, 12.2)]
    found = matched(EXCHANGES, turns)
    assert found.of == ((turns[0],), (turns[1], turns[2]))
    assert found.strangers == ()


def test_a_turn_that_nobody_said_is_a_stranger():
    turns = [turn("customer", 1.0, 4.0), turn("agent", 20.0, 21.0)]
    found = matched(EXCHANGES, turns)
    assert found.of == ((), ())
    assert found.strangers == tuple(turns)


def test_the_lag_counts_from_the_end_of_what_was_said():
    assert round(EXCHANGES[0].lag, 3) == 0.8
    assert round(EXCHANGES[1].lag, 3) == 0.7
    assert Exchange(STORY[0], Span(1.0, 4.0), ()).lag is None
    assert Exchange(STORY[4], Span(1.0, 4.0), (Span(9.0, 12.0),)).lag is None


def test_what_is_heard_before_the_end_is_ahead_of_it():
    assert EXCHANGES[0].ahead == 0.0
    assert EXCHANGES[1].ahead == 1.0
    still_being_said = Exchange(STORY[0], Span(1.0, 4.0), (Span(3.0, 6.0),))
    assert (still_being_said.ahead, still_being_said.lag) == (1.0, None)
