from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kallglot.lag.erasure import Erasure

captions = st.lists(
    st.lists(st.sampled_from(["ich", "du", "er", "es"]), max_size=6).map(" ".join), max_size=12
)


def test_a_caption_that_only_grows_erases_nothing():
    erasure = Erasure("de")
    for text in ("ich", "ich möchte", "ich möchte zahlen"):
        erasure.show(text)
    assert (erasure.deleted, erasure.final, erasure.normalised) == (0, 3, 0)


def test_a_word_that_changes_takes_those_behind_it_along():
    erasure = Erasure("de")
    erasure.show("ich möchte bar zahlen")
    revision = erasure.show("ich möchte gar nicht zahlen")
    assert revision.deleted == ("bar", "zahlen")
    assert revision.added == ("gar", "nicht", "zahlen")
    assert erasure.normalised == 2 / 5


def test_in_chinese_signs_are_counted():
    erasure = Erasure("zh-TW")
    erasure.show("你好嗎")
    assert erasure.show("你好 啊").deleted == ("嗎",)
    assert erasure.final == 3


def test_a_caption_that_vanishes_was_all_taken_back():
    erasure = Erasure("en")
    erasure.show("hello there")
    erasure.show("")
    assert (erasure.deleted, erasure.final, erasure.normalised) == (2, 0, 2)


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
