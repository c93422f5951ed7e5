"""How much of a sound is cut off at its top."""

from __future__ import annotations

import numpy as np
import pytest

from kallglot.speech.streaming import quiet

VOICE = np.random.default_rng(3).laplace(0, 2000, 8000)


def overdriven(gain, rail=32767):
    return np.clip(VOICE * gain, -rail, rail).astype(np.int16).tobytes()


def test_a_voice_with_all_its_peaks_is_hardly_ever_at_the_top():
    assert quiet.clipping(overdriven(1)) < 0.01


def test_the_louder_it_is_driven_the_more_is_cut_off():
    shares = [quiet.clipping(overdriven(gain)) for gain in (1, 10, 20, 40)]
    assert shares == sorted(shares)
    assert shares[-1] > 0.5


def test_what_was_clipped_before_it_was_made_softer_is_found_all_the_same():
    softer = quiet.clipping(overdriven(5, rail=8000))
    assert softer == pytest.approx(quiet.clipping(overdriven(20, rail=32000)), abs=0.02)


@pytest.mark.parametrize("pcm", [b"", bytes(320)])
def test_nothing_is_not_clipped(pcm):
    assert quiet.clipping(pcm) == 0.0
