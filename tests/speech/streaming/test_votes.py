"""When words are believed: what is heard goes in, what is committed comes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.speech.engines import Word
from kallglot.speech.streaming import pieces
from kallglot.speech.streaming.votes import Ballot, Guess, Moment, Policy

#: Seconds a word takes in these stories.
EACH = 0.3


def guess(text: str, heard: float | None = None, *, is_sure: bool = True) -> Guess:
    texts = pieces.split(text)
    words = tuple(Word(one, k * EACH, (k + 1) * EACH) for k, one in enumerate(texts))
    return Guess(words, len(texts) * EACH + 0.5 if heard is None else heard, is_sure)


class Story:
    """A turn, told by what is heard of it."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.ballot = Ballot(policy)
        self.said = ""

    def hears(self, text, moment=Moment.GOING_ON, **more):
        new = "".join(word.text for word in self.ballot.take(guess(text, **more), moment))
        self.said += new
        return new.strip()


def test_what_is_heard_twice_is_believed():
    story = Story()
    assert story.hears("Ich möchte meinen") == ""
    assert story.hears("Ich möchte meinen Vertrag") == "Ich möchte meinen"
    assert story.hears("Ich möchte meinen Vertrag kündigen.") == "Vertrag"
    assert story.hears("Ich möchte meinen Vertrag kündigen.") == "kündigen."


def test_what_changes_is_not():
    story = Story()
    story.hears("Ich möchte meinen Vater")
    assert story.hears("Ich möchte meinen Vertrag") == "Ich möchte meinen"
    assert story.hears("Ich möchte meinen Vertrag") == "Vertrag"


def test_a_sentence_before_a_pause_needs_no_second_vote():
    story = Story()
    assert story.hears("Guten Tag.", Moment.PAUSE) == "Guten Tag."
    assert Story().hears("Guten Tag", Moment.PAUSE) == ""
    assert Story().hears("你好。", Moment.PAUSE) == "你好。"
    assert Story().hears("क्या हाल है।", Moment.PAUSE) == "क्या हाल है।"


def test_what_is_not_sure_is_never_believed_before_the_end():
    story = Story()
    for moment in (Moment.GOING_ON, Moment.PAUSE, Moment.GOING_ON):
        assert story.hears("Der Elefant.", moment, is_sure=False) == ""
    assert story.hears("Der Elefant.", Moment.LAST, is_sure=False) == "Der Elefant."


def test_a_vote_before_a_doubt_does_not_count():
    story = Story()
    story.hears("Guten Tag")
    story.hears("Guten Tag", is_sure=False)
    assert story.hears("Guten Tag") == ""
    assert story.hears("Guten Tag") == "Guten Tag"


def test_the_last_word_waits_while_it_may_be_half_of_one():
    story = Story()
    story.hears("Das ist Wasser", heard=3 * EACH)
    assert story.hears("Das ist Wasser", heard=3 * EACH + 0.05) == "Das ist"
    assert story.hears("Das ist Wasserball", heard=1.5) == ""
    assert story.hears("Das ist Wasserball", heard=1.5) == "Wasserball"


def test_a_full_stop_must_be_heard_twice_too():
    story = Story()
    story.hears("Guten Tag")
    assert story.hears("Guten Tag.") == "Guten"
    assert story.hears("Guten Tag, Herr") == ""
    assert story.hears("Guten Tag, Herr Becker") == "Tag, Herr"


@pytest.mark.parametrize(
    ("number", "more"),
    [
        ("Es sind fünf", "Es sind fünfundzwanzig Euro"),
        ("Die Nummer ist 4 7", "Die Nummer ist 4 7 1 bitte"),
        ("My number is seven four", "My number is seven four one please"),
        ("Ich heiße B E", "Ich heiße B E C bitte"),
    ],
)
def test_a_number_waits_until_it_is_whole(number, more):
    story = Story()
    story.hears(number)
    whole = number.split()
    first = story.hears(number).split()
    assert first == whole[: len(first)]
    assert len(first) <= 3
    story.hears(more)
    assert story.hears(more).split() == more.split()[len(first) :]


def test_a_number_does_not_wait_at_a_pause_or_where_it_need_not():
    story = Story()
    story.hears("Es sind fünf")
    assert story.hears("Es sind fünf", Moment.PAUSE) == "Es sind fünf"
    hasty = Story(Policy(keeps_numbers_together=False))
    hasty.hears("Es sind fünf")
    assert hasty.hears("Es sind fünf") == "Es sind fünf"


def test_one_vote_and_a_margin_are_alignatt():
    story = Story(Policy(votes=1, margin=0.5))
    assert story.hears("Ich möchte meinen", heard=1.0) == "Ich"
    assert story.hears("Ich möchte meinen Vertrag", heard=1.5) == "möchte meinen"


def test_sound_that_goes_takes_its_words_along():
    story = Story()
    story.hears("Guten Tag. Mein")
    assert story.hears("Guten Tag. Mein Name") == "Guten Tag. Mein"
    story.ballot.cut(2 * EACH, words=2)
    assert [word.text for word in story.ballot.committed] == [" Mein"]
    assert story.ballot.committed[0].start == pytest.approx(0)
    assert story.hears("Mein Name ist") == "Name"


def test_what_is_committed_may_be_written_otherwise_later():
    story = Story()
    story.hears("Mein Name ist Meier und")
    story.hears("Mein Name ist Meier und")
    story.hears("Mein Name ist ja Meyer und ich")
    assert story.hears("Mein Name ist ja Meyer und ich habe") == "ich"


def test_when_there_is_no_room_the_end_stays_and_the_rest_is_committed():
    story = Story()
    assert story.hears("a1 b1 c1 d1 e1 f1", Moment.FULL, heard=1.8) == "a1 b1"
    unsure = Story()
    assert unsure.hears("x y z", Moment.FULL, heard=0.9, is_sure=False) == "x"


WORDS = st.lists(st.sampled_from(["ja", "nein", "Tag.", "fünf", "und", "B"]), max_size=8)


@given(
    st.lists(st.tuples(WORDS, st.booleans(), st.sampled_from(Moment), st.floats(0, 4)), max_size=12)
)
def test_whatever_is_heard_is_committed_in_order_and_once(hypotheses):
    story = Story()
    before = ""
    for words, is_sure, moment, heard in hypotheses:
        story.hears(" ".join(words), moment, is_sure=is_sure, heard=heard)
        assert story.said.startswith(before)
        assert story.said == "".join(word.text for word in story.ballot.committed)
        before = story.said


@given(WORDS.filter(bool), st.integers(1, 4))
def test_who_only_ever_adds_words_is_written_down_word_by_word(words, step):
    story = Story()
    for count in range(step, len(words) + step, step):
        story.hears(" ".join(words[:count]))
    story.hears(" ".join(words), Moment.LAST)
    assert story.said.split() == words
