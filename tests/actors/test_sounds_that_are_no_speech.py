"""What is on a line that nobody speaks on must not become a sentence, whoever listens to it.

The models are those of the demonstration.  They are asked twice: after the network that knows
voices, and where loudness alone decides, as it does while the network is away.
"""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("silero_vad")

from kallglot.speech import loudness  # noqa: E402
from kallglot.speech.silero import FRAME, SileroVoiceActivity  # noqa: E402
from kallglot.turns import SpeechStarted, Turns  # noqa: E402
from tests.fakes.resident import ResidentSpeech, demonstration  # noqa: E402

RATE_HZ = 8000
RANDOM = np.random.default_rng(1)
#: How far the notes of a tune and the roots of its chords are above the lowest, in semitones.
TUNE = (0, 4, 7, 12, 7, 4, 5, 9, 12, 9, 5, 2)
ROOTS = (0, 5, 7, 9)
#: Where a mouth resounds that sings "ah", "ee" and "oh", in Hz.
VOWELS = ((700, 1100, 2500), (300, 2300, 3000), (400, 800, 2600))
KEYS = ((697, 1209), (697, 1336), (770, 1477), (852, 1209), (941, 1336), (941, 1477))


def clock(seconds):
    return np.arange(round(seconds * RATE_HZ)) / RATE_HZ


def tone(seconds, *pitches):
    return sum(np.sin(2 * np.pi * hz * clock(seconds)) for hz in pitches)


def pause(seconds):
    return np.zeros(round(seconds * RATE_HZ))


def repeated(times, sound, silence):
    return np.concatenate([sound, pause(silence)] * times)


def keys(pressed, released):
    return np.concatenate([repeated(1, tone(pressed, *each), released) for each in KEYS * 2])


def tune(note):
    """Return a plucked string, with its harmonics."""
    notes = [tone(note, *(220 * 2 ** (up / 12) * k for k in range(1, 9))) for up in TUNE]
    return np.concatenate([each * np.exp(-3 * clock(note)) for each in notes])


def chords(each):
    """Return an organ that changes its harmony."""
    roots = [110 * 2 ** (up / 12) for up in ROOTS]
    return np.concatenate(
        [
            tone(each, *(root * ratio * k for ratio in (1, 1.26, 1.5) for k in range(1, 6)))
            for root in roots
        ]
    )


def drums(beats):
    """Return a kettle drum and a cymbal in turns."""
    length = clock(0.15)
    drum = 2 * np.sin(2 * np.pi * 70 * length) * np.exp(-15 * length)
    cymbal = RANDOM.normal(size=len(length)) * np.exp(-30 * length)
    beat = np.concatenate([drum, pause(0.1), cymbal, pause(0.1)])
    return np.tile(beat, beats)


def singing(note):
    """Return somebody who sings a scale on vowels, which is nearly a voice."""
    notes = []
    for step, up in enumerate((0, 2, 4, 5, 7, 9, 11, 12)):
        time = clock(note)
        pitch = 150 * 2 ** (up / 12)
        phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.02 * np.sin(35 * time))) / RATE_HZ
        resonances = VOWELS[step % len(VOWELS)]
        strengths = [
            0.02 + sum(np.exp(-(((k * pitch - hz) / 120) ** 2)) for hz in resonances)
            for k in range(1, 20)
        ]
        voice = sum(how * np.sin(k * phase) for k, how in enumerate(strengths, 1))
        notes.append(voice * np.minimum(1, time / 0.04) * np.minimum(1, (note - time) / 0.04))
    return np.concatenate(notes)


def band():
    parts = [tune(0.4), chords(1.2), drums(10)]
    length = min(map(len, parts))
    return sum(part[:length] / np.abs(part).max() for part in parts)


SOUNDS = {
    "dial tone": tone(4, 425),
    "American dial tone": tone(4, 350, 440),
    "ringing": repeated(2, tone(1, 425), 3),
    "busy": repeated(6, tone(0.5, 425), 0.5),
    "a fax": np.concatenate([tone(2, 1100), tone(2, 2100)]),
    "keys": keys(0.12, 0.08),
    "keys held down": keys(0.5, 0.3),
    "hiss": RANDOM.normal(size=5 * RATE_HZ),
    "rumble": np.cumsum(RANDOM.normal(size=5 * RATE_HZ)),
    "a tune": tune(0.4),
    "chords": chords(1.2),
    "drums": drums(10),
    "a band": band(),
    "singing": singing(0.6),
}


class Guessing:
    """Voice activity by loudness, for want of a better."""

    def __init__(self):
        self._rooms = {}

    def step(self, frames):
        return [
            self._rooms.setdefault(stream, loudness.Room()).judge(loudness.levels(pcm, FRAME)[0])
            for stream, pcm in frames
        ]

    def close(self, stream):
        self._rooms.pop(stream, None)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=[SileroVoiceActivity.load, Guessing], ids=["by voice", "by loudness"])
def activity(request):
    return request.param()


@pytest.fixture
async def speech(activity):
    return ResidentSpeech(demonstration(), activity)


def recorded(sound, peak):
    return (sound / np.abs(sound).max() * peak * 32767).astype(np.int16).tobytes()


@pytest.mark.parametrize("name", SOUNDS)
async def test_nothing_is_made_of(call, name):
    await call.customer.sounds(bytes(4800) + recorded(SOUNDS[name], 0.3))
    await call.customer.is_silent(1.5)
    assert call.speech.spoken == []
    assert [one.text for one in call.said if one.is_sure] == []
    assert [one.renderings for one in call.said if one.renderings] == []


async def test_a_voice_that_comes_after_all_that_is_heard(call):
    """Music on hold, and then somebody who can be understood."""
    voices = pytest.importorskip("kallglot.demo.voices")
    pytest.importorskip("espeakng_loader")
    with voices.Mouth() as mouth:
        sentence = mouth.say("Guten Tag.", voices.Person("de+m7", 165, 50), RATE_HZ)
    await call.customer.sounds(recorded(SOUNDS["a band"], 0.3))
    await call.customer.is_silent(1.5)
    await call.customer.sounds(sentence)
    await call.customer.is_silent(1.5)
    assert call.speech.spoken == ["Hello."]


def test_ten_minutes_of_silence_hold_no_turn(activity):
    """Digital silence on one line, and on another the hiss of a line that is open."""
    turns = {1: Turns(), 2: Turns()}
    hiss = RANDOM.normal(0, 12, 10 * 60 * RATE_HZ).astype(np.int16).tobytes()
    events = []
    for at in range(0, len(hiss) - 2 * FRAME + 1, 2 * FRAME):
        frames = [(1, bytes(2 * FRAME)), (2, hiss[at : at + 2 * FRAME])]
        for stream, probability in enumerate(activity.step(frames), 1):
            events += turns[stream].judge(probability)
    assert turns[1].now == pytest.approx(600, abs=0.1)
    assert [event for event in events if isinstance(event, SpeechStarted)] == []
