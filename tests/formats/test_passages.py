from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.formats.passages import LANGUAGES, clock, passages
from tests.formats.conversations import GREETING, any_utterances, utterance


def words(utterances, language: str, include_translations: bool = True) -> list[list[str]]:
    return [passage.marked for passage in passages(utterances, language, include_translations)]


def test_both_languages_are_the_original_and_below_it_the_translation():
    assert words(GREETING, "both") == [
        ["Guten Tag.", "Good day."],
        ["How can I help?", "Wie kann ich helfen?"],
        ["[unsure] Hm?"],
    ]


def test_the_source_is_what_was_said():
    said = [["Guten Tag."], ["How can I help?"], ["[unsure] Hm?"]]
    assert words(GREETING, "source") == said
    assert words(GREETING, "both", include_translations=False) == said
    assert words(GREETING, "target", include_translations=False) == said


def test_in_the_target_an_original_stands_in_for_a_missing_translation():
    assert words(GREETING, "target") == [["Good day."], ["Wie kann ich helfen?"], ["[unsure] Hm?"]]


def test_three_people_see_both_translations():
    said = utterance(1, "customer", "Merhaba", ("en", "Hello"), ("de", "Hallo"), language="tr")
    assert words([said], "both") == [["Merhaba", "Hello", "Hallo"]]


def test_what_was_said_first_comes_first():
    late, early = utterance(1, "a", "late", start=5.0), utterance(2, "b", "early", start=1.0)
    assert words([late, early], "source") == [["early"], ["late"]]


def test_nothing_said_is_nothing_shown():
    assert passages([utterance(1, "customer", " \n\t ")], "both", True) == []


def test_an_utterance_without_a_length_is_shown_for_half_a_second():
    (shown,) = passages([utterance(1, "a", "Ja", start=3.0, end=3.0)], "both", True)
    assert (shown.start_ms, shown.end_ms) == (3000, 3500)


def test_a_text_is_one_line_and_keeps_its_joiners():
    assert words([utterance(1, "a", "a\u200cb\r\n\u2028 \0 ja")], "both") == [["a\u200cb ja"]]


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="klingon"):
        passages([], "klingon", True)


def test_a_time_of_more_than_a_day_has_as_many_hours():
    assert clock(100 * 3_600_000 + 61_001, ",") == "100:01:01,001"


@settings(deadline=None)
@given(any_utterances, st.sampled_from(LANGUAGES), st.booleans())
def test_passages_are_in_order_and_end_after_they_start(utterances, language, translated):
    shown = passages(utterances, language, translated)
    assert all(0 <= passage.start_ms < passage.end_ms for passage in shown)
    starts = [passage.start_ms for passage in shown]
    assert starts == sorted(starts)
    for passage in shown:
        assert passage.lines
        for line in passage.lines:
            assert line.text == line.text.strip()
            assert line.text.splitlines() == [line.text]
            line.text.encode()
