"""How good the demonstration models are, measured through the engines that servers use.

Sentences and speakers are both unseen.  Thresholds are set on one draw of them, with the kind of
nonsense that was trained on, and measured on another, with sentences from `elsewhere_held_out`.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

import attrs

from kallglot.speech import calibration
from kallglot.speech.calibration import Calibration, Evidence
from kallglot.speech.careful import Careful
from kallglot.speech.engines import (
    Recognition,
    TextRequest,
    Translation,
    Translator,
    VoiceRequest,
)
from kallglot.speech.training import (
    corpus,
    elsewhere_held_out,
    grammar,
    model_card,
    negatives,
    telephone,
)
from kallglot.speech.training.corpus import Kind, Sound
from kallglot.speech.training.voices import Espeak, choose_voice
from kallglot.speech.transformers_recogniser import WhisperRecogniser
from kallglot.speech.transformers_translator import MarianTranslator

__all__ = ["calibrate", "report"]

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

_CALIBRATION_SEED: Final = 9001
_TEST_SEED: Final = 9002
#: Of sentences that the models do know, at most so many may be refused while calibrating.
_FALSE_REFUSALS: Final = 0.035
#: How many utterances that should be refused one that should not be is worth.
_COST_OF_A_FALSE_REFUSAL: Final = 2.0
#: What is more likely than this to be no speech is none: it costs no speech, and noise is denied.
_NO_SPEECH: Final = 0.05
_BATCH: Final = 16
_OTHER: Final = {"de": "en", "en": "de"}
_RECOGNISER: Final = {
    "name": "kallglot-demo-recogniser",
    "notice": "Demonstration: knows the phrases of a support call, spoken by espeak-ng.",
    "is_window_elastic": True,
    "clipping": 0.15,
}
_TRANSLATOR: Final = {
    "name": "kallglot-demo-translator",
    "notice": "Demonstration: knows the phrases of a support call and nothing else.",
}
_OURS: Final = {"languages": ["de", "en"], "revision": "1", "licence": "Apache-2.0"}


def calibrate(demo: Path, count: int) -> None:
    """Choose both models' thresholds, and write them next to the models."""
    espeak = Espeak()
    recogniser = WhisperRecogniser.load(str(demo / "recogniser"))
    recogniser.limits = Calibration(is_window_elastic=True)
    known = _hear(recogniser, _sounds("speech", count, _CALIBRATION_SEED, espeak))
    unknown = _hear(recogniser, _sounds("unknown", count, _CALIBRATION_SEED, espeak))
    limits = {"no_speech": _NO_SPEECH, **_thresholds(known, unknown)}
    _write(demo / "recogniser", _RECOGNISER | limits)

    translator = MarianTranslator.load(str(demo / "translator"))
    random = Random(_CALIBRATION_SEED)
    right = [grammar.sentence(random, held_out=True) for _ in range(count)]
    known, unknown = [], []
    for source, target in _OTHER.items():
        texts = [sentence.text(source) for sentence in right]
        known += _in_batches(translator.write, _requests(texts, source, target))
        texts = [negatives.unknown_text(source, random) for _ in range(count)]
        unknown += _in_batches(translator.write, _requests(texts, source, target))
    _write(demo / "translator", _TRANSLATOR | _thresholds(known, unknown))


def _sounds(kind: Kind, count: int, seed: int, espeak: Espeak) -> list[Sound]:
    return list(itertools.islice(corpus.sounds(kind, seed, espeak, held_out=True), count))


def _voice(sound: Sound) -> VoiceRequest:
    return VoiceRequest(sound.samples.tobytes(), telephone.RATE_HZ)


def _requests(texts: Sequence[str], source: str, target: str) -> list[TextRequest]:
    return [TextRequest(text, source, target) for text in texts]


def _in_batches(
    ask: Callable[[Sequence[_Asked]], list[_Answer]], requests: Sequence[_Asked]
) -> list[_Answer]:
    starts = range(0, len(requests), _BATCH)
    return [answer for k in starts for answer in ask(requests[k : k + _BATCH])]


def _hear(recogniser: WhisperRecogniser, sounds: Sequence[Sound]) -> list[Evidence]:
    heard = _in_batches(recogniser.hear, [_voice(sound) for sound in sounds])
    return [hearing.evidence for hearing in heard]


