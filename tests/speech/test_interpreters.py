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
    card = together([OneWay("de", "en"), OneWay("fr", "it")]).card
    assert card.name == "de-en, fr-it"
    assert card.languages == ("de", "en", "fr", "it")
    assert card.notice == "Only words."


def test_their_card_says_that_some_is_translated_twice():
    card = together([OneWay("de", "en"), OneWay("en", "fr")]).card
    assert card.notice.startswith("Only words. ")
    assert "by way of English" in card.notice


def test_what_goes_through_english_is_known():
    chain = together([OneWay("de", "en"), OneWay("en", "fr"), OneWay("de", "it")])
    assert chain.pivoted() == {("de", "fr")}
    assert ("de", "it") in chain.pairs() - chain.pivoted()


def test_only_the_second_half_goes_on_from_what_was_spoken():
    heard = []

    class Listening(OneWay):
        def translate(self, batch):
            heard.extend(batch)
            return super().translate(batch)

    chain = together([Listening("de", "en"), Listening("en", "fr")])
    chain.translate(
        [TextRequest("a", "de", "fr", context="before", prefix="déjà", terms=(("a", "b"),))]
    )
    assert [(one.text, one.context, one.prefix, one.terms) for one in heard] == [
        ("a", "before", "", ()),
        ("a>en", "", "déjà", ()),
    ]


def test_one_model_of_many_languages_meets_itself_in_english():
    class Both(OneWay):
        def pairs(self):
            return frozenset({("de", "en"), ("en", "fr")})

    alone = together([Both("de", "fr")])
    assert ("de", "fr") in alone.pairs()
    assert alone.translate([TextRequest("a", "de", "fr")])[0].text == "a>en>fr"


def test_an_unknown_language_names_the_remedy():
    chain = together([OneWay("de", "en"), OneWay("en", "fr")])
    with pytest.raises(EngineError, match=r"speech\.translator"):
        chain.translate([TextRequest("a", "it", "de")])
