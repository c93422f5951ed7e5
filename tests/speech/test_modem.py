from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.audio import g711
from kallglot.audio.resample import Resampler
from tests.fakes import modem

SENTENCE = "Guten Tag, ich möchte meinen Termin verschieben!"


@settings(deadline=None, max_examples=30)
@given(st.text(st.characters(min_codepoint=0x20, exclude_categories=("Cs", "Cc")), max_size=30))
def test_what_is_said_is_heard(text):
    heard = modem.hear(modem.speak(text, "de"))
    assert heard == modem.Heard(text, "de", is_complete=True)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 48000])
def test_it_speaks_at_any_rate(rate_hz):
    assert modem.hear(modem.speak(SENTENCE, "de", rate_hz), rate_hz).text == SENTENCE


def test_it_survives_the_telephone():
    there, back = Resampler(8000, 16000), Resampler(16000, 8000)
    line = g711.decode_mulaw(g711.encode_mulaw(modem.speak(SENTENCE, "de")))
    wide = there.feed(line) + there.flush()
    narrow = back.feed(wide) + back.flush()
    sound = np.frombuffer(narrow, np.int16) * 0.2
    noise = np.random.default_rng(1).normal(0, 60, len(sound))
    assert modem.hear((sound + noise).astype(np.int16).tobytes()).text == SENTENCE


@pytest.mark.parametrize("missing", [0, 1, 77, 160, 480])
def test_a_clipped_beginning_does_no_harm(missing):
    pcm = modem.speak(SENTENCE, "de")
    assert modem.hear(bytes(2 * missing) + pcm).text == SENTENCE
    assert modem.hear(pcm[2 * missing :]).text == SENTENCE


@pytest.mark.parametrize("at", range(2000, 2320, 40))
def test_a_hole_of_ten_milliseconds_does_no_harm(at):
    pcm = modem.speak(SENTENCE, "de")
    assert modem.hear(pcm[:at] + pcm[at + 160 :]).text == SENTENCE
    assert modem.hear(pcm[:at] + bytes(160) + pcm[at:]).text == SENTENCE
    assert modem.hear(pcm[:at] + bytes(160) + pcm[at + 160 :]).text == SENTENCE


def test_half_a_sentence_is_understood_by_half():
    pcm = modem.speak(SENTENCE, "de")
    heard = modem.hear(pcm[: len(pcm) // 2])
    assert not heard.is_complete
    assert SENTENCE.startswith(heard.text)
    assert 20 <= len(heard.text) <= 28


def test_two_sentences_in_one_breath_are_one_text():
    pcm = modem.speak("Guten Tag.", "de") + bytes(4000) + modem.speak("Wie geht's?", "de")
    assert modem.hear(pcm).text == "Guten Tag. Wie geht's?"


@pytest.mark.parametrize(
    "pcm",
    [
        b"",
        bytes(16000),
        np.random.default_rng(0).normal(0, 3000, 8000).astype(np.int16).tobytes(),
        (np.sin(np.arange(8000) * 0.35) * 9000).astype(np.int16).tobytes(),
    ],
    ids=["nothing", "silence", "noise", "a tone"],
)
def test_noise_says_nothing(pcm):
    assert modem.hear(pcm).text == ""


def test_it_says_more_than_twenty_letters_a_second():
    assert modem.duration("x" * 100) < 5.0
    assert len(modem.speak("x" * 100, "en")) / 16000 == pytest.approx(modem.duration("x" * 100))
