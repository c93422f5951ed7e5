from __future__ import annotations

import pytest

from kallglot.carriers.voices import locale_of


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("de", "de-DE"),
        ("de-DE", "de-DE"),
        ("de-AT", "de-AT"),
        ("en", "en-US"),
        ("en-GB", "en-GB"),
        ("zh", "cmn-CN"),
        ("zh-CN", "cmn-CN"),
        ("ar", "arb"),
        ("eu", "eu"),
    ],
)
def test_a_language_is_spoken_as_most_people_speak_it_unless_somebody_says_otherwise(tag, locale):
    assert locale_of(tag) == locale