def _thresholds(known: Sequence[Evidence], unknown: Sequence[Evidence]) -> dict[str, float]:
    """The best balance of what is refused rightly and wrongly."""
    best, most = {"refusal": 0.5, "confidence": 0.0, "weakest": 0.0}, -math.inf
    scores = sorted(Calibration(refusal=1.0).confidence_in(one) for one in known)
    strictest = scores[: int(_FALSE_REFUSALS * len(known)) + 1]
    for refusal in (0.1, 0.2, 0.3, 0.5, 0.7):
        for weakest in (0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35):
            for score in strictest:
                confidence = math.floor(score * 1000) / 1000
                limits = Calibration(refusal=refusal, confidence=confidence, weakest=weakest)
                missed = sum(not limits.believes(one) for one in known) / len(known)
                refused = sum(not limits.believes(one) for one in unknown) / len(unknown)
                balance = refused - _COST_OF_A_FALSE_REFUSAL * missed
                if missed <= _FALSE_REFUSALS and balance > most:
                    most = balance
                    best = {"refusal": refusal, "confidence": confidence, "weakest": weakest}
    return best


def _write(directory: Path, values: dict[str, Any]) -> None:
    text = json.dumps(_OURS | values, indent=2, sort_keys=True)
    (directory / calibration.FILE_NAME).write_text(f"{text}\n", encoding="utf-8")


@attrs.frozen
class _Tried:
    """A sound, what was made of it, and the translation of that."""

    sound: Sound
    heard: Recognition
    translated: Translation
    wanted: str

    @property
    def is_spoken(self) -> bool:
        """Whether a listener would hear a translation at all."""
        return bool(self.heard.text) and self.heard.is_sure and self.translated.is_sure


def report(demo: Path, count: int) -> None:
    """Measure, print, and write `figures.json` and the model card."""
    recogniser = WhisperRecogniser.load(str(demo / "recogniser"))
    translator = MarianTranslator.load(str(demo / "translator"))
    espeak = Espeak()
    figures: dict[str, Any] = {
        "recogniser": {
            **_known_speech(recogniser, count, espeak),
            **_other_sounds(recogniser, count, espeak),
        },
        "translator": _translations(translator, count),
        "both": _calls(recogniser, Careful(translator), count, espeak),
    }
    text = json.dumps(figures, indent=2)
    print(text)
    (demo / "figures.json").write_text(f"{text}\n", encoding="utf-8")
    (demo / "MODEL.rst").write_text(model_card.text(figures), encoding="utf-8")


def _known_speech(recogniser: WhisperRecogniser, count: int, espeak: Espeak) -> dict[str, Any]:
    figures: dict[str, Any] = {"utterances": count}
    sounds = _sounds("speech", count, _TEST_SEED, espeak)
    start = time.perf_counter()
    heard = _in_batches(recogniser.recognise, [_voice(sound) for sound in sounds])
    spent = time.perf_counter() - start
    pairs = list(zip(sounds, heard, strict=True))
    for language in grammar.LANGUAGES:
        own = [(sound, one) for sound, one in pairs if sound.language == language]
        errors = sum(_word_errors(sound.text, one.text) for sound, one in own)
        words = sum(len(_words(sound.text)) for sound, _ in own)
        figures[f"word_errors_{language}"] = _percent(errors, words)
    errors = sum(_word_errors(sound.text, one.text) for sound, one in pairs)
    figures["word_errors"] = _percent(errors, sum(len(_words(s.text)) for s in sounds))
    figures["whole_sentences_right"] = _share(
        _words(sound.text) == _words(one.text) for sound, one in pairs
    )
    figures["languages_right"] = _share(sound.language == one.language for sound, one in pairs)
    figures["falsely_refused"] = _share(not (one.text and one.is_sure) for one in heard)
    figures["milliseconds_each"] = round(1000 * spent / count, 1)
    return figures


def _other_sounds(recogniser: WhisperRecogniser, count: int, espeak: Espeak) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    silence = [_voice(sound) for sound in _sounds("nothing", count, _TEST_SEED, espeak)]
    heard = _in_batches(recogniser.recognise, silence)
    figures["text_for_silence_and_noise"] = _share(bool(one.text) for one in heard)
    for language in grammar.LANGUAGES:
        sounds = list(_elsewhere(language, espeak))
        requests = [_voice(sound) for sound in sounds]
        heard = _in_batches(recogniser.recognise, requests)
        refused = _share(not one.text or not one.is_sure for one in heard)
        figures[f"other_topics_refused_{language}"] = refused
    return figures


