from __future__ import annotations

import itertools
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.formats.captions import LONGEST_MS, MOST_LINES, WIDTH, captions
from kallglot.formats.passages import LANGUAGES, passages
from tests.formats.conversations import any_utterances, utterance

LONG = (
    "Ich wollte fragen, ob Sie mir die Rechnung vom letzten Monat noch einmal schicken können,"
    " weil ich sie leider nicht finde und mein Steuerberater sie bis Freitag braucht."
)
LONG_TRANSLATION = (
    "I wanted to ask whether you could send me last month's invoice once more, because"
    " unfortunately I cannot find it and my accountant needs it by Friday."
)


def shown(*utterances, language: str = "both", **options):
    return captions(passages(utterances, language, include_translations=True), **options)


def times(found) -> list[tuple[int, int]]:
    return [(caption.start_ms, caption.end_ms) for caption in found]


def test_what_fits_is_shown_while_it_is_said():
    (caption,) = shown(utterance(1, "agent", "Good day.", language="en", start=2.0, end=4.0))
    assert (caption.start_ms, caption.end_ms, caption.lines) == (2000, 4000, ("Good day.",))


def test_a_long_utterance_is_cut_in_both_languages_at_the_same_places():
    said = utterance(1, "customer", LONG, ("en", LONG_TRANSLATION), start=0.0, end=12.0)
    first, second, third = shown(said)
    assert first.lines == (
        "Ich wollte fragen, ob Sie mir die Rechnung",
        "vom letzten",
        "I wanted to ask whether you could send me",
        "last month's",
    )
    assert second.lines == (
        "Monat noch einmal schicken können, weil",
        "ich sie leider nicht",
        "invoice once more, because unfortunately I",
    )
    assert times([first, second, third]) == [(0, 4015), (4015, 7984), (7984, 12_104)]


def test_nothing_is_shown_for_more_than_seven_seconds():
    slowly = utterance(1, "agent", "Well, let me see now.", language="en", start=0.0, end=21.0)
    assert times(shown(slowly)) == [(0, 6176), (6176, 12_352), (12_352, 19_352)]
    (breath,) = shown(utterance(1, "agent", "Mmmmm", language="en", start=0.0, end=20.0))
    assert (breath.start_ms, breath.end_ms) == (0, 7000)


def test_two_who_talk_at_once_are_shown_one_after_the_other():
    both = (
        utterance(1, "customer", "Moment mal", start=1.0, end=4.0),
        utterance(2, "agent", "One second please", start=1.2, end=3.0),
    )
    first, second = shown(*both)
    assert times([first, second]) == [(1000, 1500), (1500, 3000)]


def test_who_interrupts_is_shown_in_between():
    long = utterance(1, "customer", LONG, start=0.0, end=12.0)
    found = shown(long, utterance(2, "agent", "Yes.", language="en", start=5.0, end=5.6))
    assert [caption.speaker for caption in found] == ["customer", "customer", "agent", "customer"]
    assert found[1].end_ms - found[1].start_ms == 1500
    assert found[2].start_ms - 5000 < 500


def test_a_short_word_stays_until_it_has_been_read_or_somebody_else_speaks():
    first = utterance(1, "agent", "Unbelievable, absolutely.", language="en", start=0.0, end=0.2)
    assert times(shown(first)) == [(0, 1000)]
    second = utterance(2, "customer", "Ja.", start=0.7, end=1.5)
    assert times(shown(first, second)) == [(0, 700), (700, 1500)]


def test_a_piece_is_labelled_whoever_spoke_before():
    found = shown(utterance(1, "customer", LONG, start=0.0, end=12.0), are_labelled=True)
    assert all(caption.lines[0].startswith("customer: ") for caption in found)


def test_a_language_without_spaces_is_cut_between_characters():
    (first, *_) = shown(
        utterance(1, "agent", "请稍等我查一下您的订单" * 12, language="zh", end=9.0)
    )
    assert max(map(len, first.lines)) <= WIDTH


def test_a_sign_is_not_torn_from_the_letter_it_belongs_to():
    found = shown(utterance(1, "agent", "ก" * 41 + "กิ" * 10, language="th"))
    assert all(not line.startswith("ิ") for caption in found for line in caption.lines)


@settings(deadline=None)
@given(any_utterances, st.sampled_from(LANGUAGES), st.booleans(), st.booleans())
def test_all_words_are_shown_in_order_and_one_caption_at_a_time(
    utterances, language, translated, labelled
):
    said = passages(utterances, language, translated)
    found = captions(said, are_labelled=labelled)
    for before, after in itertools.pairwise(found):
        assert before.end_ms <= after.start_ms
    for caption in found:
        assert 0 < caption.end_ms - caption.start_ms <= LONGEST_MS
        assert all(0 < len(line) <= WIDTH for line in caption.lines)
        most = max(len(each.lines) for each in said if each.speaker == caption.speaker)
        assert 0 < len(caption.lines) <= MOST_LINES * most
    if not labelled:
        assert letters(found) == sorted_letters(said)


@settings(deadline=None)
@given(any_utterances)
def test_what_one_language_says_can_be_read_from_beginning_to_end(utterances):
    said = passages(utterances[:1], "source", include_translations=False)
    read = "".join(line for caption in captions(said) for line in caption.lines)
    assert read.replace(" ", "") == "".join(said[0].marked).replace(" ", "") if said else not read


def letters(found) -> dict[str, list[str]]:
    by_speaker = defaultdict(list)
    for caption in found:
        by_speaker[caption.speaker] += "".join(caption.lines).replace(" ", "")
    return {speaker: sorted(each) for speaker, each in by_speaker.items()}


def sorted_letters(said) -> dict[str, list[str]]:
    by_speaker = defaultdict(list)
    for passage in said:
        by_speaker[passage.speaker] += "".join(passage.marked).replace(" ", "")
    return {speaker: sorted(each) for speaker, each in by_speaker.items()}
