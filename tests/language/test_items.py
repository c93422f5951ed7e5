from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.language.items import Kind, found


def shown(text, language):
    return [(item.kind, item.text) for item in found(text, language) if not item.is_loose]


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("Die Nummer ist vier neun zwei zwei.", "de", [(Kind.NUMBER, "vier neun zwei zwei")]),
        ("Call 0176 2344-55 now", "en", [(Kind.NUMBER, "0176 2344-55")]),
        (
            "um halb vier am dritten Mai",
            "de",
            [(Kind.TIME, "halb vier"), (Kind.ORDINAL, "dritten"), (Kind.CALENDAR, "Mai")],
        ),
        ("at a quarter to one", "en", [(Kind.TIME, "a quarter to one")]),
        ("um fünf vor halb drei", "de", [(Kind.TIME, "fünf vor halb drei")]),
        ("14 Uhr 30 oder 14:30", "de", [(Kind.TIME, "14 Uhr 30"), (Kind.TIME, "14:30")]),
        ("three thirty p.m. is fine", "en", [(Kind.TIME, "three thirty p.m")]),
        ("um elf Uhr ein.", "de", [(Kind.TIME, "elf Uhr")]),
        ("am 3. Mai", "de", [(Kind.ORDINAL, "3"), (Kind.CALENDAR, "Mai")]),
        ("on the 21st", "en", [(Kind.ORDINAL, "21st")]),
        ("You may march on", "en", []),
        ("in May", "en", [(Kind.CALENDAR, "May")]),
        ("Montagabend", "de", [(Kind.CALENDAR, "Montagabend")]),
        ("Mail an anna.b+x@mail.example.de!", "de", [(Kind.ADDRESS, "anna.b+x@mail.example.de")]),
        ("See https://example.com/a?b=1.", "en", [(Kind.ADDRESS, "https://example.com/a?b=1")]),
        (
            "anna punkt becker at example punkt de",
            "de",
            [(Kind.ADDRESS, "anna punkt becker at example punkt de")],
        ),
        ("B wie Berta, E wie Emil", "de", [(Kind.SPELLED, "B wie Berta, E wie Emil")]),
        ("S for Sugar and I for Ida", "en", [(Kind.SPELLED, "S for Sugar and I for Ida")]),
        ("I for one like you", "en", []),
        ("b-e-c-k-e-r", "en", [(Kind.SPELLED, "b-e-c-k-e-r")]),
        ("Order KN-4711/b", "en", [(Kind.CODE, "KN-4711/b")]),
        ("this one, a moment, once", "en", []),
        ("einen Moment", "de", []),
    ],
)
def test_what_must_not_change_is_found(text, language, wanted):
    assert shown(text, language) == wanted


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("vier neun zwei zwei", "de"), ("four nine double two", "en")),
        (("vier neun zwei zwei", "de"), ("4922", "en")),
        (("null acht", "de"), ("oh eight", "en")),
        (("halb vier", "de"), ("half past three", "en")),
        (("Viertel vor eins", "de"), ("a quarter to one", "en")),
        (("14 Uhr", "de"), ("two o'clock", "en")),
        (("15:30", "de"), ("three thirty", "en")),
        (("4.500,50 Euro", "de"), ("4,500.50 euros", "en")),
        (("45,50", "de"), ("forty-five fifty", "en")),
        (("am dritten fünften", "de"), ("third of May", "en")),
        (("anna punkt b at mail punkt de", "de"), ("anna.b@mail.de", "en")),
        (("B wie Berta, C wie Cäsar", "de"), ("B for Bravo, C for Charlie", "en")),
    ],
)
def test_the_same_thing_has_the_same_form(one, other):
    for ours, theirs in zip(found(*one), found(*other), strict=True):
        assert ours.forms & theirs.forms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("vier neun zwei zwei", "de"), ("four nine two", "en")),
        (("halb vier", "de"), ("half past four", "en")),
        (("4.500", "de"), ("4.500", "en")),
        (("Dienstag", "de"), ("Thursday", "en")),
        (("fünfzehn", "de"), ("fifty", "en")),
    ],
)
def test_other_things_have_other_forms(one, other):
    for ours, theirs in zip(found(*one), found(*other), strict=True):
        assert not ours.forms & theirs.forms


PIECES = st.one_of(
    st.sampled_from(["vier", "one", "a", "half", "halb", "past", "Uhr", "viertel", "vor", "to"]),
    st.sampled_from(["quarter", "12", "3.", ":", ",", "-", "@", ".de", "B", "wie", "Berta"]),
    st.sampled_from(["double", "oh", "Mai", "hundert", "x1", "third", "p.m.", "at", "dot"]),
)


@given(st.lists(PIECES, max_size=12), st.sampled_from(["de", "en", "fr"]), st.sampled_from(" -"))
def test_items_never_overlap_and_say_what_is_there(pieces, language, joiner):
    text = joiner.join(pieces)
    end = 0
    for item in found(text, language):
        assert end <= item.start < item.end <= len(text)
        assert text[item.start : item.end] == item.text
        end = item.end


@given(st.text(max_size=60), st.sampled_from(["de", "en"]))
def test_any_text_can_be_looked_through(text, language):
    for item in found(text, language):
        assert text[item.start : item.end] == item.text
