"""Speech that a call brings and no course teaches: a single word, a foreign tongue, an overdriven
microphone.  What the models of the demonstration make of it may be little, but it must be true.
"""

from __future__ import annotations

import attrs
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("silero_vad")
pytest.importorskip("espeakng_loader")

from kallglot.demo.story import STORY  # noqa: E402
from kallglot.demo.voices import HELD_OUT, Mouth, Person  # noqa: E402
from kallglot.speech.silero import SileroVoiceActivity  # noqa: E402
from tests.fakes.resident import ResidentSpeech, demonstration  # noqa: E402

RATE_HZ = 8000
#: Some of the speakers that were kept out of the training.
VOICES = HELD_OUT[::2]

WORDS = {
    "de": {
        "Ja.": {"Yes."},
        "Nein.": {"No."},
        "Danke.": {"Thanks."},
        "Gut.": {"Good."},
        "Genau.": {"Exactly."},
        "Hallo.": {"Hi.", "Hello."},
        "Okay.": {"Okay."},
    },
    "en": {
        "Yes.": {"Ja."},
        "No.": {"Nein."},
        "Thanks.": {"Danke."},
        "Good.": {"Gut."},
        "Exactly.": {"Genau."},
        "Hello.": {"Hallo.", "Guten Tag."},
        "Okay.": {"Okay."},
    },
}
FOREIGN = {
    "fr": (
        "Bonjour, je voudrais parler avec le directeur.",
        "Où est la gare, s'il vous plaît?",
        "Mon fils est malade.",
        "Nous avons mangé au restaurant hier soir.",
        "Merci beaucoup pour votre aide.",
    ),
    "es": (
        "Buenos días, quisiera hablar con el director.",
        "¿Dónde está la estación, por favor?",
        "Mi hijo está enfermo.",
        "Anoche cenamos en el restaurante.",
        "Muchas gracias por su ayuda.",
    ),
    "it": (
        "Buongiorno, vorrei parlare con il direttore.",
        "Dov'è la stazione, per favore?",
        "Mio figlio è malato.",
        "Ieri sera abbiamo mangiato al ristorante.",
        "Grazie mille per il suo aiuto.",
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def mouth():
    with Mouth() as mouth:
        yield mouth


@pytest.fixture
async def speech():
    return ResidentSpeech(demonstration(), SileroVoiceActivity.load())


@attrs.frozen
class Ear:
    """Whoever is at the other end of a line, and what they are told in their language."""

    call: object
    mouth: Mouth

    async def told(self, text, language, voice, speed=165, gain=1.0):
        """Return what is said to the other one when somebody says this."""
        before = len(self.call.speech.spoken)
        telephone = self.call.agent if language == "en" else self.call.customer
        accent = {"en": "en-us"}.get(language, language)
        sound = self.mouth.say(text, Person(f"{accent}+{voice}", speed, 50), RATE_HZ)
        louder = np.frombuffer(sound, np.int16) * gain
        overdriven = np.clip(louder, -32768, 32767).astype(np.int16).tobytes()
        await telephone.sounds(bytes(4800) + overdriven)
        await telephone.is_silent(1.6)
        return self.call.speech.spoken[before:]


@pytest.fixture
async def ear(call, mouth):
    return Ear(call, mouth)


@pytest.mark.parametrize("language", WORDS)
async def test_a_single_word_is_translated_once_or_not_at_all(ear, language):
    answers = [
        (word, told)
        for voice in VOICES
        for word in WORDS[language]
        if (told := await ear.told(word, language, voice, speed=150))
    ]
    assert [(word, told) for word, told in answers if set(told) - WORDS[language][word]] == []
    assert [(word, told) for word, told in answers if len(told) > 1] == []
    assert len(answers) >= 0.6 * len(VOICES) * len(WORDS[language])


async def test_a_third_language_is_refused_and_not_guessed_at(ear):
    told = [
        await ear.told(sentence, language, HELD_OUT[at])
        for language, sentences in FOREIGN.items()
        for at, sentence in enumerate(sentences)
    ]
    assert told.count([]) >= 0.8 * len(told)
    assert max(len(" ".join(each).split()) for each in told) <= 2  # no whole sentence is made up


async def test_a_voice_that_is_overdriven_a_little_is_understood(ear):
    told = [
        " ".join(await ear.told(line.text, line.language, voice, gain=4.0))
        for line, voice in zip(STORY, (*HELD_OUT, *HELD_OUT), strict=False)
    ]
    right = [one == line.translation for one, line in zip(told, STORY, strict=True)]
    assert sum(right) >= 0.7 * len(STORY)


async def test_a_voice_that_is_clipped_to_a_rattle_is_refused(ear):
    told = [
        await ear.told(line.text, line.language, voice, gain=20.0)
        for line, voice in zip(STORY, (*HELD_OUT, *HELD_OUT), strict=False)
    ]
    assert told == [[]] * len(STORY)
