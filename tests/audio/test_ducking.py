"""A voice that steps back while it is translated."""

from __future__ import annotations

import numpy as np
import pytest

from kallglot.audio.ducking import ATTACK, RELEASE, Ducking, Underlay

RATE = 8000
FRAME = np.full(160, 10000, np.int16).tobytes()


def samples(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm, np.int16).astype(np.int32)


def turned(ducking: Ducking, target: float, seconds: float) -> np.ndarray:
    """Gains of the next seconds."""
    frames = [ducking.apply(FRAME, target) for _ in range(round(seconds / 0.02))]
    return samples(b"".join(frames)) / 10000


def test_a_voice_that_is_not_translated_passes_as_it_is():
    assert Ducking(RATE, 1.0).apply(FRAME, 1.0) is FRAME


def test_it_steps_back_within_60_ms_and_comes_forward_within_250_ms():
    ducking = Ducking(RATE, 1.0)
    down = turned(ducking, 0.18, 0.2)
    assert down[round((ATTACK - 0.005) * RATE)] > 0.18
    assert down[round(ATTACK * RATE) :] == pytest.approx(0.18, abs=0.001)
    up = turned(ducking, 1.0, 0.4)
    assert up[round((RELEASE - 0.02) * RATE)] < 0.95
    assert up[round(RELEASE * RATE) :] == pytest.approx(1.0)


@pytest.mark.parametrize(("start", "target"), [(1.0, 0.18), (0.18, 1.0), (0.18, 0.0), (0.0, 1.0)])
def test_the_way_there_is_a_ramp_and_no_step(start, target):
    gains = turned(Ducking(RATE, start), target, 0.8)
    steps = np.diff(np.concatenate(([start], gains)))
    assert np.abs(steps).max() < 0.025
    assert (steps >= -1e-4).all() if target > start else (steps <= 1e-4).all()
    assert gains[-1] == pytest.approx(target, abs=0.001)


def test_who_turns_back_halfway_starts_from_there():
    ducking = Ducking(RATE, 1.0)
    halfway = turned(ducking, 0.18, 0.04)[-1]
    assert 0.2 < halfway < 0.6
    assert turned(ducking, 1.0, 0.02)[0] == pytest.approx(halfway, abs=0.01)


def test_live_voices_are_mixed_under_a_translation_as_they_come():
    underlay = Underlay(RATE)
    piece = np.full(800, 500, np.int16).tobytes()
    assert underlay.under(piece) is piece
    underlay.add(np.full(600, 100, np.int16).tobytes())
    assert samples(underlay.under(piece)).tolist() == [600] * 600 + [500] * 200


def test_a_live_voice_that_a_translation_interrupts_fades():
    underlay = Underlay(RATE)
    underlay.passes(FRAME)
    mixed = samples(underlay.under(bytes(1600)))
    assert mixed[0] == pytest.approx(10000, abs=100)
    assert np.abs(np.diff(mixed)).max() < 100
    assert not mixed[160:].any()


def test_what_waits_under_a_translation_is_never_old():
    underlay = Underlay(RATE, limit=0.1)
    for level in range(20):
        underlay.add(np.full(160, level, np.int16).tobytes())
    assert samples(underlay.under(bytes(3200)))[:800].tolist() == sorted(list(range(15, 20)) * 160)


def test_two_loud_voices_do_not_wrap_around():
    underlay = Underlay(RATE)
    underlay.add(np.full(160, -20000, np.int16).tobytes())
    assert set(samples(underlay.under(np.full(160, -20000, np.int16).tobytes()))) == {-32768}
