from __future__ import annotations

import pytest

from kallglot.speech.engines import EngineCard, Hypothesis
from kallglot.speech.models import timing
from kallglot.speech.models.timing import timed


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_work_is_done_once_for_nothing_and_then_timed():
    clock = Clock()
    took = iter([9.0, 0.5, 0.2, 0.3, 0.4])

    def work():
        clock.now += next(took)
        return 3.0

    found = timed(work, 8, seconds=1.3, clock=clock)
    assert (found.rows, found.runs, found.speech) == (8, 4, 3.0)
    assert (found.fastest, found.median) == (pytest.approx(0.2), pytest.approx(0.35))


def test_slow_work_is_done_three_times_at_least():
    clock = Clock()

    def work():
        clock.now += 100.0

    assert timed(work, 1, seconds=1.0, clock=clock).runs == 3


class Following:
    """Notes what it is fed."""

    card = EngineCard("following", ("en",))

    def __init__(self):
        self.opened, self.closed, self.fed = [], [], []

    def open(self, stream, opening):
        self.opened.append((stream, opening.language))

    def step(self, feeds):
        self.fed.append([(feed.stream, len(feed.pcm), feed.is_last) for feed in feeds])
        return [Hypothesis("", "", 0.0, 0.0, "en") for _ in feeds]

    def close(self, stream):
        self.closed.append(stream)


def test_streaming_models_are_fed_as_in_a_call():
    engine = Following()
    seconds = timing._follow(engine, "en", bytes(16_000 + 2), 2)
    assert seconds == pytest.approx(2.0, abs=0.001)
    assert engine.opened == [(0, "en"), (1, "en")]
    assert engine.closed == [0, 1]
    assert [[last for _, _, last in feeds] for feeds in engine.fed] == [
        [False, False],
        [False, False],
        [False, False],
        [True, True],
    ]
    assert sum(size for feeds in engine.fed for stream, size, _ in feeds if stream == 0) == 16_002
