"""What a conversation was like, counted from what was said when."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.analysis.conversation import conversation
from kallglot.analysis.interruptions import interruptions
from kallglot.analysis.measures import measured
from kallglot.analysis.responses import response_times
from kallglot.analysis.score import score
from kallglot.analysis.silence import dead_air, holds, sounds
from kallglot.analysis.spans import last_begun, total, union
from kallglot.analysis.talking import (
    percentages,
    talk_times,
    words_by_language,
    words_by_speaker,
)
from kallglot.model.leg import Leg
from kallglot.model.session import Mode, Participant, Session
from kallglot.model.transcript import Rendering, Utterance

PEOPLE = ("customer", "agent")
SESSION = Session(
    "sess_1",
    "org_1",
    Mode.BIDIRECTIONAL,
    (Participant("customer", "customer", "de"), Participant("agent", "agent", "en")),
    created_at=1000.0,
    started_at=1010.0,
)


def leg(name, participant, connected_at, disconnected_at=None) -> Leg:
    return Leg(
        name,
        "sess_1",
        "twilio",
        participant,
        "connected" if disconnected_at is None else "disconnected",
        SESSION.started_at + connected_at,
        disconnected_at=None if disconnected_at is None else SESSION.started_at + disconnected_at,
    )


def test_what_overlaps_is_counted_once():
    assert union([(5, 6), (0, 2), (1, 3), (3, 4), (9, 9)]) == [(0, 4), (5, 6)]
    assert total(union([(0, 2), (1, 3)])) == 3
    assert last_begun([(0, 4), (5, 6)], 4.5) == (0, 4)
    assert last_begun([(1, 4)], 0.5) is None


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100))))
def test_a_union_is_in_order_and_covers_no_more_than_was_there(spans):
    covered = union(spans)
    assert all(start < end for start, end in covered)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(covered))
    assert total(covered) <= sum(max(0, end - start) for start, end in spans) + 1e-6


def test_each_has_their_share_of_the_talk_and_the_shares_add_up(script):
    talk = conversation(
        PEOPLE,
        [
            script.say("customer", 0, 4),
            script.say("customer", 3, 5),
            script.say("agent", 6, 7),
            script.say("guest", 8, 9),
        ],
    )
    times = talk_times(talk)
    assert times == {"customer": 5, "agent": 1, "guest": 1}
    assert percentages(times) == {"customer": 72, "agent": 14, "guest": 14}
    assert percentages({"customer": 0.0, "agent": 0.0}) == {"customer": 0, "agent": 0}


@given(st.dictionaries(st.text(), st.floats(0.001, 1e6), min_size=1, max_size=20))
def test_percentages_always_add_up_to_a_hundred(shares):
    assert sum(percentages(shares).values()) == 100


def test_words_are_counted_by_speaker_and_language_and_signs_where_there_are_no_words(script):
    talk = conversation(
        PEOPLE,
        [
            script.say("customer", 0, 1, "Guten Tag zusammen", "de"),
            script.say("customer", 1, 2, "早上好", "zh"),
            script.say("agent", 3, 4, "mumble mumble", "en", is_sure=False),
            script.say("agent", 4, 5, "Hello", None),
        ],
    )
    assert words_by_speaker(talk) == {"customer": 6, "agent": 1}
    assert words_by_language(talk) == {"de": 3, "zh": 3, "en": 0}


def test_who_speaks_while_another_does_interrupts(script):
    talk = conversation(
        PEOPLE,
        [
            script.say("customer", 0, 5, "I should like to know", "en"),
            script.say("agent", 2, 4, "What is your number"),
        ],
    )
    assert interruptions(talk) == {"agent": 1}


@pytest.mark.parametrize(
    ("start", "text"),
    [
        (2.0, "mhm"),
        (2.0, "yes right"),
        (0.1, "We began together"),
        (4.7, "On the last words"),
        (5.5, "When it was over"),
    ],
)
def test_who_listens_or_is_early_interrupts_nobody(script, start, text):
    said = [script.say("customer", 0, 5), script.say("agent", start, start + 1, text)]
    assert not interruptions(conversation(PEOPLE, said))


def test_one_who_goes_on_after_a_breath_interrupts_once(script):
    said = [
        script.say("customer", 0, 9),
        script.say("agent", 2, 3, "let me", turn="utt_2"),
        script.say("agent", 3.5, 4, "say this", turn="utt_2"),
    ]
    assert interruptions(conversation(PEOPLE, said)) == {"agent": 1}


def test_with_an_interpreter_one_interrupts_the_translation_one_hears(script):
    said = [
        script.say("customer", 0, 3, language="de", renderings=script.heard_as("en", 4, 7)),
        script.say("agent", 5, 6, "One moment please"),
    ]
    assert interruptions(conversation(PEOPLE, said)) == {"agent": 1}
    # Speaking over a voice that one does not hear is nothing to the one who speaks.
    said[1] = script.say("agent", 2, 3, "One moment please")
    assert not interruptions(conversation(PEOPLE, said))


def test_a_translation_that_was_cut_off_counts_as_long_as_it_would_have_been(script):
    spoken = script.heard_as("en", 4, 5.1, dropped=2.0)
    said = [
        script.say("customer", 0, 3, language="de", renderings=spoken),
        script.say("agent", 5, 6, "One moment please"),
    ]
    assert interruptions(conversation(PEOPLE, said)) == {"agent": 1}


def test_a_reply_counts_from_the_end_of_what_was_heard(script):
    talk = conversation(
        PEOPLE,
        [
            script.say("customer", 0, 3, language="de", renderings=script.heard_as("en", 4, 7)),
            script.say("agent", 8.5, 10, renderings=script.heard_as("de", 11, 13)),
            script.say("agent", 10.5, 11, renderings=script.heard_as("de", 13, 14)),
            script.say("customer", 13.8, 15, language="de"),
        ],
    )
    assert response_times(talk) == {"customer": [0.0], "agent": [1.5]}


def test_who_goes_on_alone_replies_to_nobody(script):
    talk = conversation(PEOPLE, [script.say("agent", 0, 1), script.say("agent", 20, 21)])
    assert response_times(talk) == {"customer": [], "agent": []}


def test_a_long_silence_is_dead_air_unless_a_translation_is_heard(script):
    talk = conversation(
        PEOPLE,
        [
            script.say("customer", 0, 2),
            script.say("agent", 6, 7, renderings=script.heard_as("de", 9, 12)),
            script.say("customer", 20, 21),
        ],
    )
    assert dead_air(sounds(talk), []) == [(12, 20)]
    assert dead_air(sounds(talk), [(12.5, 19.5)]) == []


def test_waiting_for_a_call_that_comes_back_is_hold_time():
    gone_and_back = [
        leg("leg_1", "customer", -5, 10),
        leg("leg_2", "agent", -4),
        leg("leg_3", "customer", 40, 90),
    ]
    assert holds(gone_and_back, SESSION.started_at) == [(10, 40)]


def test_who_never_comes_back_or_changes_lines_holds_nobody_up():
    left = [leg("leg_1", "customer", 0, 10), leg("leg_2", "agent", 0, 300)]
    assert holds(left, SESSION.started_at) == []
    changed = [
        leg("leg_1", "customer", 0, 10),
        leg("leg_3", "customer", 10, 50),
        leg("l", "agent", 0),
    ]
    assert holds(changed, SESSION.started_at) == []
    third = [leg("leg_1", "customer", 0, 10), leg("l", "agent", 0), leg("m", "agent_2", 0)]
    assert holds(third, SESSION.started_at) == []


def test_a_score_is_the_mean_of_its_parts():
    assert score(0, 0, None, 0, 0) is None
    assert score(10, 0, 0.5, 0, 100) == 1.0
    assert score(10, 5, None, 50, 100) == 0.5
    assert score(2, 0, 60.0, 0, 10) == pytest.approx(2 / 3)


def test_a_session_in_which_nobody_spoke_has_measures_too():
    measures = measured(SESSION, [], [])
    assert (measures.words, measures.turns, measures.score, measures.lag) == (0, 0, None, None)
    assert [(each.key, each.talk_ratio) for each in measures.speakers] == [
        ("customer", 0),
        ("agent", 0),
    ]


def test_all_measures_of_a_conversation(script):
    said = [
        script.say(
            "customer", 0, 3, "Guten Tag", "de", renderings=script.heard_as("en", 4, 5), heard_at=3
        ),
        script.say("agent", 6, 7, "Hello there", renderings=script.heard_as("de", 8, 9)),
    ]
    measures = measured(SESSION, said, [])
    assert measures.words == 4
    assert measures.turns == 2
    assert measures.interruptions == 0
    assert measures.response_time == 1.0
    assert measures.score == 1.0
    assert [(each.language, each.words) for each in measures.languages] == [("de", 2), ("en", 2)]
    assert measures.lag is not None


utterances = st.builds(
    lambda number, speaker, start, length, language, turn, spoken, is_sure: Utterance(
        f"utt_{number}",
        "sess_1",
        number,
        speaker,
        language,
        "some words",
        start,
        start + length,
        0.5,
        is_sure,
        (Rendering("en", "x", spoken_at=spoken, spoken_until=spoken + 1),) if spoken else (),
        turn,
    ),
    st.integers(1, 100),
    st.sampled_from(["customer", "agent", "agent_2"]),
    st.floats(0, 1000),
    st.floats(0, 30),
    st.sampled_from([None, "de", "en"]),
    st.sampled_from(["", "utt_1", "utt_2"]),
    st.none() | st.floats(0.1, 1000),
    st.booleans(),
)


@given(st.lists(utterances, max_size=30))
def test_whatever_was_said_can_be_measured(said):
    measures = measured(SESSION, said, [])
    assert measures.score is None or 0 <= measures.score <= 1
    assert measures.interruptions <= measures.turns
    assert measures.dead_air >= 0
    assert measures.response_time is None or measures.response_time >= 0
    assert sum(each.talk_ratio for each in measures.speakers) in {0, 100}
