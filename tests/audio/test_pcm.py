from __future__ import annotations

import math

import numpy as np
import pytest

from kallglot.audio import pcm
from tests.audio.tones import tone


def of(*samples: int) -> bytes:
    return np.array(samples, np.int16).tobytes()


def test_silence_lasts_as_long_as_asked():
    assert pcm.silence(0.02, 8000) == bytes(320)
    assert pcm.duration(pcm.silence(0.02, 8000), 8000) == pytest.approx(0.02)


def test_two_voices_at_once_are_their_sum():
    assert pcm.mix([of(1, 2), of(10, 20)]) == of(11, 22)


def test_loud_voices_saturate_and_do_not_wrap():
    assert pcm.mix([of(30000, -30000), of(30000, -30000)]) == of(32767, -32768)
    assert pcm.gain(of(30000, -30000), 6) == of(32767, -32768)


def test_the_shorter_voice_falls_silent():
    assert pcm.mix([of(1), of(10, 20, 30)]) == of(11, 20, 30)


def test_one_voice_is_itself_and_none_is_nothing():
    assert pcm.mix([of(7)]) == of(7)
    assert pcm.mix([]) == b""


def test_a_ducked_voice_is_a_tenth_at_minus_twenty_decibels():
    assert pcm.gain(of(1000, -1000), -20) == of(100, -100)


def test_stereo_comes_apart_as_it_was_put_together():
    both = pcm.interleave(of(1, 2), of(-1, -2))
    assert both == of(1, -1, 2, -2)
    assert pcm.deinterleave(both) == (of(1, 2), of(-1, -2))


def test_unsigned_bytes_are_silent_in_the_middle():
    assert pcm.from_pcm_8(b"\x80\x00\xff") == of(0, -32768, 32512)
    assert pcm.to_pcm_8(of(0, -32768, 32767)) == b"\x80\x00\xff"


def test_every_unsigned_byte_survives_the_way_there_and_back():
    assert pcm.to_pcm_8(pcm.from_pcm_8(bytes(range(256)))) == bytes(range(256))


def test_eight_bits_are_the_nearest_step():
    every = np.arange(-32768, 32768).astype(np.int16)
    back = np.frombuffer(pcm.from_pcm_8(pcm.to_pcm_8(every.tobytes())), np.int16)
    error = np.abs(back.astype(int) - every)
    assert error[every <= 32512].max() == 128


def test_a_full_scale_tone_is_three_decibels_below_a_square_wave():
    assert pcm.loudness(of(32767, -32768)) == pytest.approx(0, abs=0.01)
    assert pcm.loudness(tone(1000, 0.1, 8000, peak=1.0).tobytes()) == pytest.approx(-3.01, abs=0.01)


def test_silence_has_no_loudness():
    assert pcm.loudness(bytes(320)) == pcm.loudness(b"") == -math.inf
