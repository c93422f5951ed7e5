from __future__ import annotations

from array import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.speech.ears import FRAME, Ears
from kallglot.speech.wire import Judged

LOUD = (np.sin(np.arange(FRAME) / 3) * 8000).astype(np.int16).tobytes()
QUIET = bytes(FRAME * 2)


class Household:
    """Ears, whoever listens with them, and a process that thinks of a number for each frame."""

    def __init__(self) -> None:
        self.woken = 0
        self.ears = Ears(self._wake, lambda listener, judged: listener.tell(judged), patience=0.25)
        self.heard: dict[str, list[float]] = {}

    def _wake(self) -> None:
        self.woken += 1

    def listen(self, name):
        self.heard[name] = []
        return self.ears.open(self.heard[name].extend)

    def frames(self, hear):
        streams = array("I", hear.streams)
        return list(zip(streams[::2], streams[1::2], strict=True))

    def answer(self, hear, value=0.5):
        count = sum(frames for _, frames in self.frames(hear))
        self.ears.receive(Judged(hear.batch, np.full(count, value, np.float32).tobytes()))


@pytest.fixture
def house():
    house = Household()
    house.ears.connect()
    return house


def test_what_all_calls_heard_travels_together(house):
    anna, bert = house.listen("anna"), house.listen("bert")
    anna.hear(LOUD)
    bert.hear(LOUD + QUIET)
    hear = house.ears.collect(0.0)
    assert house.frames(hear) == [(anna.stream, 1), (bert.stream, 2)]
    assert hear.pcm == LOUD + LOUD + QUIET
    house.ears.receive(Judged(hear.batch, np.array([0.25, 0.5, 0.75], np.float32).tobytes()))
    assert house.heard == {"anna": [0.25], "bert": [0.5, 0.75]}


def test_nothing_is_sent_before_a_frame_is_whole(house):
    anna = house.listen("anna")
    anna.hear(LOUD[:320])
    assert house.woken == 0
    assert house.ears.collect(0.0) is None
    anna.hear(LOUD[320:] + LOUD[:100])
    assert house.woken == 1
    assert house.ears.collect(0.0).pcm == LOUD


def test_who_has_hung_up_is_told_nothing_more(house):
    anna = house.listen("anna")
    anna.hear(LOUD)
    hear = house.ears.collect(0.0)
    anna.close()
    anna.close()
    house.answer(hear)
    anna.hear(LOUD)
    assert house.ears.collect(0.1) is None
    assert house.heard["anna"] == []
    assert house.ears.closed() == [anna.stream]
    assert house.ears.closed() == []


def test_without_a_process_the_loud_is_taken_for_speech():
    house = Household()
    anna = house.listen("anna")
    anna.hear(QUIET * 3 + LOUD * 3 + QUIET)
    assert house.ears.collect(0.0) is None
    assert [probability > 0.5 for probability in house.heard["anna"]] == [0, 0, 0, 1, 1, 1, 0]
    assert house.ears.counts.guessed == 7


def test_what_a_dead_process_owes_is_guessed(house):
    anna = house.listen("anna")
    anna.hear(LOUD)
    house.ears.collect(0.0)
    anna.hear(QUIET)
    house.ears.disconnect()
    house.ears.collect(0.1)
    assert [probability > 0.5 for probability in house.heard["anna"]] == [True, False]


def test_a_late_answer_comes_to_nothing_and_a_prompt_one_counts_again(house):
    anna = house.listen("anna")
    anna.hear(LOUD)
    first = house.ears.collect(0.0)
    anna.hear(LOUD)
    second = house.ears.collect(0.1)
    house.ears.expire(0.3)
    assert len(house.heard["anna"]) == 2
    anna.hear(LOUD)
    assert house.ears.collect(0.32) is None, "no more work for a process that is behind"
    house.answer(first)
    house.answer(second)
    assert len(house.heard["anna"]) == 3
    anna.hear(LOUD)
    house.answer(house.ears.collect(0.4), 0.125)
    assert len(house.heard["anna"]) == 4
    assert house.heard["anna"][-1] == 0.125


def test_a_room_gets_used_to_its_noise():
    rng = np.random.default_rng(1)
    house = Household()
    anna = house.listen("anna")
    for _ in range(400):
        anna.hear(rng.normal(0, 300, FRAME).astype(np.int16).tobytes())
        house.ears.collect(0.0)
    assert max(house.heard["anna"][-50:]) < 0.5
    anna.hear(LOUD)
    house.ears.collect(0.0)
    assert house.heard["anna"][-1] > 0.9


steps = st.lists(
    st.sampled_from(["hear", "tick", "answer", "connect", "disconnect", "later"]), max_size=60
)


@settings(deadline=None)
@given(steps)
def test_whatever_happens_every_frame_is_judged_once(happening):
    house = Household()
    anna = house.listen("anna")
    spoken, now, owed = 0, 0.0, []
    for step in happening:
        match step:
            case "hear":
                anna.hear(LOUD)
                spoken += 1
            case "tick":
                hear = house.ears.collect(now)
                if hear is not None:
                    owed.append(hear)
            case "answer" if owed:
                house.answer(owed.pop(0))
            case "connect":
                house.ears.disconnect()
                owed.clear()
                house.ears.connect()
            case "disconnect":
                house.ears.disconnect()
                owed.clear()
            case "later":
                now += 0.2
        assert len(house.heard["anna"]) <= spoken
    house.ears.disconnect()
    house.ears.collect(now)
    assert len(house.heard["anna"]) == spoken
