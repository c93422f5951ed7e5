from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.lag.erasure import Captions, Erasure, normalised
from tests.lag.calls import said

captions = st.lists(
    st.lists(st.sampled_from(["ich", "du", "er", "es"]), max_size=6).map(" ".join), max_size=12
)


def test_a_caption_that_only_grows_erases_nothing():
    erasure = Erasure("de")
    for text in ("ich", "ich möchte", "ich möchte zahlen"):
        erasure.show(text)
    assert (erasure.deleted, erasure.final) == (0, 3)
    assert normalised(0, 3) == 0


def test_a_word_that_changes_takes_those_behind_it_along():
    erasure = Erasure("de")
    erasure.show("ich möchte bar zahlen")
    revision = erasure.show("ich möchte gar nicht zahlen")
    assert revision.deleted == ("bar", "zahlen")
    assert revision.added == ("gar", "nicht", "zahlen")
    assert normalised(erasure.deleted, erasure.final) == 2 / 5


def test_in_chinese_signs_are_counted():
    erasure = Erasure("zh-TW")
    erasure.show("你好嗎")
    assert erasure.show("你好 啊").deleted == ("嗎",)
    assert erasure.final == 3


def test_a_caption_that_vanishes_was_all_taken_back():
    erasure = Erasure("en")
    erasure.show("hello there")
    erasure.show("")
    assert (erasure.deleted, erasure.final) == (2, 0)
    assert normalised(2, 0) is None


def test_what_was_said_is_not_in_the_log():
    assert "hello" not in repr(Erasure("en").show("hello"))


@given(captions)
def test_who_applies_every_revision_sees_the_last_caption(texts):
    erasure, shown, deleted = Erasure("de"), [], 0
    for text in texts:
        revision = erasure.show(text)
        if revision.deleted:
            assert tuple(shown[-len(revision.deleted) :]) == revision.deleted
            del shown[-len(revision.deleted) :]
            deleted += len(revision.deleted)
        shown += revision.added
        assert " ".join(shown) == text
    assert (erasure.deleted, erasure.final) == (deleted, len(shown))


@pytest.fixture
def shown():
    captions = Captions()

    def show(utterance_id: str, *texts: str) -> None:
        for text in texts:
            captions.show(utterance_id, text, "de")

    show.captions = captions
    return show


def stands(shown, number: int, text: str, turn: str = "utt_1") -> int:
    return shown.captions.stand(said(number, 0, 1, text, turn=turn))


def test_a_caption_that_becomes_what_was_said_erases_nothing(shown):
    shown("utt_1", "ich", "ich möchte", "ich möchte zahlen.")
    assert stands(shown, 1, "ich möchte zahlen.") == 0


def test_what_is_left_behind_an_utterance_begins_the_next(shown):
    shown("utt_1", "ich möchte zahlen. und")
    shown("utt_2", "und zwar", "und zwar gleich.")  # shown before the first is translated
    assert stands(shown, 1, "ich möchte zahlen.") == 0
    assert stands(shown, 2, "und zwar gleich.") == 0


def test_of_what_is_left_behind_an_utterance_what_changes_is_taken_back(shown):
    shown("utt_1", "ich möchte zahlen. und war")
    assert stands(shown, 1, "ich möchte zahlen.") == 0
    shown("utt_2", "und zwar", "und zwar gleich")
    assert stands(shown, 2, "und zwar sofort.") == 2


def test_one_answer_may_make_several_utterances_stand_of_what_one_caption_showed(shown):
    shown("utt_1", "guten Tag. ich möchte zahlen")
    assert stands(shown, 1, "guten Tag.") == 0
    assert stands(shown, 2, "ich möchte zahlen") == 0


def test_a_turn_that_stands_otherwise_than_it_was_shown(shown):
    shown("utt_1", "ich möchte bar zahlen")
    assert stands(shown, 1, "ich möchte gar nicht zahlen") == 2


def test_what_was_shown_behind_the_end_of_a_turn_was_never_said(shown):
    shown("utt_1", "guten Tag. Vielen Dank")
    assert stands(shown, 1, "guten Tag.") == 0
    shown("utt_2", "Vielen Dank")
    assert stands(shown, 2, "Vielen Dank", turn="utt_2") == 2


def test_a_turn_that_nobody_has_said_after_all_is_taken_back(shown):
    shown("utt_7", "guten", "guten Tag")  # an echo
    shown("utt_1", "gern")
    assert stands(shown, 1, "gern") == 2


def test_what_never_stands_has_vanished_at_the_end(shown):
    shown("utt_1", "guten Tag. ich")
    stands(shown, 1, "guten Tag.")
    shown("utt_2", "ich möchte", "ich muss")
    assert shown.captions.vanish() == 1 + 1 + 2
    assert shown.captions.vanish() == 0


@given(captions)
def test_a_turn_in_one_piece_is_counted_like_its_caption(texts):
    erasure, counted = Erasure("de"), Captions()
    for text in texts:
        erasure.show(text)
        counted.show("utt_1", text, "de")
    erasure.show("ich es")
    assert counted.stand(said(1, 0, 1, "ich es")) + counted.vanish() == erasure.deleted
