from __future__ import annotations

import random

import numpy as np
import pytest

from kallglot.speech.silero import FRAME, SileroVoiceActivity

pytest.importorskip("silero_vad")


def sounds():
    """Return the frames of some calls: noise, a hum, and something that buzzes like a voice."""
    rng = np.random.default_rng(5)
    times = np.arange(FRAME * 40) / 8000
    calls = []
    for call in range(6):
        pitch = 90 + 30 * call + 20 * np.sin(times * 5)
        buzz = np.sign(np.sin(2 * np.pi * np.cumsum(pitch) / 8000)) * 4000
        formant = np.convolve(buzz, np.sin(np.arange(64) * (0.4 + 0.1 * call)) / 8, "same")
        syllables = np.sin(2 * np.pi * 4 * times) > 0
        sound = formant * syllables + rng.normal(0, 50 * call + 1, len(times))
        clipped = np.clip(sound, -32768, 32767).astype(np.int16)
        calls.append([clipped[at : at + FRAME].tobytes() for at in range(0, len(times), FRAME)])
    return calls


def alone(frames):
    """Return what a new listener thinks of a call that is the only one."""
    voice_activity = SileroVoiceActivity.load()
    return [voice_activity.step([(1, frame)])[0] for frame in frames]


def test_a_call_is_judged_as_if_it_were_alone():
    calls = sounds()
    rng = random.Random(1)
    voice_activity = SileroVoiceActivity.load()
    judged = [[] for _ in calls]
    while busy := [at for at, call in enumerate(calls) if len(judged[at]) < len(call)]:
        some = rng.sample(busy, rng.randint(1, len(busy)))
        frames = [(at, calls[at][len(judged[at])]) for at in some]
        for at, probability in zip(some, voice_activity.step(frames), strict=True):
            judged[at].append(probability)
    for call, probabilities in zip(calls, judged, strict=True):
        assert probabilities == pytest.approx(alone(call), abs=1e-5)


def test_a_closed_stream_leaves_nothing_to_the_next():
    one, other = sounds()[:2]
    voice_activity = SileroVoiceActivity.load()
    for frame in one:
        voice_activity.step([(1, frame)])
    voice_activity.close(1)
    voice_activity.close(1)
    again = [voice_activity.step([(2, frame)])[0] for frame in other]
    assert again == pytest.approx(alone(other), abs=1e-6)


def test_a_crowd_is_judged_in_pieces():
    frame = sounds()[0][5]
    voice_activity = SileroVoiceActivity.load()
    judged = voice_activity.step([(stream, frame) for stream in range(150)])
    assert judged == pytest.approx([judged[0]] * 150, abs=1e-6)


@pytest.mark.models
def test_it_thinks_what_the_library_thinks():
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    silero_vad = pytest.importorskip("silero_vad")

    torch.set_num_threads(threads)
    for frames in sounds()[:3]:
        library = silero_vad.load_silero_vad()
        expected = []
        for frame in frames:
            sound = np.frombuffer(frame, np.int16) / np.float32(32768)
            expected.append(library(torch.from_numpy(sound), 8000).item())
        assert alone(frames) == pytest.approx(expected, abs=1e-4)
