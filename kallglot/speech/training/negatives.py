# ruff: noqa: RUF001 - Turkish writes a dotless i
"""What is on a telephone line that must not become a sentence: silence, noises, other speech."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from kallglot.speech.training import elsewhere, grammar, telephone
from kallglot.speech.training.telephone import RATE_HZ
from kallglot.speech.training.voices import Espeak, Voice

__all__ = ["no_speech", "unknown_speech", "unknown_text"]

Floats = npt.NDArray[np.float64]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ONSETS: Final = _words("b d f g h k l m n p r s t w sch bl br dr fl kr pl st tr z v")
_VOWELS: Final = _words("a e i o u au ei ie ee oo ai")
_CODAS: Final = ("", "", *_words("n m s t k l r ng st ft nd"))

_FOREIGN: Final = {
    "fr": "Bonjour, je voudrais parler avec le directeur.|Il fait très froid ce matin.|"
    "Où est la gare, s'il vous plaît?|Je ne comprends pas votre question.|Mon fils est malade.|"
    "Nous avons mangé au restaurant hier soir.|Quel âge avez-vous?|La maison est à vendre.",
    "es": "Buenos días, quisiera hablar con el director.|Hace mucho frío esta mañana.|"
    "¿Dónde está la estación, por favor?|No entiendo su pregunta.|Mi hijo está enfermo.|"
    "Anoche cenamos en el restaurante.|¿Cuántos años tiene?|La casa está en venta.",
    "it": "Buongiorno, vorrei parlare con il direttore.|Stamattina fa molto freddo.|"
    "Dov'è la stazione, per favore?|Non capisco la sua domanda.|Mio figlio è malato.|"
    "Ieri sera abbiamo mangiato al ristorante.|Quanti anni ha?|La casa è in vendita.",
    "tr": "Günaydın, müdürle konuşmak istiyorum.|Bu sabah hava çok soğuk.|İstasyon nerede acaba?|"
    "Sorunuzu anlamıyorum.|Oğlum hasta.|Dün akşam lokantada yemek yedik.|Kaç yaşındasınız?",
    "pl": "Dzień dobry, chciałbym rozmawiać z dyrektorem.|Dziś rano jest bardzo zimno.|"
    "Gdzie jest dworzec?|Nie rozumiem pytania.|Mój syn jest chory.|Ile masz lat?",
    "nl": "Goedemorgen, ik wil graag de directeur spreken.|Het is erg koud vanochtend.|"
    "Waar is het station?|Ik begrijp uw vraag niet.|Mijn zoon is ziek.|Hoe oud bent u?",
}


def _nonsense(random: Random) -> str:
    """Words that no language has, but that sound like words."""
    words = []
    for _ in range(random.randint(2, 8)):
        parts = (random.choice(p) for p in (_ONSETS, _VOWELS, _CODAS) * random.randint(1, 3))
        words.append("".join(parts))
    return " ".join(words) + random.choice(".?")


def _salad(language: str, random: Random) -> str:
    """Words the models know, in an order that means nothing."""
    words: list[str] = []
    for _ in range(random.randint(2, 4)):
        words += grammar.sentence(random).text(language).strip(".?").split()
    chosen = random.sample(words, min(len(words), random.randint(4, 9)))
    return " ".join(chosen) + "."


def _spoiled(language: str, random: Random) -> str:
    """A sentence the models know, with words in it they do not."""
    words = grammar.sentence(random).text(language).split()
    strange = elsewhere.sentence(language, random).strip(".?!").split()[1:]
    for _ in range(max(2, len(words) // 3)):
        words[random.randrange(len(words))] = random.choice(strange)
    return " ".join(words)


def _from_elsewhere(language: str, random: Random) -> str:
    return elsewhere.sentence(language, random)


def unknown_text(language: str, random: Random) -> str:
    """A text to be refused."""
    make = random.choices((_from_elsewhere, _salad, _spoiled), (0.55, 0.2, 0.25))[0]
    return make(language, random)


def unknown_speech(language: str, voice: Voice, random: Random, espeak: Espeak) -> Floats:
    """Speech to be refused, at 8 kHz: other topics, other languages, no language at all."""
    kind = random.random()
    if kind < 0.12:
        foreign = random.choice(tuple(_FOREIGN))
        text = random.choice(_FOREIGN[foreign].split("|"))
        _, plus, variant = voice.name.partition("+")
        voice = attrs.evolve(voice, name=f"{foreign}{plus}{variant}")
    elif kind < 0.24:
        text = _nonsense(random)
    elif kind < 0.28:
        text = grammar.sentence(random).text(language)
    else:
        text = unknown_text(language, random)
    spoken = espeak.speak(text, voice)
    is_backwards = 0.24 <= kind < 0.28
    samples = spoken.samples[::-1] if is_backwards else spoken.samples
    return telephone.to_telephone_rate(samples, spoken.rate_hz)


def _silence(length: int, _random: Random) -> Floats:
    return np.zeros(length)


def _hiss(length: int, random: Random) -> Floats:
    return telephone.noise(length, random)


def _tone(length: int, frequencies: tuple[float, ...]) -> Floats:
    time = np.arange(length) / RATE_HZ
    waves = [np.sin(2 * np.pi * frequency * time) for frequency in frequencies]
    mixed: Floats = np.sum(waves, axis=0) / len(waves)
    return mixed


def _tones(length: int, random: Random) -> Floats:
    count = random.randint(1, 3)
    return _tone(length, tuple(random.uniform(100.0, 3000.0) for _ in range(count)))


def _ringing(length: int, random: Random) -> Floats:
    tone = _tone(length, random.choice(((425.0,), (440.0, 480.0), (400.0, 450.0))))
    period = random.choice((0.5, 1.0, 2.0))
    on = (np.arange(length) / RATE_HZ + random.uniform(0.0, 2.0)) % (2 * period) < period
    ringing: Floats = tone * on
    return ringing


def _keys(length: int, random: Random) -> Floats:
    """Somebody presses keys."""
    sound = np.zeros(length)
    position = random.randrange(800)
    while position < length:
        duration = random.randint(600, 3000)
        pair = (
            random.choice((697.0, 770.0, 852.0, 941.0)),
            random.choice((1209.0, 1336.0, 1477.0)),
        )
        end = min(position + duration, length)
        sound[position:end] = _tone(end - position, pair)
        position = end + random.randint(400, 3000)
    return sound


def _knocks(length: int, random: Random) -> Floats:
    sound = np.zeros(length)
    for _ in range(random.randint(1, 8)):
        start, size = random.randrange(length), random.randint(20, 1200)
        decay = np.exp(-np.linspace(0.0, 6.0, size))
        knock = telephone.noise(size, random) * decay * random.uniform(0.2, 1.0)
        sound[start : start + size] += knock[: len(sound[start : start + size])]
    return sound


def _breath(length: int, random: Random) -> Floats:
    """Noise that swells and fades as breath does."""
    beats = np.arange(length) / RATE_HZ * random.uniform(0.4, 2.0) * np.pi
    swell = np.abs(np.sin(beats + random.uniform(0.0, 3.0))) ** random.uniform(1.0, 4.0)
    breath: Floats = telephone.noise(length, random) * swell
    return breath


def _music(length: int, random: Random) -> Floats:
    sound = np.zeros(length)
    step = random.randint(1200, 5000)
    for start in range(0, length, step):
        root = 110.0 * 2 ** (random.randint(0, 30) / 12)
        end = min(start + step, length)
        chord = _tone(end - start, (root, root * 1.26, root * 1.5, root * 2))
        sound[start:end] = chord * np.exp(-np.linspace(0.0, random.uniform(0.5, 4.0), end - start))
    return sound


_NOISES: Final[tuple[Callable[[int, Random], Floats], ...]] = (
    _silence,
    _hiss,
    _hiss,
    _hiss,
    _tones,
    _ringing,
    _keys,
    _knocks,
    _breath,
    _breath,
    _music,
)


def no_speech(random: Random) -> npt.NDArray[np.int16]:
    """Silence, noise, tones, keys, breath or music, some over a hiss, loud or hardly there."""
    length = int(random.uniform(0.3, 5.0) * RATE_HZ)
    sound = random.choice(_NOISES)(length, random)
    if random.random() < 0.5:
        sound = sound + telephone.noise(length, random) * 10 ** random.uniform(-3.0, -0.5)
    peak = float(np.abs(sound).max())
    loudness = 32767 * 10 ** (random.uniform(-60.0, -3.0) / 20)
    return telephone.mu_law(sound * (loudness / peak) if peak else sound)
