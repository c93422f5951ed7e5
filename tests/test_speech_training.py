"""The closed world of the demonstration models, and what training makes of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from itertools import islice
from random import Random

import numpy as np
import pytest

from kallglot.speech.training import elsewhere, elsewhere_held_out, grammar, negatives, telephone

MANY = 12000


@pytest.fixture(scope="module")
def trained() -> list[grammar.Sentence]:
    random = Random(1)
    return [grammar.sentence(random) for _ in range(MANY)]


@pytest.fixture(scope="module")
def held_out() -> list[grammar.Sentence]:
    return list(islice(grammar.sentences(2, held_out=True), 1500))


def _word_types(texts: list[str]) -> set[str]:
    return {word.strip(".,?").lower() for text in texts for word in text.split()}


def test_the_grammar_covers_a_whole_call_from_both_sides() -> None:
    assert len(grammar.PATTERNS) >= 120
    sides = [pattern.speaker for pattern in grammar.PATTERNS]
    assert sides.count("agent") >= 50
    assert sides.count("customer") >= 50


def test_both_languages_fill_the_same_slots() -> None:
    for pattern in (*grammar.OPENERS, *grammar.PATTERNS):
        slots = grammar.slots_of(pattern)
        named = set(re.findall(r"{(\w+)", pattern.english))
        assert named == slots, pattern


def test_no_slot_stays_empty(trained: list[grammar.Sentence]) -> None:
    for sentence in trained:
        assert not re.search(r"[{}]|  ", sentence.german + sentence.english)


def test_there_are_hundreds_of_words_in_each_language(trained: list[grammar.Sentence]) -> None:
    assert len(_word_types([sentence.german for sentence in trained])) >= 600
    assert len(_word_types([sentence.english for sentence in trained])) >= 600


def test_every_sentence_has_exactly_one_translation(
    trained: list[grammar.Sentence], held_out: list[grammar.Sentence]
) -> None:
    english, german = defaultdict(set), defaultdict(set)
    for sentence in trained + held_out:
        english[sentence.german].add(sentence.english)
        german[sentence.english].add(sentence.german)
    assert all(len(texts) == 1 for texts in english.values())
    assert all(len(texts) == 1 for texts in german.values())


def test_what_is_held_out_is_never_trained_on(
    trained: list[grammar.Sentence], held_out: list[grammar.Sentence]
) -> None:
    assert not {s.german for s in trained} & {s.german for s in held_out}
    assert not {s.english for s in trained} & {s.english for s in held_out}


def test_the_words_of_what_is_held_out_are_all_known(
    trained: list[grammar.Sentence], held_out: list[grammar.Sentence]
) -> None:
    known = _word_types([s.german for s in trained])
    unknown = _word_types([s.german for s in held_out]) - known
    assert not unknown


def test_the_same_seed_gives_the_same_sentences() -> None:
    assert list(islice(grammar.sentences(7), 20)) == list(islice(grammar.sentences(7), 20))


def test_sentences_are_short_enough_for_the_window(trained: list[grammar.Sentence]) -> None:
    assert max(len(sentence.german.split()) for sentence in trained) <= 17


def test_the_refusals_tested_are_not_those_trained_on() -> None:
    for language in grammar.LANGUAGES:
        tested = set(elsewhere_held_out.SENTENCES[language])
        assert len(tested) >= 100
        assert not tested & set(elsewhere.SENTENCES[language])


def test_what_is_to_be_refused_is_no_sentence_of_the_grammar(
    trained: list[grammar.Sentence],
) -> None:
    random = Random(3)
    for language in grammar.LANGUAGES:
        known = {sentence.text(language) for sentence in trained}
        texts = [negatives.unknown_text(language, random) for _ in range(300)]
        assert sum(text in known for text in texts) == 0


def test_g711_changes_nothing_the_second_time() -> None:
    samples = np.random.default_rng(1).normal(0, 8000, 4000)
    once = telephone.mu_law(samples)
    assert np.array_equal(telephone.mu_law(once.astype(np.float64)), once)
    assert np.abs(once - np.clip(samples, -32635, 32635)).max() <= 512


def test_a_telephone_keeps_the_speech_and_adds_silence_around_it() -> None:
    time = np.arange(8000) / 8000
    speech = 8000 * np.sin(2 * np.pi * 800 * time)
    heard = telephone.Line(Random(4)).carry(speech)
    assert 8000 < len(heard) < 8000 * 2.2
    assert np.abs(heard).max() > 500


def test_resampling_to_the_telephone_keeps_a_tone() -> None:
    time = np.arange(22050) / 22050
    tone = (10000 * np.sin(2 * np.pi * 500 * time)).astype(np.int16)
    carried = telephone.to_telephone_rate(tone, 22050)
    assert len(carried) == 8000
    assert np.argmax(np.abs(np.fft.rfft(carried))) == 500


def test_noises_are_not_longer_than_an_utterance() -> None:
    random = Random(5)
    sounds = [negatives.no_speech(random) for _ in range(40)]
    assert all(2000 <= len(sound) <= 40001 for sound in sounds)


def test_sampling_prints_pairs_and_nothing_else_and_does_not_load_torch() -> None:
    program = (
        "import sys, json\n"
        "from kallglot.speech.training.__main__ import main\n"
        "main(['--sample', '5', '--held-out', '--seed', '3'])\n"
        "print(json.dumps('torch' in sys.modules))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert json.loads(printed.pop()) is False
    assert len(printed) == 5
    assert all(line.count("\t") == 1 for line in printed)
