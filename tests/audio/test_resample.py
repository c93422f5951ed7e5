from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.audio.resample import RATES, Resampler, resample
from tests.audio.tones import level, pitch, tone

PAIRS = list(itertools.permutations(sorted(RATES), 2))
TELEPHONE = [(8000, 16000), (16000, 8000), (48000, 8000), (22050, 8000), (24000, 16000)]


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_a_second_stays_a_second_and_a_tone_its_pitch(from_hz: int, to_hz: int):
    out = resample(tone(1000, 1.0, from_hz), from_hz, to_hz)
    assert len(out) == to_hz
    assert pitch(out, to_hz) == pytest.approx(1000, abs=1)


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_a_tone_in_the_pass_band_keeps_its_level(from_hz: int, to_hz: int):
    for share in (0.025, 0.25, 0.6, 0.84):
        before = tone(share * min(from_hz, to_hz) / 2, 0.2, from_hz)
        after = resample(before, from_hz, to_hz)
        middle = slice(len(after) // 4, 3 * len(after) // 4)
        assert level(after[middle]) == pytest.approx(level(before), abs=0.2)


@pytest.mark.parametrize(("from_hz", "to_hz"), [pair for pair in PAIRS if pair[0] > pair[1]])
def test_what_the_lower_rate_cannot_carry_is_gone(from_hz: int, to_hz: int):
    for share in (1.01, 1.1, 1.35):
        hz = share * to_hz / 2
        if hz < from_hz / 2:
            out = resample(tone(hz, 0.2, from_hz, peak=1.0), from_hz, to_hz)
            middle = slice(len(out) // 4, 3 * len(out) // 4)
            assert level(out[middle]) < -3 - 50


@pytest.mark.parametrize(("from_hz", "to_hz"), [(8000, 16000), (8000, 48000), (22050, 48000)])
def test_there_is_no_mirror_image_above_the_old_band(from_hz: int, to_hz: int):
    out = resample(tone(0.8 * from_hz / 2, 0.5, from_hz, peak=1.0), from_hz, to_hz)
    spectrum = np.abs(np.fft.rfft(out * np.blackman(len(out))))
    above = int(len(spectrum) * from_hz / to_hz)
    assert 20 * np.log10(spectrum[above:].max() / spectrum.max()) < -50


@pytest.mark.parametrize(("from_hz", "to_hz"), [*TELEPHONE, (44100, 48000), (8000, 11025)])
@settings(deadline=None, max_examples=30)  # a filter is designed in the first example
@given(cuts=st.lists(st.integers(0, 6000), max_size=12), seed=st.integers(0, 99))
def test_however_a_stream_is_cut_it_gives_the_same_samples(from_hz, to_hz, cuts, seed):
    pcm = np.random.default_rng(seed).integers(-32768, 32768, 6000, np.int16)
    edges = [0, *sorted(cuts), len(pcm)]
    stream = Resampler(from_hz, to_hz)
    parts = [stream.feed(pcm[a:b].tobytes()) for a, b in itertools.pairwise(edges)]
    assert b"".join(parts) + stream.flush() == resample(pcm, from_hz, to_hz).tobytes()


@pytest.mark.parametrize(("from_hz", "to_hz"), TELEPHONE)
def test_frames_of_a_tone_join_without_a_click(from_hz: int, to_hz: int):
    stream = Resampler(from_hz, to_hz)
    frames = tone(400, 1.0, from_hz).reshape(50, -1)
    out = b"".join(stream.feed(frame.tobytes()) for frame in frames) + stream.flush()
    expected = tone(400, 1.0, to_hz).astype(int)
    error = np.abs(np.frombuffer(out, np.int16) - expected)
    assert error[to_hz // 50 : -to_hz // 50].max() < 32  # -60 dB


@pytest.mark.parametrize(("from_hz", "to_hz"), TELEPHONE[:3])
def test_a_stream_lags_three_milliseconds_and_no_more(from_hz: int, to_hz: int):
    stream = Resampler(from_hz, to_hz)
    frame = bytes(2 * from_hz // 50)
    first, *others = [len(stream.feed(frame)) for _ in range(10)]
    assert 0.0165 < first / 2 / to_hz < 0.02
    assert set(others) == {2 * to_hz // 50}


def test_the_loudest_sound_saturates_and_does_not_wrap():
    step = np.repeat([32767, -32768], 400).astype(np.int16)
    out = resample(step, 8000, 16000)
    assert out[20:780].min() > 29000
    assert out[820:1580].max() < -29000


def test_the_same_rate_is_left_alone():
    pcm = tone(400, 0.1, 8000)
    stream = Resampler(8000, 8000)
    assert stream.feed(pcm.tobytes()) + stream.flush() == pcm.tobytes()
    assert resample(pcm, 8000, 8000) is pcm


def test_after_a_flush_a_stream_starts_afresh():
    stream = Resampler(8000, 16000)
    pcm = tone(400, 0.1, 8000).tobytes()
    first = stream.feed(pcm) + stream.flush()
    assert stream.feed(pcm) + stream.flush() == first
    assert stream.flush() == b""


def test_an_unknown_rate_is_refused():
    with pytest.raises(ValueError, match="8001"):
        Resampler(8001, 16000)
