"""Speech that is faster and not higher."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.audio.stretch import FASTEST, Stretcher
from tests.audio.tones import level, pitch, tone
from tests.audio.voices import pcm, speech

RATES = [8000, 16000]
TEMPOS = [1.05, 1.15, FASTEST]


def stretched(sound: bytes, tempo: float, rate_hz: int, piece: float = 0.02) -> np.ndarray:
    stretcher = Stretcher(rate_hz)
    size = 2 * round(piece * rate_hz)
    out = [stretcher.feed(sound[at : at + size], tempo) for at in range(0, len(sound), size)]
    return np.frombuffer(b"".join(out) + stretcher.flush(), np.int16)


def vowel(hz: float, seconds: float, rate_hz: int) -> np.ndarray:
    """A harmonic tone, as of a voice."""
    partials = [tone(hz * number, seconds, rate_hz, 0.4 / number) for number in range(1, 8)]
    return np.sum(partials, axis=0).clip(-32768, 32767).astype(np.int16)


def roughness(samples: np.ndarray) -> float:
    """The largest jump of the slope, which is what a click is."""
    return float(np.abs(np.diff(samples.astype(np.int32), 2)).max())


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("tempo", TEMPOS)
@pytest.mark.parametrize("hz", [85, 120, 233])
def test_a_voice_keeps_its_pitch_and_takes_less_time(rate_hz, tempo, hz):
    sound = vowel(hz, 2.0, rate_hz)
    out = stretched(sound.tobytes(), tempo, rate_hz)
    assert len(sound) / len(out) == pytest.approx(tempo, rel=0.02)
    before, after = pitch(sound, rate_hz), pitch(out, rate_hz)
    assert after == pytest.approx(before, rel=0.01)
    assert level(out) == pytest.approx(level(sound), abs=0.5)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("tempo", TEMPOS)
def test_there_are_no_clicks_in_a_vowel(rate_hz, tempo):
    sound = vowel(140, 2.0, rate_hz)
    out = stretched(sound.tobytes(), tempo, rate_hz)
    assert roughness(out) < 1.25 * roughness(sound)


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_hiss_stays_even(rate_hz):
    noise = np.random.default_rng(1).standard_normal(4 * rate_hz) * 3000
    out = stretched(pcm(noise), FASTEST, rate_hz)
    assert level(out) == pytest.approx(level(noise), abs=0.3)
    spectrum = np.abs(np.fft.rfft(out[: 2 * rate_hz])) ** 2
    flatness = np.exp(np.mean(np.log(spectrum))) / np.mean(spectrum)
    assert flatness > 0.5  # 0.56 for noise itself


def test_at_its_own_tempo_a_voice_passes_untouched_and_at_once():
    stretcher = Stretcher(8000)
    sound = pcm(speech(np.random.default_rng(2), 0.5))
    assert stretcher.feed(sound, 1.0) is sound
    assert stretcher.flush() == b""
    assert stretcher.left_out == 0.0


def test_the_tempo_may_change_from_piece_to_piece_and_every_second_is_accounted_for():
    stretcher = Stretcher(8000)
    sound = pcm(speech(np.random.default_rng(3), 6.0))
    out = 0
    for number, at in enumerate(range(0, len(sound), 320)):
        out += len(stretcher.feed(sound[at : at + 320], (1.0, 1.1, 1.35)[number // 100]))
    waiting = stretcher.waiting
    assert (len(sound) - out) / 16000 == pytest.approx(stretcher.left_out + waiting, abs=1e-9)
    assert 0 <= waiting <= 0.03
    out += len(stretcher.flush())
    assert out / 16000 == pytest.approx(2 + 2 / 1.1 + 2 / 1.35, rel=0.02)


def test_digital_silence_stays_silent():
    assert not stretched(bytes(32000), FASTEST, 8000).any()


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, 12000), max_size=10), seed=st.integers(0, 9))
def test_however_a_voice_is_cut_it_sounds_the_same(cuts, seed):
    sound = pcm(speech(np.random.default_rng(seed), 1.5))
    edges = [0, *sorted(cuts), len(sound) // 2]
    stretcher = Stretcher(8000)
    parts = [stretcher.feed(sound[2 * a : 2 * b], 1.2) for a, b in itertools.pairwise(edges)]
    assert b"".join(parts) + stretcher.flush() == stretched(sound, 1.2, 8000).tobytes()
