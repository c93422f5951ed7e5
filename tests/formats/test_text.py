from __future__ import annotations

from hypothesis import given, settings

from kallglot.formats import render
from tests.formats.conversations import GREETING, any_utterances, utterance


def test_a_conversation_reads_like_one():
    assert render(GREETING, "text") == (
        "[00:00:02] customer (de): Guten Tag.\n"
        "           → (en): Good day.\n"
        "[00:00:04] agent (en): How can I help?\n"
        "           → (de): Wie kann ich helfen?\n"
        "[00:00:06] customer (de): [unsure] Hm?\n"
    )


def test_without_translations_there_is_a_line_per_utterance():
    assert render(GREETING, "text", include_translations=False).count("\n") == 3


def test_a_language_nobody_knows_is_not_named():
    said = utterance(1, "customer", "Hm", language=None)
    assert render([said], "text") == "[00:00:02] customer: Hm\n"


@settings(deadline=None)
@given(any_utterances)
def test_every_line_has_a_time_or_an_arrow(utterances):
    lines = render(utterances, "text").split("\n")
    assert lines.pop() == ""
    assert all(line.startswith(("[", "           →")) for line in lines)
