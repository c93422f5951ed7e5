"""Several live voices for one listener."""

import numpy as np

from kallglot.audio.blend import Blend

ONE, TWO = (np.full(160, level, np.int16).tobytes() for level in (100, 20000))


def test_a_single_voice_passes_as_it_is():
    assert Blend(8000).add("anna", ONE, 0.0) is ONE


def test_two_voices_become_one_and_take_no_longer_than_one():
    blend = Blend(8000)
    out = b""
    for number in range(50):
        out += blend.add("anna", ONE, 0.02 * number)
        out += blend.add("ben", TWO, 0.02 * number + 0.01)
    samples = np.frombuffer(out, np.int16)
    assert len(samples) == 50 * 160
    assert set(samples[160:]) == {20100}


def test_two_loud_voices_do_not_wrap_around():
    blend = Blend(8000)
    blend.add("anna", TWO, 0.0)
    blend.add("ben", TWO, 0.01)
    assert set(np.frombuffer(blend.add("anna", TWO, 0.02), np.int16)) == {32767}


def test_when_the_leader_falls_silent_another_voice_leads():
    blend = Blend(8000)
    blend.add("anna", ONE, 0.0)
    assert blend.add("ben", TWO, 0.01) == b""
    assert blend.add("ben", TWO, 0.2) == TWO + TWO


def test_a_voice_that_waits_does_not_grow_for_ever():
    blend = Blend(8000)
    for number in range(1000):
        blend.add("anna", ONE, 0.001 * number)
        blend.add("ben", TWO * 5, 0.001 * number)
    assert len(blend.add("anna", ONE * 100, 1.0)) == len(ONE) * 100
