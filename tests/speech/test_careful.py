from __future__ import annotations

from kallglot.speech.careful import Careful
from kallglot.speech.engines import EngineCard, TextRequest, Translation


class Phrasebook:
    """Translates what it has a line for, and remembers what it was asked."""

    def __init__(self, lines):
        self.card = EngineCard("phrasebook", ("de", "en"))
        self.batches = []
        self._lines = lines

    def pairs(self):
        return frozenset({("de", "en"), ("en", "de"), ("de", "fr")})

    def translate(self, batch):
        self.batches.append([request.text for request in batch])
        return [
            Translation(self._lines.get(one.text, ""), 0.9, is_sure=one.text in self._lines)
            for one in batch
        ]


def asked(text, **fields):
    return TextRequest(text, "de", "en", **fields)


NUMBER = "Die Nummer ist vier neun zwei zwei."


def test_what_is_right_is_asked_once_and_left_alone():
    book = Phrasebook({NUMBER: "The number is four nine two two.", "Hallo": "Hi"})
    careful = Careful(book)
    answers = careful.translate([asked(NUMBER), asked("Hallo")])
    assert [one.text for one in answers] == ["The number is four nine two two.", "Hi"]
    assert len(book.batches) == 1
    assert (careful.card, careful.pairs()) == (book.card, book.pairs())


def test_a_lost_digit_is_put_back_without_asking_again():
    book = Phrasebook({NUMBER: "The number is four nine two."})
    (answer,) = Careful(book).translate([asked(NUMBER)])
    assert answer == Translation("The number is four nine two two.", 0.9, is_sure=True)
    assert len(book.batches) == 1


def test_a_lost_number_is_found_by_way_of_a_stand_in():
    book = Phrasebook(
        {
            NUMBER: "The number is.",
            "Die Nummer ist vier neun zwei sieben.": "The number.",
            "Die Nummer ist acht drei sechs.": "The number is eight three six.",
        }
    )
    (answer,) = Careful(book).translate([asked(NUMBER)])
    assert answer == Translation("The number is four nine two two.", 0.9, is_sure=True)
    assert len(book.batches) == 2  # all stand-ins are tried together


def test_what_cannot_be_put_right_is_not_vouched_for():
    book = Phrasebook({NUMBER: "The number is.", "Hallo": "Hi"})
    answers = Careful(book).translate([asked(NUMBER), asked("Hallo")])
    assert [one.is_sure for one in answers] == [False, True]


def test_what_the_translator_does_not_vouch_for_is_not_looked_into():
    book = Phrasebook({})
    (answer,) = Careful(book).translate([asked(NUMBER)])
    assert not answer.is_sure
    assert len(book.batches) == 1


def test_a_digit_that_has_been_spoken_is_beyond_repair():
    book = Phrasebook({NUMBER: "two."})
    (there,) = Careful(book).translate([asked(NUMBER, prefix="The number is four nine two")])
    assert there == Translation("two.", 0.9, is_sure=True)
    (late,) = Careful(book).translate([asked(NUMBER, prefix="The number is four two")])
    assert not late.is_sure


def test_the_rest_of_a_translation_is_put_right_behind_what_was_spoken():
    book = Phrasebook({NUMBER: "is four nine two."})
    (answer,) = Careful(book).translate([asked(NUMBER, prefix="The number")])
    assert answer.text == "is four nine two two."


def test_a_term_replaces_what_the_translator_calls_the_thing():
    book = Phrasebook({"Die Rechnung fehlt.": "The invoice is missing.", "Rechnung": "Invoice."})
    request = asked("Die Rechnung fehlt.", terms=(("Rechnung", "bill"),))
    (answer,) = Careful(book).translate([request])
    assert answer.text == "The bill is missing."
    assert [batch[0] for batch in book.batches] == ["Die Rechnung fehlt.", "Rechnung"]


def test_a_term_that_is_called_otherwise_alone_is_found_by_way_of_a_name():
    book = Phrasebook(
        {
            "Die Rechnung über zwei Euro fehlt.": "The invoice for two euros is missing.",
            "Rechnung": "Calculation",
            "Die XK4 über zwei Euro fehlt.": "The XK4 for two euros is missing.",
        }
    )
    request = asked("Die Rechnung über zwei Euro fehlt.", terms=(("Rechnung", "bill"),))
    (answer,) = Careful(book).translate([request])
    assert answer.text == "The bill for two euros is missing."
    assert len(book.batches) == 2


def test_a_term_that_is_there_costs_nothing_and_one_that_is_not_found_spoils_nothing():
    book = Phrasebook({"Die Rechnung fehlt.": "The bill is missing.", "Rechnung": "Account"})
    for wanted in ("bill", "statement"):
        request = asked("Die Rechnung fehlt.", terms=(("Rechnung", wanted),))
        (answer,) = Careful(book).translate([request])
        assert answer == Translation("The bill is missing.", 0.9, is_sure=True)
    assert len(book.batches) == 3


def test_one_term_is_not_given_up_for_another():
    text = "Der Vertrag und die Rechnung."
    book = Phrasebook(
        {
            text: "The contract and the invoice.",
            "Vertrag": "contract",
            "Rechnung": "calculation",
            "Der Vertrag und die XK4.": "The contract and the XK4.",
            "Der XK4 und die Rechnung.": "The XK4 and the invoice.",
        }
    )
    terms = (("Vertrag", "agreement"), ("Rechnung", "bill"))
    (answer,) = Careful(book).translate([asked(text, terms=terms)])
    assert answer.text == "The agreement and the invoice."


def test_a_term_may_not_spoil_a_number():
    book = Phrasebook({"Zimmer zwei": "Room two", "Zimmer": "Room two"})
    (answer,) = Careful(book).translate([asked("Zimmer zwei", terms=(("Zimmer", "suite"),))])
    assert answer.text == "Room two"


def test_a_batch_is_as_each_alone():
    book = Phrasebook(
        {
            NUMBER: "The number is four nine two.",
            "Um halb vier.": "At half past four.",
            "Am Montag.": "Soon.",
            "Am Dienstag.": "On Tuesday.",
            "Die Rechnung fehlt.": "The invoice is missing.",
            "Rechnung": "invoice",
        }
    )
    batch = [
        asked(NUMBER),
        asked("Am Montag."),
        asked("Die Rechnung fehlt.", terms=(("Rechnung", "bill"),)),
        asked("Um halb vier."),
    ]
    careful = Careful(book)
    together = careful.translate(batch)
    assert together == [careful.translate([request])[0] for request in batch]
    assert [one.text for one in together] == [
        "The number is four nine two two.",
        "On Monday.",
        "The bill is missing.",
        "At half past three.",
    ]
