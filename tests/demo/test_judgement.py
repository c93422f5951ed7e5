from __future__ import annotations

import attrs
import pytest

from kallglot.demo.judgement import Course, Evidence, judge, word_accuracy
from kallglot.demo.story import Line

COURSE = Course(wait=298.0)


def agent(english, german, *, is_missed=False):
    return Line("agent", english, german, is_missed)


def customer(german, english):
    return Line("customer", german, english)


STORY = (
    agent(
        "Hello, this is Helen Becker from customer service.",
        "Guten Tag, hier spricht Helen Becker vom Kundendienst.",
    ),
    customer(
        "Ich habe gestern schon einmal angerufen.",
        "I already called once yesterday.",
    ),
    agent("Of course. What can I do for you today?", "Natürlich. Was kann ich heute für Sie tun?"),
    customer(
        "Das Internet ist seit neun Stunden weg.",
        "The internet has been down for nine hours.",
    ),
    agent("Can you please restart the router?", "Können Sie den Router bitte neu starten?"),
    customer(
        "Ich habe den Router erst heute früh gekauft.",
        "I only bought the router early today.",
    ),
    agent(
        "The technician will come to Munich on Tuesday afternoon.",
        "Der Techniker kommt am Dienstagnachmittag nach München.",
        is_missed=True,
    ),
    customer(
        "Bitte rufen Sie mich am Dienstag um halb vier an.",
        "Please call me on Tuesday at half past three.",
    ),
    agent(
        "I will put you down for Tuesday at half past five.",
        "Ich trage Sie für Dienstag um halb sechs ein.",
    ),
    customer(
        "In Ordnung. Sie haben mir sehr geholfen.",
        "All right. You have helped me a lot.",
    ),
)


def perfect(lines=STORY) -> list[Evidence]:
    return [
        Evidence(
            line,
            line.text,
            line.translation,
            0.98,
            0.98,
            0.97,
            None if line.is_missed else 0.8,
            ahead=1.5 if len(line.sentences) > 1 else 0.0,
        )
        for line in lines
    ]


def but(number: int, **changed) -> list[Evidence]:
    evidence = perfect()
    evidence[number - 1] = attrs.evolve(evidence[number - 1], **changed)
    return evidence


def only_failure(evidence: list[Evidence], course: Course = COURSE) -> str:
    (failure,) = judge(evidence, course).failures
    return failure


def test_a_perfect_call_is_passed():
    verdict = judge(perfect(), COURSE)
    assert verdict.is_passed
    assert (verdict.exact, verdict.lines) == (10, 10)
    assert verdict.recognised_words == verdict.translated_words == 1.0
    assert verdict.median_lag == verdict.p95_lag == 0.8


def test_how_early_lines_were_heard_is_told():
    verdict = judge(perfect(), COURSE)
    assert (verdict.early, verdict.longest_ahead) == (2, 1.5)


def test_a_call_in_which_everybody_waits_for_the_end_is_not_simultaneous():
    patient = [attrs.evolve(each, ahead=0.0) for each in perfect()]
    assert "before its speaker had ended" in only_failure(patient)


def test_silence_is_noticed():
    silent = [
        attrs.evolve(each, as_claimed=0.0, as_expected=0.0, as_recorded=0.0, lag=None, ahead=0.0)
        for each in perfect()
    ]
    verdict = judge(silent, COURSE)
    assert len(verdict.failures) == len(STORY)
    assert "did not hear" in verdict.failures[0]
    assert verdict.median_lag is None


def test_a_line_that_is_not_heard_is_never_tolerated():
    assert "line 4, 'Das Internet" in only_failure(but(4, as_claimed=0.4))


def test_a_line_that_is_missing_from_the_transcript():
    missing = but(2, recognised="", translated="", as_claimed=0.0)
    assert "is not in the transcript" in only_failure(missing)


def test_a_line_that_was_neither_translated_nor_passed_on():
    lost = but(2, translated="", as_claimed=0.0)
    assert "neither translated nor passed on" in only_failure(lost)


def test_an_unsure_line_whose_voice_was_passed_on_counts_as_inexact():
    unsure = {"translated": "", "as_claimed": 0.0, "as_expected": 0.0, "as_said": 0.97}
    verdict = judge(but(2, **unsure), COURSE)
    assert verdict.is_passed
    assert "the speaker's own voice instead of" in verdict.tolerated[0]
    everything = [attrs.evolve(each, **unsure) for each in perfect()]
    assert len(judge(everything, COURSE).failures) == len(STORY)


def test_a_wrong_word_is_tolerated_in_one_line_of_five():
    wrong = {"translated": "The internet has been down for five hours.", "as_expected": 0.7}
    verdict = judge(but(4, **wrong), COURSE)
    assert verdict.is_passed
    assert verdict.exact == 9
    assert "'The internet has been down for five hours.' instead of" in verdict.tolerated[0]
    assert verdict.translated_words == pytest.approx(1 - 1 / 80)


def test_too_many_wrong_words_are_not_tolerated():
    evidence = perfect()
    for number in (0, 3, 8):
        worse = evidence[number].translated.rsplit(" ", 1)[0]
        evidence[number] = attrs.evolve(evidence[number], translated=worse)
    verdict = judge(evidence, COURSE)
    assert not verdict.is_passed
    assert len(verdict.failures) == 3
    assert verdict.tolerated == ()


def test_a_quick_call_tolerates_one_line_and_no_more():
    evidence = perfect(STORY[:3])
    wrong = {"as_expected": 0.5}
    anna = "Guten Tag, hier spricht Anna Wolf vom Kundendienst."
    evidence[0] = attrs.evolve(evidence[0], translated=anna, **wrong)
    assert judge(evidence, COURSE).is_passed
    evidence[1] = attrs.evolve(evidence[1], translated="I already called once last week.", **wrong)
    assert len(judge(evidence, COURSE).failures) == 2


def test_a_line_of_wrong_words_is_not_tolerated():
    failure = only_failure(but(4, translated="My coat is wrong."))
    assert "only 0% of the words are right" in failure


def test_a_transcript_that_says_something_else_than_was_heard():
    assert "does not sound like" in only_failure(but(4, as_expected=0.3))


def test_a_recording_without_what_was_heard():
    assert "not in the recording" in only_failure(but(4, as_recorded=0.3))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"noises": ("the agent heard something",)}, "the agent heard something"),
        ({"strangers": ("the transcript has 'Hm.'",)}, "the transcript has 'Hm.'"),
        ({"complaints": ("31951",)}, "31951"),
        ({"wait": None}, "set no deadline"),
        ({"wait": -3.0}, "had passed"),
        ({"came_back": False}, "not taken back"),
        ({"status": "active"}, "active and not ended"),
    ],
)
def test_how_the_call_went_matters(changed: dict, said: str):
    assert said in only_failure(perfect(), attrs.evolve(COURSE, **changed))


def test_case_and_punctuation_do_not_matter():
    assert judge(but(2, translated="i ALREADY called once, yesterday!"), COURSE).exact == 10


@pytest.mark.parametrize(
    ("expected", "found", "accuracy"),
    [
        ("a b c d", "a b c d", 1.0),
        ("a b c d", "a x c d", 0.75),
        ("a b c d", "a c d", 0.75),
        ("a b c d", "a b b c d", 0.75),
        ("a b", "x y z q", 0.0),
        ("", "", 1.0),
        ("", "a", 0.0),
    ],
)
def test_word_accuracy(expected: str, found: str, accuracy: float):
    assert word_accuracy(expected, found) == accuracy
