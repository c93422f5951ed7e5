"""Pauses that are cut short."""

from __future__ import annotations

import numpy as np
import pytest

from kallglot.audio.pauses import PauseCutter
from tests.audio.tones import tone

WORD = tone(200, 0.3, 8000).tobytes()


def pause(seconds: float) -> bytes:
    return bytes(2 * round(8000 * seconds))


def cut(sound: bytes, longest: float | None, cutter: PauseCutter | None = None) -> bytes:
    cutter = cutter or PauseCutter(8000)
    parts = [cutter.feed(sound[at : at + 300], longest) for at in range(0, len(sound), 300)]
    return b"".join(parts) + cutter.flush()


def test_a_long_pause_becomes_a_short_one_and_the_words_stay():
    cutter = PauseCutter(8000)
    out = cut(WORD + pause(0.9) + WORD, 0.08, cutter)
    assert len(out) / 16000 == pytest.approx(0.3 + 0.08 + 0.3, abs=0.011)
    assert out.startswith(WORD[:-320])
    assert out.endswith(WORD)
    assert cutter.left_out == pytest.approx(1.5 - len(out) / 16000)


def test_a_short_pause_stays_as_it_is():
    sound = WORD + pause(0.06) + WORD
    assert cut(sound, 0.08) == sound


def test_a_pause_may_be_anything_that_is_much_quieter_than_the_voice():
    murmur = np.random.default_rng(1).normal(0, 40, 8000).astype(np.int16).tobytes()
    assert len(cut(WORD + murmur + WORD, 0.08)) < len(WORD + murmur + WORD) - 14000
    shout = np.random.default_rng(1).normal(0, 2000, 8000).astype(np.int16).tobytes()
    assert cut(WORD + shout + WORD, 0.08) == WORD + shout + WORD


def test_while_there_is_time_nothing_is_cut():
    sound = WORD + pause(0.9) + WORD
    assert cut(sound, None) == sound


def test_when_there_is_time_again_what_was_held_back_comes_first():
    cutter = PauseCutter(8000)
    out = cutter.feed(WORD + pause(0.5), 0.08)
    out += cutter.feed(WORD[: 1001 * 2], None) + cutter.flush()
    assert len(out) / 16000 == pytest.approx(0.3 + 0.08 + 1001 / 8000, abs=0.011)
    assert out.endswith(WORD[:2002])
