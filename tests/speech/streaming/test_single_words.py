"""A word that is all that is said, of which the recogniser does not know when it was said."""

from __future__ import annotations

import attrs
import pytest

from kallglot.speech.engines import Feed, Opening
from kallglot.speech.streaming.agreement import LocalAgreement
from tests.speech.streaming.test_agreement import RATE_HZ, Hasty, Reader, spoken

AIR = bytes(2 * RATE_HZ // 4)


class Glancing(Reader):
    """Believes that everything was said before there was a voice."""

    def _read(self, request):
        heard = super()._read(request)
        words = tuple(attrs.evolve(word, start=0.0, end=0.0) for word in heard.words)
        return attrs.evolve(heard, words=words)


@pytest.mark.parametrize("text", ["Geht das?", "Ja, bitte."])
def test_what_was_said_once_is_heard_once(text):
    engine = LocalAgreement(Glancing())
    engine.open(1, Opening(RATE_HZ))
    committed = []
    for feed in (
        Feed(1, AIR + spoken(text)),
        Feed(1, AIR, is_pause=True),
        Feed(1, b"", is_pause=True, is_last=True),
    ):
        committed += [answer.committed for answer in engine.step([feed]) if answer.committed]
    assert committed == [text]


def test_a_word_behind_which_somebody_speaks_on_still_has_one_behind_it():
    engine = LocalAgreement(Hasty())
    engine.open(1, Opening(RATE_HZ))
    (answer,) = engine.step([Feed(1, AIR + spoken("Termin. Geht das?"), is_last=True)])
    assert answer.committed == "Termin. Geht das?"
