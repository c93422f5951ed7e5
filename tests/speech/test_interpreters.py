from __future__ import annotations

import pytest

from kallglot.errors import EngineError
from kallglot.speech.engines import EngineCard, TextRequest, Translation
from kallglot.speech.interpreters import together


class OneWay:
    """Knows one pair, and leaves its mark on what it translates."""

    def __init__(self, source, target, *, is_sure=True):
        self.card = EngineCard(f"{source}-{target}", (source, target), notice="Only words.")
        self.batches = []
        self._pair = (source, target)
        self._is_sure = is_sure

    def pairs(self):
        return frozenset({self._pair})

    def translate(self, batch):
        self.batches.append(len(batch))
        return [Translation(f"{r.text}>{r.target}", 0.5, self._is_sure) for r in batch]


def test_each_sentence_goes_to_whoever_knows_its_languages():
    both = together([one := OneWay("de", "en"), other := OneWay("en", "de")])
    pairs = {"a": ("de", "en"), "b": ("en", "de"), "c": ("de", "en")}
    batch = [TextRequest(text, *pair) for text, pair in pairs.items()]
    assert [answer.text for answer in both.translate(batch)] == ["a>en", "b>de", "c>en"]
    assert (one.batches, other.batches) == ([2], [1])


def test_two_languages_meet_in_english():
    chain = together([OneWay("de", "en"), OneWay("en", "fr", is_sure=False)])
    assert ("de", "fr") in chain.pairs()
    assert chain.translate([TextRequest("a", "de", "fr")]) == [Translation("a>en>fr", 0.25, False)]


def test_nobody_pretends_to_know_a_language():
    chain = together([OneWay("de", "en"), OneWay("en", "fr")])
    assert ("fr", "de") not in chain.pairs()
    with pytest.raises(EngineError, match="no model translates"):
        chain.translate([TextRequest("a", "fr", "de")])


def test_their_card_names_them_all_and_repeats_no_notice():
    card = together([OneWay("de", "en"), OneWay("en", "fr")]).card
    assert card.name == "de-en, en-fr"
    assert card.languages == ("de", "en", "fr")
    assert card.notice == "Only words."
