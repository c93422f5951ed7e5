from __future__ import annotations

import pytest

from kallglot.speech.clauses import clauses


def cut(text):
    return [clause.text for clause in clauses(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        (" \n ", []),
        ("Ja.", ["Ja."]),
        ("Ja. Nein, doch.", ["Ja. Nein, doch."]),
        ("Herr Dr. Kern ist da, bitte.", ["Herr Dr. Kern ist da,", "bitte."]),
        ("Das kostet 3.50 Euro.", ["Das kostet 3.50 Euro."]),
        ("Guten Morgen, Frau Kern. Wie geht es?", ["Guten Morgen,", "Frau Kern.", "Wie geht es?"]),
        ("你好，我想改一下预约。谢谢！", ["你好，我想改一下预约。", "谢谢！"]),  # noqa: RUF001
        ("مرحبا بكم في مكتبنا، كيف حالك؟", ["مرحبا بكم في مكتبنا،", "كيف حالك؟"]),
    ],
)
def test_a_text_is_cut_where_a_speaker_would_rest(text, pieces):
    assert cut(text) == pieces


def test_what_nobody_could_say_in_one_breath_is_cut_between_words():
    words = ["wort"] * 100
    pieces = cut(" ".join(words))
    assert " ".join(pieces).split() == words
    assert all(len(piece) <= 110 for piece in pieces)


def test_the_rest_after_a_sentence_is_longer_and_there_is_none_at_the_end():
    rests = [clause.pause for clause in clauses("Es ist gut so, wie es nun ist. Ganz gewiss.")]
    assert rests[1] > rests[0] > 0
    assert rests[-1] == 0
