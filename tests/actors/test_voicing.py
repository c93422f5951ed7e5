"""A voice on its way, and what of it is the person's own."""

from __future__ import annotations

import numpy as np
import pytest

from actors.voicing import Voicing
from kallglot.audio.echo import EchoGuard
from kallglot.messages import TrackHeard, VoiceHeard
from tests.audio.voices import Floats, pcm, speech
from tests.fakes.speech import FakeSpeech

FRAME = 160
RATE = 8000


class CountingGuard(EchoGuard):
    """Knows how often it was asked."""

    asked = 0

    def is_echo(self, start, end):
        self.asked += 1
        return super().is_echo(start, end)


class Desk:
    def __init__(self) -> None:
        self.told: list = []

    def tell(self, message: object) -> None:
        self.told.append(message)


class Line:
    """A telephone line on which something is played while somebody speaks."""

    def __init__(self) -> None:
        self.guard = CountingGuard()
        self.recorder = Desk()
        self.voicing = Voicing(
            "agent", FakeSpeech(), self.recorder, lambda _: None, 12.0, self.guard
        )
        self.now = 5.0

    def carries(self, played: Floats, heard: Floats) -> bytes:
        """Let a turn pass, which begins at once, and return what was understood as said in it."""
        out, back = pcm(played), pcm(heard)
        start = fed = (self.now - 5.0) if self.recorder.told else 0.0
        own = b""
        for frame in range(len(heard) // FRAME):
            part = slice(2 * FRAME * frame, 2 * FRAME * (frame + 1))
            self.guard.played(out[part], self.now)
            self.now += 0.02
            self.voicing.hear(VoiceHeard(back[part], RATE, self.now))
            if frame % 16 == 15 and frame > 30:
                sound, fed = self.voicing.own_between(start, fed, self.now - 5.0)
                own += sound
        return own


@pytest.fixture
async def line() -> Line:
    return Line()


def returning(sound: Floats) -> Floats:
    return np.concatenate((np.zeros(1600), sound[:-1600])) / 5


async def test_what_comes_back_is_silence_in_the_ears_of_the_recogniser(line):
    sound = speech(np.random.default_rng(1), 3.0)
    assert not any(line.carries(sound, returning(sound)))
    assert line.voicing.own(0.0, 3.0) == b""


async def test_what_somebody_says_is_passed_on_as_it_is(line):
    rng = np.random.default_rng(2)
    mine = speech(rng, 3.0)
    own = line.carries(speech(rng, 3.0), mine)
    assert own == pcm(mine)[: len(own)]
    assert len(own) > 2 * 2.7 * RATE
    assert line.voicing.own(0.0, 3.0) == pcm(mine)


async def test_once_it_is_known_that_nothing_comes_back_that_is_asked_less_often(line):
    rng = np.random.default_rng(3)
    asked = []
    for _ in range(4):
        before = line.guard.asked
        line.carries(speech(rng, 4.0), speech(rng, 4.0))
        asked.append(line.guard.asked - before)
    assert asked[0] > 5
    assert 2 <= asked[-1] <= 3


async def test_a_loudspeaker_that_is_switched_on_later_is_found_in_its_first_turn(line):
    rng = np.random.default_rng(4)
    for _ in range(3):
        line.carries(speech(rng, 3.0), speech(rng, 3.0))
    line.carries(np.zeros(2 * RATE), np.zeros(2 * RATE))
    sound = speech(rng, 3.0)
    assert not any(line.carries(sound, returning(sound)))


async def test_the_recorder_gets_every_frame_once_and_knows_when_it_was_said(line):
    sound = speech(np.random.default_rng(5), 1.0)
    line.carries(np.zeros(len(sound)), sound)
    tracks = [each for each in line.recorder.told if isinstance(each, TrackHeard)]
    assert b"".join(track.pcm for track in tracks) == pcm(sound)
    assert [track.at for track in tracks] == pytest.approx([5.0, 5.2, 5.4, 5.6, 5.8])
