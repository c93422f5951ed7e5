from __future__ import annotations

import pytest

from kallglot.errors import EngineError
from kallglot.speech.engines import Chunk, EngineCard, SpeechRequest
from kallglot.speech.synthesisers import together


class Voice:
    """Says its own name; refuses what has a digit in it if it has none."""

    def __init__(self, name, languages, *, notice="", has_digits=True):
        self.card = EngineCard(name, tuple(languages), notice=notice)
        self.has_digits = has_digits
        self.ended = 0

    def voices(self, language):
        return (f"{self.card.name}-1", "0") if language in self.card.languages else ()

    def synthesise(self, request, is_cancelled):
        if not self.has_digits and any(letter.isdigit() for letter in request.text):
            raise EngineError("no digits")
        try:
            yield Chunk(self.card.name.encode())
            yield Chunk(b"", is_last=True)
        finally:
            self.ended += 1


@pytest.fixture
def mara():
    return Voice("mara", ["de"], notice="Not for commerce.", has_digits=False)


@pytest.fixture
def espeak():
    return Voice("espeak", ["de", "en", "fr"], notice="A machine.")


@pytest.fixture
def voices(mara, espeak):
    return together([mara, espeak])


def said(voices, text, language, voice=None):
    request = SpeechRequest(text, language, 8000, voice)
    return b"".join(chunk.pcm for chunk in voices.synthesise(request, lambda: False)).decode()


def test_each_language_is_spoken_by_the_first_who_can(voices):
    assert said(voices, "Guten Tag", "de") == "mara"
    assert said(voices, "Good day", "en") == "espeak"


def test_what_one_cannot_say_is_said_by_the_next_from_the_beginning(voices):
    assert said(voices, "Um 14 Uhr", "de") == "espeak"


def test_a_voice_is_found_with_whoever_has_it(voices):
    assert said(voices, "Guten Tag", "de", "espeak-1") == "espeak"
    assert said(voices, "Guten Tag", "de", "unheard of") == "mara"
    assert voices.voices("de") == ("mara-1", "0", "espeak-1")
    assert voices.voices("tlh") == ()


def test_what_nobody_speaks_is_an_error(voices, mara):
    with pytest.raises(EngineError, match="no synthesiser speaks 'tlh'"):
        said(voices, "nuqneH", "tlh")
    with pytest.raises(EngineError, match="no digits"):
        said(together([mara, mara]), "14", "de")


def test_who_is_no_longer_heard_stops(voices, mara):
    speech = voices.synthesise(SpeechRequest("Guten Tag", "de", 8000), lambda: False)
    next(speech)
    speech.close()
    assert mara.ended == 1


def test_the_card_tells_what_must_be_told_of_each(voices, mara):
    assert voices.card.name == "mara, espeak"
    assert voices.card.languages == ("de", "en", "fr")
    assert voices.card.notice == "Not for commerce. A machine."
    assert together([mara]) is mara
