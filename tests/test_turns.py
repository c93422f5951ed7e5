"""Probabilities in, turns out."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from kallglot.turns import (
    SpeechEnded,
    SpeechGoesOn,
    SpeechPaused,
    SpeechStarted,
    SpeechWithdrawn,
    TurnPolicy,
    Turns,
)

FRAME = TurnPolicy().frame


def listen(*parts, turns=None):
    """Return the events for parts, each a probability and how many seconds it lasts."""
    turns = turns or Turns()
    events = []
    for probability, seconds in parts:
        for _ in range(round(seconds / FRAME)):
            events += turns.judge(probability)
    return events


def test_a_sentence_is_one_utterance_with_a_little_air_around_it():
    events = listen((0.0, 1.0), (0.9, 1.5), (0.0, 1.0))
    started, *_, ended = events
    assert isinstance(started, SpeechStarted)
    assert isinstance(ended, SpeechEnded)
    assert 0.7 < ended.start < 1.0
    assert 2.5 < ended.end < 2.8
    assert started.start == ended.start
    assert (round(ended.onset, 1), round(ended.offset, 1)) == (1.0, 2.5)


def test_a_short_pause_does_not_end_a_sentence():
    events = listen((0.9, 1.0), (0.1, 0.3), (0.9, 1.0), (0.0, 1.0))
    assert [type(event) for event in events].count(SpeechEnded) == 1


def test_a_pause_is_told_of_once_before_it_is_known_whether_it_is_the_end():
    events = listen((0.9, 1.0), (0.1, 0.3), (0.9, 1.0), (0.0, 1.0))
    pauses = [event for event in events if isinstance(event, SpeechPaused)]
    assert [round(pause.offset, 1) for pause in pauses] == [1.0, 2.3]
    longest = TurnPolicy().pauses_after + FRAME
    assert all(pause.end - pause.offset <= longest for pause in pauses)
    assert isinstance(events[-1], SpeechEnded)


def test_a_click_is_no_utterance():
    assert listen((0.0, 0.5), (0.9, FRAME), (0.0, 1.0)) == []


def test_a_cough_that_starts_a_turn_does_not_become_an_utterance():
    events = listen((0.0, 0.5), (0.9, 3 * FRAME), (0.0, 1.0))
    assert not any(isinstance(event, SpeechEnded) for event in events)
    assert isinstance(events[-1], SpeechWithdrawn)


def test_while_somebody_speaks_partial_results_are_due_now_and_then():
    events = listen((0.0, 1.0), (0.9, 3.0), (0.0, 1.0))
    partial = [event for event in events if isinstance(event, SpeechGoesOn)]
    assert 8 <= len(partial) <= 10
    assert all(event.end > event.start for event in partial)


def test_a_monologue_is_cut_where_it_is_quietest():
    turns = Turns(TurnPolicy(longest=5.0))
    events = listen((0.9, 4.0), (0.4, 2 * FRAME), (0.9, 3.0), (0.0, 1.0), turns=turns)
    ended = [event for event in events if isinstance(event, SpeechEnded)]
    assert len(ended) == 2
    assert 3.9 < ended[0].end < 4.2
    assert ended[1].start == ended[0].end


def test_a_voice_that_is_lost_has_finished_its_sentence():
    turns = Turns()
    listen((0.9, 1.0), turns=turns)
    assert isinstance(turns.flush()[0], SpeechEnded)
    assert turns.flush() == []


probabilities = st.lists(st.tuples(st.floats(0, 1), st.floats(0.03, 3)), max_size=30)


@given(probabilities)
def test_utterances_are_in_order_apart_and_never_too_long(parts):
    turns = Turns(TurnPolicy(longest=4.0))
    ended = [e for e in listen(*parts, turns=turns) if isinstance(e, SpeechEnded)]
    ended += [e for e in turns.flush() if isinstance(e, SpeechEnded)]
    for utterance in ended:
        assert 0 <= utterance.start < utterance.end <= turns.now + 0.2
        assert utterance.end - utterance.start <= 4.0 + 0.2
    for before, after in itertools.pairwise(ended):
        assert before.end <= after.start + 1e-9