def _elsewhere(language: str, espeak: Espeak) -> Iterator[Sound]:
    """The sentences of other topics, by unseen speakers."""
    random = Random(f"{_TEST_SEED} {language}")
    for text in elsewhere_held_out.SENTENCES[language]:
        spoken = espeak.speak(text, choose_voice(language, random, held_out=True))
        speech = telephone.to_telephone_rate(spoken.samples, spoken.rate_hz)
        yield Sound(telephone.Line(random).carry(speech), "unknown", language, "")


def _translations(translator: MarianTranslator, count: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"sentences": count}
    sentences = list(itertools.islice(grammar.sentences(_TEST_SEED, held_out=True), count))
    for source, target in _OTHER.items():
        texts = [sentence.text(source) for sentence in sentences]
        wanted = [sentence.text(target) for sentence in sentences]
        start = time.perf_counter()
        written = _in_batches(translator.translate, _requests(texts, source, target))
        spent = time.perf_counter() - start
        direction = f"{source}_to_{target}"
        right = _share(one.text == text for one, text in zip(written, wanted, strict=True))
        figures[f"exact_{direction}"] = right
        figures[f"falsely_refused_{direction}"] = _share(not one.is_sure for one in written)
        others = _requests(elsewhere_held_out.SENTENCES[source], source, target)
        written = _in_batches(translator.translate, others)
        figures[f"other_topics_refused_{source}"] = _share(not one.is_sure for one in written)
        figures["milliseconds_each"] = round(1000 * spent / count, 1)
    return figures


def _calls(
    recogniser: WhisperRecogniser, translator: Translator, count: int, espeak: Espeak
) -> dict[str, Any]:
    """Speech in one language to text in the other, as in a call: the language is known."""
    random = Random(_TEST_SEED)
    line = telephone.Line(random)
    tried = []
    for sentence in itertools.islice(grammar.sentences(_TEST_SEED + 1, held_out=True), count):
        language = random.choice(grammar.LANGUAGES)
        spoken = espeak.speak(
            sentence.text(language), choose_voice(language, random, held_out=True)
        )
        speech = telephone.to_telephone_rate(spoken.samples, spoken.rate_hz)
        sound = Sound(line.carry(speech), "speech", language, sentence.text(language))
        request = attrs.evolve(_voice(sound), language=language)
        (heard,) = recogniser.recognise([request])
        asked = TextRequest(heard.text, language, _OTHER[language])
        (translated,) = translator.translate([asked])
        tried.append(_Tried(sound, heard, translated, sentence.text(_OTHER[language])))
    others = [
        _pass_on(sound, recogniser, translator)
        for language in grammar.LANGUAGES
        for sound in _elsewhere(language, espeak)
    ]
    return {
        "utterances": count,
        "translated_exactly": _share(
            one.is_spoken and one.translated.text == one.wanted for one in tried
        ),
        "translated_wrongly": _share(
            one.is_spoken and one.translated.text != one.wanted for one in tried
        ),
        "refused": _share(not one.is_spoken for one in tried),
        "other_topics_refused": _share(not one.is_spoken for one in others),
    }


def _pass_on(sound: Sound, recogniser: WhisperRecogniser, translator: Translator) -> _Tried:
    (heard,) = recogniser.recognise([attrs.evolve(_voice(sound), language=sound.language)])
    asked = TextRequest(heard.text, sound.language, _OTHER[sound.language])
    (translated,) = translator.translate([asked])
    return _Tried(sound, heard, translated, "")


def _percent(part: int, whole: int) -> float:
    return round(100 * part / max(whole, 1), 1)


def _share(claims: Iterator[bool] | Sequence[bool]) -> float:
    """The percentage of claims that are true."""
    known = list(claims)
    return _percent(sum(known), len(known))


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w' -]", "", text.lower()).split()


def _word_errors(wanted: str, written: str) -> int:
    """Words to be replaced, added or left out to make one of the other."""
    ours = _words(written)
    row = list(range(len(ours) + 1))
    for index, word in enumerate(_words(wanted), 1):
        above, row[0] = row[0], index
        for column, own in enumerate(ours, 1):
            above, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, above + (word != own)),
            )
    return row[-1]
