from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.formats import LANGUAGES, render
from kallglot.formats.passages import passages
from tests.formats.conversations import GREETING, any_utterances, utterance


def table(file: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file, newline=""), strict=True))


def test_the_translation_stands_beside_the_original():
    first, second, third = table(render(GREETING, "csv"))
    assert first == {
        "sequence": "1",
        "speaker": "customer",
        "start": "2.000",
        "end": "3.500",
        "is_sure": "true",
        "confidence": "0.90",
        "language": "de",
        "text": "Guten Tag.",
        "translation_language": "en",
        "translation": "Good day.",
    }
    assert second["translation"] == "Wie kann ich helfen?"
    assert (third["is_sure"], third["text"], third["translation"]) == ("false", "Hm?", "")


def test_one_language_needs_no_column_for_another():
    assert [row["text"] for row in table(render(GREETING, "csv", language="target"))] == [
        "Good day.",
        "Wie kann ich helfen?",
        "Hm?",
    ]
    assert "translation" not in table(render(GREETING, "csv", language="source"))[0]


def test_two_translations_are_two_rows():
    said = utterance(1, "customer", "Merhaba", ("en", "Hello"), ("de", "Hallo"), language="tr")
    rows = table(render([said], "csv"))
    assert [(row["text"], row["translation"]) for row in rows] == [
        ("Merhaba", "Hello"),
        ("Merhaba", "Hallo"),
    ]


def test_a_caller_cannot_dictate_a_formula():
    (row,) = table(render([utterance(1, "@agent", '=HYPERLINK("x")')], "csv"))
    assert row["text"] == '\'=HYPERLINK("x")'
    assert row["speaker"] == "'@agent"


def test_lines_end_as_the_standard_wants():
    assert render(GREETING, "csv").count("\r\n") == 4


@settings(deadline=None)
@given(any_utterances, st.sampled_from(LANGUAGES), st.booleans())
def test_whatever_is_said_can_be_parsed(utterances, language, translated):
    file = render(utterances, "csv", language=language, include_translations=translated)
    file.encode()
    rows = table(file)
    assert all(None not in row and None not in row.values() for row in rows)
    assert len(rows) >= len(passages(utterances, language, translated))
    assert not any(row["text"].startswith(("=", "+", "-", "@")) for row in rows)
