from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.language.numerals import cardinal, ordinal, read


def values(text, language):
    return [one.value for one in read(text.lower().replace("-", " ").split(), language)]


@given(st.integers(0, 10**9 - 1), st.sampled_from(["de", "en"]))
def test_what_is_written_is_read_again(value, language):
    assert values(cardinal(value, language), language) == [value]


@given(st.integers(1, 99), st.sampled_from(["de", "en"]))
def test_ordinals_are_read_again(value, language):
    (one,) = read(ordinal(value, language, "ersten").replace("-", " ").split(), language)
    assert (one.value, one.is_ordinal) == (value, True)


@given(st.lists(st.sampled_from(["eins", "hundert", "und", "tausend", "million", "zwanzig", "a"])))
def test_no_words_are_too_strange_to_be_read(words):
    for language in ("de", "en"):
        found = read(words, language)
        assert all(one.first < one.end <= len(words) for one in found)
        assert [one.first for one in found] == sorted({one.first for one in found})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("vier neun zwei zwei", [4, 9, 2, 2]),
        ("fünfundzwanzig Euro", [25]),
        ("eintausendzweihundertdreiundvierzig", [1243]),
        ("tausend zweihundert", [1200]),
        ("zwei Millionen dreihunderttausend", [2_300_000]),
        ("vier hundert Leute", [400]),
        ("am einundzwanzigsten Mai", [21]),
        ("dreimal zwo", [3, 2]),
        ("ein Dutzend Wunder", [1, 12]),
        ("Das wundert mich", []),
        ("der Achte im Stand", [8]),
    ],
)
def test_german_numbers(text, wanted):
    assert values(text, "de") == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("four nine two two", [4, 9, 2, 2]),
        ("twenty-five euros", [25]),
        ("one thousand two hundred and forty-three", [1243]),
        ("a hundred and one", [101]),
        ("nineteen eighty-four", [19, 84]),
        ("two hundred thousand", [200_000]),
        ("the twenty-first of May", [21]),
        ("two hundred and fifth", [205]),
        ("twice a dozen", [2, 1, 12]),
        ("the number is", []),
    ],
)
def test_english_numbers(text, wanted):
    assert values(text, "en") == wanted


def test_what_may_be_no_number_is_said_to_be_loose():
    assert [one.is_loose for one in read(["eine", "drei"], "de")] == [True, False]
    assert [one.is_loose for one in read(["wait", "a", "second", "one", "two"], "en")] == [
        True,
        True,
        True,
        False,
    ]


def test_other_languages_have_no_number_words_here():
    assert read(["deux"], "fr") == []
    with pytest.raises(ValueError, match="no words"):
        cardinal(2, "fr")
