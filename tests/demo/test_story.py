from __future__ import annotations

import itertools
import re

import pytest

from kallglot.demo import voices
from kallglot.demo.story import LANGUAGES, STORY, shortened
from kallglot.speech.training import grammar
from kallglot.speech.training import voices as trained


def patterns_of(german: str) -> list[tuple[str, bool]]:
    """Return what the training would hash of this sentence, for every way of building it.

    A pattern without slots that fits is the one: slots would let anything pass.
    """
    found = []
    for pattern in grammar.PATTERNS:
        template = re.sub(r"\\\{.*?\\\}", ".+", re.escape(pattern.german))
        for opener in ("", *(f"{each.german} " for each in grammar.OPENERS)):
            if re.fullmatch(re.escape(opener) + template, german):
                has_slots = bool(grammar.slots_of(pattern))
                hashed = german.removeprefix(opener) if has_slots else german
                found.append((hashed, has_slots, bool(opener)))
    literal = [each for each in found if not each[1]]
    return [(hashed, slots or opened) for hashed, slots, opened in literal or found]


def is_kept_out(german: str) -> bool:
    built = patterns_of(german)
    return bool(built) and all(
        can_be_held_out and grammar._is_held_out(hashed) for hashed, can_be_held_out in built
    )


def sentences_of(german: str) -> list[str]:
    return [sentence.strip() for sentence in re.findall(r"[^.?!]+[.?!]", german)]


@pytest.mark.parametrize("line", STORY, ids=lambda line: line.german)
def test_every_line_has_something_that_was_kept_out_of_the_training(line):
    openers = {opener.german for opener in grammar.OPENERS}
    sentences = sentences_of(line.german)
    assert all(patterns_of(one) or one in openers for one in sentences), "nobody can say this"
    assert is_kept_out(line.german) or any(map(is_kept_out, sentences))


def test_some_lines_are_several_sentences_in_one_breath():
    for story in (STORY, shortened()):
        assert sum(len(line.sentences) > 1 for line in story) >= 2
    assert [line.sentences for line in STORY[:2]] == [
        ["Hello, this is Helen Becker from customer service.", "What can I do for you today?"],
        ["Ich habe gestern schon einmal angerufen.", "Das Internet ist seit neun Stunden weg."],
    ]


def test_no_line_is_among_the_sentences_of_the_training():
    said = {line.german for line in STORY}
    trained_on = {each.german for each in itertools.islice(grammar.sentences(1), 5000)}
    assert not said & trained_on


def test_the_story_has_turns_each_way_and_one_dropped_call():
    for story in (STORY, shortened()):
        assert {line.speaker for line in story} == set(LANGUAGES)
        assert sum(line.is_missed for line in story) == 1
    assert 6 <= len(STORY) <= 10
    assert len(shortened()) == 3


def test_the_voices_were_kept_out_of_the_training():
    assert voices.HELD_OUT == trained.HELD_OUT


def test_the_two_voices_differ_and_follow_from_the_seed():
    for seed in range(20):
        people = voices.choose(seed)
        assert people == voices.choose(seed)
        customer, agent = (people[who].voice.partition("+") for who in ("customer", "agent"))
        assert (customer[0], agent[0]) == ("de", "en-us")
        assert customer[2] != agent[2]
