"""What no interpreter repeats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.fillers import without_fillers


@pytest.mark.parametrize(
    ("language", "said", "repeated"),
    [
        ("de", "Äh, ich möchte, ähm, einen Termin.", "Ich möchte, einen Termin."),
        ("de", "Ich habe hm keine Ahnung, äh.", "Ich habe hm keine Ahnung."),
        (
            "en",
            "Uh, I would, um, like to order two uhh chairs",
            "I would, like to order two chairs",
        ),
        ("en", "Well, the error is er 42.", "Well, the error is 42."),
        ("es-MX", "Eh, quiero eeh dos.", "Quiero dos."),
        ("fr", "Je voudrais, euh, un café.", "Je voudrais, un café."),
    ],
)
def test_sounds_of_hesitation_are_left_out(language, said, repeated):
    assert without_fillers(said, language) == repeated.replace(" hm", "")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Also, der Uhrmacher und die Ähre."),
        ("en", "Her error is under the umbrella, ahead of us."),
        ("en", "Um."),
        ("en", ""),
        ("xx", "Nobody knows this language."),
    ],
)
def test_what_means_something_stays(language, said):
    assert without_fillers(said, language) == said


@given(words=st.lists(st.sampled_from(["ähm", "Haus", "zwei", "äh,", "42"]), max_size=8))
def test_no_other_word_is_ever_lost(words):
    text = " ".join(words)
    kept = [word for word in words if not word.startswith("ä")]
    said = without_fillers(text, "de").casefold().split()
    assert said == [word.casefold() for word in kept or words]
