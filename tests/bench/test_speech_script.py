"""What is said in the calls of the bench, and how a line delays it."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("espeakng_loader")

from kallglot.bench import speech_script, speech_sound
from kallglot.speech.training import grammar


def test_the_same_seed_says_the_same_and_another_does_not():
    assert speech_script.conversation(1, 6) == speech_script.conversation(1, 6)
    assert speech_script.conversation(1, 6) != speech_script.conversation(2, 6)


def test_two_people_take_turns_in_their_own_languages():
    passages = speech_script.conversation(3, 6).passages
    assert [one.speaker for one in passages] == ["customer", "agent"] * 3
    assert {(one.speaker, one.language) for one in passages} == {
        ("customer", "de"),
        ("agent", "en"),
    }
    assert all(one.listener != one.speaker and one.target != one.language for one in passages)


def test_both_people_say_long_sentences_too():
    passages = speech_script.conversation(3, 6).passages
    long = [one for one in passages if one.kind == "breath"]
    assert {one.speaker for one in long} == {"customer", "agent"}
    assert all(len(one.parts) == 3 for one in long)
    assert all(0 < part.pause < 0.3 for one in long for part in one.parts[:-1])


def test_models_were_not_trained_with_what_is_said_and_its_translation_is_known():
    (passage,) = speech_script.monologue(4, 0.2).passages
    known = {
        (sentence.german, sentence.english)
        for sentence, _ in zip(
            grammar.sentences(_seed_of_a_monologue(4), held_out=True), passage.parts, strict=False
        )
    }
    assert {(part.text, part.reference) for part in passage.parts} == known


def _seed_of_a_monologue(seed):
    return speech_script.Random(f"monologue {seed}").getrandbits(32)


def test_more_minutes_are_more_sentences():
    (short,), (long,) = (speech_script.monologue(5, minutes).passages for minutes in (0.5, 2.0))
    assert 3 < len(long.parts) / len(short.parts) < 5


def _voice(seconds=2.0):
    beats = np.sin(np.arange(round(8000 * seconds)) * 0.002)
    return np.random.default_rng(1).normal(0, 3000, len(beats)) * np.abs(beats)


@pytest.mark.parametrize("late", [0.0, 0.02, 0.31, 0.5])
def test_how_late_a_voice_is_on_a_line_is_found_in_its_noise(late):
    voice = _voice()
    noise = np.random.default_rng(2).normal(0, 1000, len(voice) + 8000)
    heard = noise.copy()
    start = round(late * 8000)
    heard[start : start + len(voice)] += voice
    assert speech_sound.delay(voice, heard) == pytest.approx(late, abs=1 / 8000)


def test_a_beginning_that_was_lost_is_found_too():
    voice = _voice()
    assert speech_sound.delay(voice, voice[320:]) == pytest.approx(-0.04, abs=1 / 8000)
