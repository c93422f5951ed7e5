from __future__ import annotations

from array import array

import numpy as np

from kallglot.speech import wire
from kallglot.speech.earhost import EarHost
from kallglot.speech.ears import FRAME_BYTES
from kallglot.speech.engines import SpeechRequest


class Diary:
    """Voice activity that writes down what it hears, and thinks of its first sample."""

    def __init__(self):
        self.rounds = []
        self.closed = []

    def step(self, frames):
        self.rounds.append([stream for stream, _ in frames])
        return [float(np.frombuffer(frame, np.int16)[0]) for _, frame in frames]

    def close(self, stream):
        self.closed.append(stream)


def frame(first):
    return np.full(FRAME_BYTES // 2, first, np.int16).tobytes()


def test_a_call_that_is_behind_is_heard_frame_by_frame_and_the_others_with_it():
    diary, said = Diary(), []
    ear = EarHost(diary, said.append)
    streams = array("I", [7, 1, 8, 3, 9, 2]).tobytes()
    ear.receive(wire.Hear(4, streams, b"".join(frame(number) for number in range(6))))
    assert diary.rounds == [[7, 8, 9], [8, 9], [8]]
    assert said[0].batch == 4
    assert np.frombuffer(said[0].probabilities, np.float32).tolist() == [0, 1, 2, 3, 4, 5]


def test_an_ear_forgets_and_answers():
    diary, said = Diary(), []
    ear = EarHost(diary, said.append)
    ear.start()
    ear.receive(wire.Forget(7))
    ear.receive(wire.Ping())
    ear.receive(wire.Synthesise(3, 1.0, SpeechRequest("Hallo", "de", 8000)))
    assert diary.closed == [7]
    assert [type(message).__name__ for message in said] == ["Ready", "Pong", "FailedBecause"]
