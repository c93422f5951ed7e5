from __future__ import annotations

import pytest

from kallglot.audio import g711
from kallglot.demo.likeness import ENOUGH, likeness
from tests.fakes import modem

WANTED = modem.speak("Guten Tag, hier spricht Helen Wolf", "de")
OTHER = modem.speak("Ich wünsche Ihnen einen schönen Tag", "de")
SILENCE = bytes(2 * 8000)


def test_the_same_sound_through_a_telephone():
    heard = SILENCE + g711.decode_mulaw(g711.encode_mulaw(WANTED)) + SILENCE
    assert likeness(WANTED, heard, 8000) > 0.95


def test_another_sound():
    assert likeness(WANTED, SILENCE + OTHER + SILENCE, 8000) < ENOUGH


@pytest.mark.parametrize("heard", [SILENCE * 3, b"", WANTED[: len(WANTED) // 4 * 2]])
def test_silence_nothing_and_half_of_it(heard: bytes):
    assert likeness(WANTED, heard, 8000) < 0.5


def test_a_short_pause_is_forgiven():
    middle = len(WANTED) // 4 * 2
    heard = WANTED[:middle] + bytes(2 * 400) + WANTED[middle:]
    assert likeness(WANTED, heard, 8000) > 0.6


def test_nothing_is_like_nothing():
    assert likeness(b"", WANTED, 8000) == 0.0
