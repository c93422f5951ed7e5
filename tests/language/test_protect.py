from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.language import numerals
from kallglot.language.protect import difference, masked, repaired, unmasked
from kallglot.speech.training import grammar


def test_a_right_translation_is_never_complained_about():
    """Over thousands of sentences whose translations are known to be right."""
    for sentence in islice(grammar.sentences(5), 1500):
        german, english = sentence.german, sentence.english
        for change in (str, str.lower):
            assert not difference(change(german), english, "de", "en"), german
            assert not difference(change(english), german, "en", "de"), english


@pytest.mark.parametrize(
    ("german", "english"),
    [
        ("Das kostet 4.500,50 Euro.", "That costs 4,500.50 euros."),
        ("Meine Nummer ist vier neun zwei.", "My number is 492."),
        ("Vier, neun, zwei, zwei.", "Four nine two two."),
        ("Ich habe eine Frage.", "I have a question."),
        ("Warten Sie eine Sekunde.", "Wait a second."),
        ("Das dauert anderthalb Stunden.", "That takes an hour and a half."),
        ("Um 14 Uhr 30.", "At two thirty p.m."),
        ("Am 3. Mai.", "On the third of May."),
        ("Zum ersten Mal.", "For the first time."),
        ("Das ist eins.", "That is one."),
        ("Das macht ein Euro fünfzig.", "That is €1.50."),
        ("Das dauert zweieinhalb Tage.", "That takes two and a half days."),
        ("Um zwölf Uhr mittags.", "At noon."),
        ("Zwei Komma fünf Prozent.", "2.5 percent."),
        ("45 Euro 50.", "€45.50."),
        ("Im Jahr zweitausendsechsundzwanzig.", "In twenty twenty-six."),
        ("Neunzehnhundertvierundachtzig.", "Nineteen eighty-four."),
        ("Um 19:30 Uhr.", "At 7:30 p.m."),
        ("B wie Berta, E wie Emil.", "B for Bravo, E for Echo."),
    ],
)
def test_ways_of_saying_the_same_are_the_same(german, english):
    assert not difference(german, english, "de", "en")
    assert not difference(english, german, "en", "de")


@pytest.mark.parametrize(
    ("german", "wrong", "right"),
    [
        ("Es ist vier neun zwei zwei.", "It is four nine two.", "It is four nine two two."),
        ("Es ist fünf acht acht.", "It is five eight zero eight.", "It is five eight eight."),
        ("Das kostet fünfzig Euro.", "That costs fifteen euros.", "That costs fifty euros."),
        ("Am dritten Mai.", "On the fourth of May.", "On the third of May."),
        ("Um halb vier.", "At half past four.", "At half past three."),
        ("Am Dienstag.", "On Thursday.", "On Tuesday."),
        ("Das sind 4.500 Euro.", "That is 4.500 euros.", "That is 4,500 euros."),
        ("An anna@mail.de bitte.", "To anne@mail.de please.", "To anna@mail.de please."),
        ("Das macht fünfzig Euro.", "That is €15.", "That is €50."),
        ("Das macht fünfzig Euro.", "That is €15.99.", None),
        ("Es ist vier neun zwei.", "It is 492 3.", "It is 492."),
        ("B wie Berta.", "B as in Berta? No: D as in Dora.", None),
        ("Von zwei bis vier.", "From three to five.", None),
        ("Es ist vier neun zwei.", "It is four.", None),
        ("Es ist vier neun zwei.", "It is.", None),
    ],
)
def test_what_is_wrong_is_put_right_where_it_can_be_told_how(german, wrong, right):
    assert difference(german, wrong, "de", "en")
    assert repaired(german, wrong, "de", "en") == right


def test_the_endings_of_german_ordinals_are_kept():
    made = repaired("On the third of May.", "Am fünften Mai.", "en", "de")
    assert made == "Am dritten Mai."


def test_what_has_been_spoken_cannot_be_put_right():
    source, wrong = "Es ist vier neun zwei zwei.", "It is four nine two."
    assert repaired(source, wrong, "de", "en", keep=len("It is")) is not None
    assert repaired(source, wrong, "de", "en", keep=len("It is four")) is None


@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=8),
    st.integers(0, 7),
    st.sampled_from([("de", "en"), ("en", "de")]),
)
def test_a_lost_digit_is_always_noticed_and_found_again(digits, at, pair):
    source, target = pair
    ours = " ".join(numerals.DIGITS[source][digit] for digit in digits)
    right = " ".join(numerals.DIGITS[target][digit] for digit in digits)
    lost = [d for k, d in enumerate(digits) if k != at % len(digits)]
    wrong = " ".join(numerals.DIGITS[target][digit] for digit in lost)
    assert not difference(f"x {ours}", f"x {right}", source, target)
    assert difference(f"x {ours}", f"x {wrong}", source, target)
    if len(lost) > 1:
        assert repaired(f"x {ours}", f"x {wrong}", source, target) == f"x {right}"


def test_a_lost_number_comes_back_by_way_of_another():
    source = "Das kostet fünfunddreißig Euro am dritten Mai."
    ways = masked(source, "That costs euros on the third of May.", "de", "en")
    assert ways
    way = ways[0]
    assert way.text.startswith("Das kostet zwanzig Euro")
    said = "That costs twenty euros on the third of May."
    assert unmasked(way, source, said, "de", "en") == (
        "That costs thirty-five euros on the third of May."
    )
    for wrong in ("That costs euros on the third of May.", "Twenty, twenty on the third of May."):
        assert unmasked(way, source, wrong, "de", "en") is None


def test_a_code_is_hidden_behind_another():
    ways = masked("Es geht um KN-4711.", "This is about.", "de", "en")
    assert [way.text for way in ways] == [f"Es geht um {n}." for n in ("XK4", "QZ7", "RV2")]
    made = unmasked(ways[0], "Es geht um KN-4711.", "This is about XK4.", "de", "en")
    assert made == "This is about KN-4711."


def test_other_languages_are_held_to_what_is_written_in_digits():
    assert not difference("Nous avons deux chats.", "Wir haben zwei Katzen.", "fr", "de")
    assert not difference("Es ist 4922.", "C'est le 4922.", "de", "fr")
    assert difference("Es ist 4922.", "C'est le 492.", "de", "fr")
    assert repaired("Es ist 4922.", "C'est le 492.", "de", "fr") == "C'est le 4922."
    assert not difference("Drei Katzen um 9 Uhr.", "Trois chats à neuf heures.", "de", "fr")


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_two_texts_can_be_compared(one, other):
    assert not difference(one, one, "de", "de")
    made = repaired(one, other, "de", "en")
    assert made is None or not difference(one, made, "de", "en")
    for way in masked(one, other, "en", "de"):
        unmasked(way, one, other, "en", "de")
