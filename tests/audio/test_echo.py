"""The loudspeaker and the person next to it, told apart."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from kallglot.audio.echo import ECHO, EchoGuard
from kallglot.audio.g711 import decode_mulaw, encode_mulaw
from tests.audio.voices import Floats, pcm, speech

RATE = 8000
FRAME = 160


@attrs.frozen
class Room:
    """How what is played comes back: seconds later, decibels quieter, without what is above."""

    delay: float = 0.25
    quieter: float = 15.0
    top_hz: float = 3000.0
    reverberation: float = 0.05
    noise: float = -60.0

    @classmethod
    def some(cls, rng: np.random.Generator) -> Room:
        return cls(
            rng.uniform(0.04, 0.9),
            rng.uniform(6, 30),
            rng.uniform(1800, 3600),
            rng.uniform(0, 0.15),
            -rng.uniform(55, 68),
        )

    def returns(self, played: Floats, rng: np.random.Generator) -> Floats:
        """Return what comes back, as long as what was played."""
        time = np.arange(RATE // 4) / RATE
        response = rng.standard_normal(len(time)) * np.exp(-time / 0.05) * self.reverberation
        response[:20] = 0
        response[0] = 1
        taps = np.arange(-15, 16)
        low_pass = np.hamming(31) * np.sinc(2 * self.top_hz / RATE * taps)
        sound = np.convolve(_convolved(played, response), low_pass)[: len(played)]
        sound *= 10 ** (-self.quieter / 20) * np.sqrt(np.mean(played**2) / np.mean(sound**2))
        late = round(self.delay * RATE)
        return np.concatenate((np.zeros(late), sound))[: len(played)]

    def hiss(self, count: int, rng: np.random.Generator) -> Floats:
        return rng.standard_normal(count) * 32768 * 10 ** (self.noise / 20)


def _convolved(sound: Floats, response: Floats) -> Floats:
    size = 1 << (len(sound) + len(response)).bit_length()
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size))[: len(sound)]


def over_the_telephone(sound: Floats) -> bytes:
    return decode_mulaw(encode_mulaw(pcm(sound)))


def ask(played: Floats, heard: Floats, since: float, until: float, at: float = 7.0) -> float:
    """Play and hear as a call does, ask now and then, and return the last answer."""
    guard = EchoGuard()
    out, back = over_the_telephone(played), over_the_telephone(heard)
    answer = 0.0
    for frame in range(len(played) // FRAME):
        part = slice(2 * FRAME * frame, 2 * FRAME * (frame + 1))
        now = at + frame * FRAME / RATE
        guard.played(out[part], now)
        guard.heard(back[part], now)
        if since + at < now and (frame % 15 == 0 or now + 0.02 >= until + at):
            answer = guard.is_echo(since + at, min(now, until + at))
        if now >= until + at:
            break
    return answer


def padded(sound: Floats, before: float, length: int) -> Floats:
    out = np.concatenate((np.zeros(round(before * RATE)), sound, np.zeros(length)))
    return out[:length]


def echo(seed: int) -> float:
    """Nothing but the translation, back from some room."""
    rng = np.random.default_rng(seed)
    room, seconds, before = Room.some(rng), rng.uniform(0.8, 3.0), rng.uniform(0.2, 1.0)
    played = padded(speech(rng, seconds), before, round(5.2 * RATE))
    heard = room.returns(played, rng) + room.hiss(len(played), rng)
    since = before + room.delay
    return ask(played, heard, since - 0.2, since + seconds + 0.2)


def genuine(seed: int, has_echo: bool) -> float:
    """Somebody who speaks while they are spoken to, with or without a loudspeaker."""
    rng = np.random.default_rng(seed)
    room, seconds, before = Room.some(rng), rng.uniform(0.8, 3.0), rng.uniform(0.2, 1.0)
    played = padded(speech(rng, seconds), before, round(5.2 * RATE))
    own_seconds, own_before = rng.uniform(0.6, 2.0), before + rng.uniform(0, 0.8 * seconds)
    own = padded(speech(rng, own_seconds), own_before, len(played))
    heard = own * 10 ** (-rng.uniform(0, 8) / 20) + room.hiss(len(played), rng)
    since, until = own_before, own_before + own_seconds
    if has_echo:
        heard += room.returns(played, rng)
        since, until = min(since, before + room.delay), max(until, before + room.delay + seconds)
    return ask(played, heard, since - 0.2, min(until + 0.2, 5.1))


def test_nineteen_of_twenty_echoes_are_found():
    scores = [echo(seed) for seed in range(40)]
    assert np.mean([score >= ECHO for score in scores]) >= 0.95


@pytest.mark.parametrize("has_echo", [False, True])
def test_people_are_heard_also_over_their_echo(has_echo):
    scores = [genuine(seed, has_echo) for seed in range(40)]
    assert np.mean([score >= ECHO for score in scores]) <= 0.02


@pytest.mark.parametrize("seed", range(3))
def test_who_says_a_word_over_a_long_echo_is_heard(seed):
    rng = np.random.default_rng(seed)
    played = padded(speech(rng, 3.0), 0.2, 4 * RATE)
    word = padded(speech(rng, 0.5), 1.6, len(played)) * 0.7
    heard = Room().returns(played, rng)
    assert ask(played, heard, 0.3, 3.6) >= ECHO
    assert ask(played, heard + word, 0.3, 3.6) < ECHO


def test_where_nothing_was_played_nothing_is_an_echo():
    sound = speech(np.random.default_rng(1), 2.0)
    assert ask(np.zeros(len(sound)), sound, 0.2, 1.9) == 0.0


def test_silence_is_no_echo():
    sound = speech(np.random.default_rng(1), 2.0)
    assert ask(sound, np.zeros(len(sound)), 0.2, 1.9) == 0.0


def test_what_was_silenced_did_not_come_back():
    rng = np.random.default_rng(4)
    sound = speech(rng, 2.0)
    guard = EchoGuard()
    guard.played(pcm(sound), 3.0)
    guard.silenced(3.0)
    guard.heard(pcm(sound), 3.0)
    assert guard.is_echo(3.0, 5.0) == 0.0


def test_a_voice_at_16_khz_is_recognised_too():
    rng = np.random.default_rng(5)
    sound = speech(rng, 2.0, 16000) / 4
    guard = EchoGuard()
    guard.played(pcm(sound), 3.0, 16000)
    guard.heard(pcm(np.concatenate((np.zeros(3200), sound / 3))), 3.0, 16000)
    assert guard.is_echo(3.2, 5.2) >= ECHO


def test_gaps_and_late_frames_do_not_mix_up_the_time():
    rng = np.random.default_rng(6)
    first, second = speech(rng, 1.0), speech(rng, 1.5)
    guard = EchoGuard()
    guard.played(pcm(first), 1.0)
    guard.played(pcm(second), 60.0)
    for at in range(0, len(second), FRAME):
        guard.heard(pcm(second[at : at + FRAME] / 4), 60.3 + at / RATE + rng.uniform(0, 0.05))
    assert guard.is_echo(60.3, 61.8) >= ECHO


def test_a_voice_that_turns_out_to_have_been_held_up_is_dated_back():
    sound = speech(np.random.default_rng(7), 2.0)
    guard = EchoGuard()
    guard.played(pcm(sound), 10.0)
    back = pcm(sound / 4)
    guard.heard(back[:8000], 10.6)
    guard.heard(back[8000:], 10.9)
    assert guard.is_echo(10.4, 12.3) >= ECHO


def converse(guard: EchoGuard, rng: np.random.Generator, seconds: float, at: float) -> None:
    """Have both speak at once, and ask now and then, on a line without an echo."""
    mine, theirs = pcm(speech(rng, seconds)), pcm(speech(rng, seconds))
    for frame in range(0, len(mine) // 2, FRAME):
        now = at + frame / RATE
        guard.played(theirs[2 * frame : 2 * (frame + FRAME)], now)
        guard.heard(mine[2 * frame : 2 * (frame + FRAME)], now)
        if frame % (15 * FRAME) == 0 and frame > RATE // 2:
            assert guard.is_echo(max(at, now - 1.0), now) < ECHO


class TestTrust:
    """A line that has no echo is not asked about at every word."""

    def test_it_is_earned_by_talking_at_once_for_some_seconds(self):
        guard = EchoGuard()
        converse(guard, np.random.default_rng(2), 1.5, 1.0)
        assert guard.trust == 0.0
        converse(guard, np.random.default_rng(200), 3.0, 2.5)
        assert guard.trust > 0.0

    def test_who_has_not_been_heard_yet_has_none(self):
        guard = EchoGuard()
        converse(guard, np.random.default_rng(8), 6.0, 1.0)
        guard.is_echo(7.0, 7.3)
        assert guard.trust == 0.0

    def test_who_switches_a_loudspeaker_on_loses_it_at_once(self):
        guard = EchoGuard()
        converse(guard, np.random.default_rng(8), 6.0, 1.0)
        assert guard.trust > 0.0
        sound = speech(np.random.default_rng(10), 2.0)
        guard.played(pcm(sound), 10.0)
        guard.heard(pcm(sound / 5), 10.2)
        assert guard.is_echo(10.2, 11.2) >= ECHO
        assert guard.trust == 0.0
        assert guard.is_echo(10.2, 12.2) >= ECHO


@pytest.mark.parametrize("size", [1, 50, 160, 163, 5000])
def test_it_does_not_matter_in_which_pieces_sound_comes(size):
    sound = speech(np.random.default_rng(11), 2.0)
    whole, piecemeal = EchoGuard(), EchoGuard()
    out, back = pcm(sound), pcm(np.concatenate((np.zeros(2000), sound / 4)))
    whole.played(out, 3.0)
    whole.heard(back, 3.0)
    for tell, told in ((piecemeal.played, out), (piecemeal.heard, back)):
        for at in range(0, len(told), 2 * size):
            tell(told[at : at + 2 * size], 3.0 + at / (2 * RATE))
    assert piecemeal.is_echo(3.2, 5.2) == whole.is_echo(3.2, 5.2) >= ECHO


def test_a_piece_longer_than_what_is_kept_ends_when_it_ends():
    sound = speech(np.random.default_rng(12), 8.0)
    guard = EchoGuard()
    guard.played(pcm(sound), 1.0)
    guard.heard(pcm(sound / 4), 1.3)
    assert guard.is_echo(7.5, 9.3) >= ECHO
