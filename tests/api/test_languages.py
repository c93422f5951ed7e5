from __future__ import annotations

import pytest

from kallglot.api.languages import language_code


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("de-DE", "de"),
        ("zh_Hant_TW", "zh"),
        ("yue-HK", "yue"),
        ("auto", None),
        ("AUTO", None),
        ("", None),
        (" en ", "en"),
    ],
)
def test_a_tag_is_cut_to_its_language(tag, code):
    assert language_code(tag) == code


@pytest.mark.parametrize("tag", ["zz", "german", "d", "de-", "de--DE", "12", "dé", "de DE"])
def test_what_is_no_language_is_refused(tag):
    with pytest.raises(ValueError, match="no such language"):
        language_code(tag)
