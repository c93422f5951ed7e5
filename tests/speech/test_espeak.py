from __future__ import annotations

import sys
import time

import numpy as np
import pytest

from kallglot.errors import EngineError, ModelMissing
from kallglot.speech import espeak_program
from kallglot.speech.engines import SpeechRequest
from kallglot.speech.espeak import EspeakSynthesiser

pytestmark = [
    pytest.mark.real_time,
    pytest.mark.skipif(espeak_program.find() is None, reason="espeak-ng is not installed"),
]

SENTENCE = "Guten Tag, ich möchte meinen Termin auf Montag verschieben."


@pytest.fixture(scope="module")
def espeak():
    espeak = EspeakSynthesiser.load()
    yield espeak
    espeak.close()


def say(espeak, text, language, rate_hz=8000, voice=None):
    request = SpeechRequest(text, language, rate_hz, voice)
    return list(espeak.synthesise(request, lambda: False))


def samples(chunks):
    return np.frombuffer(b"".join(chunk.pcm for chunk in chunks), np.int16) / 32768


def test_a_sentence_takes_as_long_as_a_person_would(espeak):
    chunks = say(espeak, SENTENCE, "de")
    assert 2.5 < len(samples(chunks)) / 8000 < 5.0
    assert [chunk.is_last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


def test_every_voice_is_as_loud_as_the_telephone_likes_it(espeak):
    for language in ("de", "en", "fr", "zh"):
        for voice in espeak.voices(language)[:4]:
            sound = samples(say(espeak, "1 2 3 4 5 6 7", language, voice=voice))
            frames = sound[: len(sound) // 160 * 160].reshape(-1, 160)
            power = np.mean(frames**2, axis=1)
            level = 10 * np.log10(np.mean(power[power > power.max() / 1000]))
            assert -23 < level < -17, voice
            assert np.abs(sound).max() < 0.99, voice


def test_it_speaks_a_hundred_languages_and_says_that_it_is_a_machine(espeak):
    assert len(espeak.card.languages) > 90
    assert "synthetic" in espeak.card.notice
    assert espeak.voices("de")[0] == "de+f2"
    assert espeak.voices("en-GB")[0].startswith("en-gb+")
    assert espeak.voices("en")[0].startswith("en-us+")
    assert espeak.voices("pt-BR")[0].startswith("pt-br+")
    assert espeak.voices("tlh") == ()


def test_men_and_women_sound_different(espeak):
    woman, man = (samples(say(espeak, "Hallo", "de", voice=v)) for v in ("de+f2", "de+m3"))
    assert len(woman) != len(man) or not np.allclose(woman, man)


def test_a_language_it_does_not_speak_is_an_error(espeak):
    with pytest.raises(EngineError, match="does not speak"):
        say(espeak, "nuqneH", "tlh")


def test_what_nobody_wants_to_hear_is_not_said(espeak):
    request = SpeechRequest(SENTENCE * 20, "de", 8000)
    cancelled = []
    chunks = []
    for chunk in espeak.synthesise(request, lambda: bool(cancelled)):
        chunks.append(chunk)
        cancelled.append(True)
    assert len(chunks) == 1
    assert not chunks[0].is_last
    closed = espeak.synthesise(request, lambda: False)
    next(closed)
    closed.close()
    assert say(espeak, "Hallo", "de")[-1].is_last


def test_two_may_be_listened_to_in_turns(espeak):
    alone = [samples(say(espeak, text, "de")) for text in (SENTENCE, "Hallo Welt")]
    both = [
        espeak.synthesise(SpeechRequest(text, "de", 8000), lambda: False)
        for text in (SENTENCE, "Hallo Welt")
    ]
    heard = [[next(both[0])], [next(both[1])]]
    heard[0] += both[0]
    heard[1] += both[1]
    for turns, whole in zip(heard, alone, strict=True):
        assert turns[-1].is_last
        assert len(samples(turns)) == pytest.approx(len(whole), abs=400)  # breath is random


def test_a_long_text_does_not_keep_a_short_one_waiting(espeak):
    book = espeak.synthesise(SpeechRequest(f"{SENTENCE} " * 50, "de", 8000), lambda: False)
    next(book)
    begun = time.monotonic()
    next(espeak.synthesise(SpeechRequest("Hallo", "de", 8000), lambda: False))
    short = time.monotonic() - begun
    rest = b"".join(chunk.pcm for chunk in book)
    assert len(rest) / 16000 > 100
    assert short < (time.monotonic() - begun) / 10


def test_nothing_to_say_is_said_quickly(espeak):
    assert say(espeak, "", "de")[-1].is_last


def test_markup_in_what_people_say_is_read_and_not_obeyed(espeak):
    plain = samples(say(espeak, "a", "en"))
    marked = samples(say(espeak, "<break time='9s'/> a", "en"))
    assert len(marked) < len(plain) + 8 * 8000


def test_a_program_that_dies_is_started_again(espeak):
    espeak._program._process.kill()
    assert len(samples(say(espeak, SENTENCE, "de"))) > 8000


def test_without_the_library_the_error_says_where_to_get_it():
    mute = "from kallglot.speech.espeak_program import FAILED, write; write(0, FAILED, b'')"
    with pytest.raises(ModelMissing, match="pip install espeakng-loader"):
        EspeakSynthesiser.load([sys.executable, "-c", mute])
    with pytest.raises(ModelMissing):
        EspeakSynthesiser.load([sys.executable, "-c", ""])
