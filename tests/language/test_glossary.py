from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.language.glossary import (
    GlossaryReport,
    exact,
    hints_for,
    lacking,
    matches,
    replaced,
    spoken,
    terms_for,
)
from kallglot.model.glossary import Glossary, Term, TermCount


def term(source, target, **fields):
    return Term("de", "en", source, target, **fields)


SHOP = Glossary(
    (
        term("Gutschrift", "credit note"),
        term("Rechnung", "bill", spoken_as="bil"),
        term("offene Rechnung", "open item"),
        term("KallBox", "KallBox", do_not_translate=True, spoken_as="call box"),
        term("AB", "answering machine", is_case_sensitive=True),
    )
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ihre Rechnung ist da.", [("Rechnung", "bill")]),
        ("Ihre Rechnungen sind da.", [("Rechnungen", "bill")]),
        ("Die Nummer Ihrer rechnung", [("rechnung", "bill")]),
        ("Eine offene  Rechnung.", [("offene  Rechnung", "open item")]),
        ("Die Rechnungsnummer und Abrechnung", []),
        ("Der AB ist an. Ab morgen.", [("AB", "answering machine")]),
        (
            "Meine kallbox und die Gutschriften",
            [("kallbox", "KallBox"), ("Gutschriften", "credit note")],
        ),
    ],
)
def test_terms_are_found_as_words_with_their_endings(text, wanted):
    assert terms_for(SHOP, text, "de", "en") == tuple(wanted)


def test_endings_can_be_turned_off():
    stiff = Glossary(SHOP.terms, is_inflected=False)
    assert matches(stiff, "Rechnungen und Rechnung", "de", "en")[0].surface == "Rechnung"


def test_only_what_is_not_translated_counts_both_ways():
    found = matches(SHOP, "My KallBox and my credit note", "en", "de")
    assert [match.term.source for match in found] == ["KallBox"]
    assert matches(SHOP, "Rechnung", "de", "fr") == []


def test_the_earlier_of_two_equal_terms_counts():
    twice = Glossary((term("Kunde", "client"), term("Kunde", "customer")))
    assert terms_for(twice, "Der Kunde", "de", "en") == (("Kunde", "client"),)


def test_hints_are_the_words_of_the_languages_that_are_spoken():
    assert "Rechnung" in hints_for(SHOP, ["de"])
    assert "bill" not in hints_for(SHOP, ["de"])
    assert {"bill", "Rechnung"} <= set(hints_for(SHOP, []))
    assert len(set(hints_for(SHOP, []))) == len(hints_for(SHOP, []))


def test_names_get_their_capitals_and_other_words_are_left_alone():
    assert exact(SHOP, "meine kallbox, ab morgen", "de") == "meine KallBox, ab morgen"
    us = Glossary((Term("en", "de", "US", "USA"),))
    assert exact(us, "tell us", "en") == "tell us"


def test_a_voice_reads_what_the_glossary_says():
    assert spoken(SHOP, "The KallBox bills, the billing", "en") == "The call box bils, the billing"
    assert spoken(SHOP, "Ihre KallBox und bill", "de") == "Ihre call box und bill"


def test_a_term_goes_where_the_translator_put_its_own_word():
    assert replaced("The invoice is late.", "invoice.", "bill", "en") == "The bill is late."
    assert replaced("Invoices are late.", "Invoice", "bill", "en") == "Bills are late."
    assert replaced("An invoice for the invoice", "invoice", "bill", "en") is None
    assert replaced("Nothing here", "invoice", "bill", "en") is None
    assert replaced("Nothing here", " . ", "bill", "en") is None


def test_a_term_that_is_said_twice_is_lacking_when_it_comes_once():
    terms = (("Rechnung", "bill"),)
    assert lacking(terms, "Rechnung um Rechnung", "bill by invoice", "en") == [*terms]
    assert lacking(terms, "Rechnung um Rechnung", "bill by bill", "en") == []
    assert lacking(terms, "Rechnung", "bills", "en") == []


def test_a_call_is_reported_on():
    report = GlossaryReport()
    assert report.add(SHOP, "Die Rechnung, die KallBox", "The bill, the box", "de", "en")
    assert not report.add(SHOP, "Guten Tag", "Hello", "de", "en")
    report.add(SHOP, "Rechnung und Rechnungen", "bill and invoices", "de", "en")
    report.add(SHOP, "My KallBox", "Meine KallBox", "en", "de")
    assert report.counts() == (
        TermCount("Rechnung", "bill", hits=2, misses=1),
        TermCount("KallBox", "KallBox", hits=1, misses=1),
    )
    again = GlossaryReport(report.counts())  # as after a restart
    again.add(SHOP, "AB", "answering machine", "de", "en")
    assert again.counts()[-1] == TermCount("AB", "answering machine", hits=1, misses=0)


WORDS = st.text(alphabet="abcdÄß(.*+ $", min_size=1, max_size=8).filter(str.strip)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=6), st.text(alphabet="abcdÄß(.*+ $", max_size=30))
def test_any_term_can_be_looked_for(pairs, text):
    glossary = Glossary(tuple(term(one, other, spoken_as=other) for one, other in pairs))
    end = 0
    for match in matches(glossary, text, "de", "en"):
        assert end <= match.start
        assert text[match.start : match.end] == match.surface
        end = match.end
    assert exact(glossary, text, "de").casefold() == text.casefold()
    spoken(glossary, text, "en")
    report = GlossaryReport()
    report.add(glossary, text, text, "de", "en")
