"""Where in the session each sample of a voice belongs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.audio.voice import Intake, Voice

FRAME = b"\1\0" * 160


def heard(*arrivals):
    voice = Voice(8000)
    return voice, [voice.hear(FRAME, at) for at in arrivals]


def test_frames_that_arrive_with_jitter_follow_each_other():
    voice, runs = heard(0.02, 0.045, 0.06, 0.12, 0.121)
    assert runs == [0.0, None, None, None, None]
    assert voice.time_of(voice.position) == pytest.approx(0.1)


def test_a_gap_starts_a_new_run():
    voice, runs = heard(0.02, 0.04, 5.0)
    assert runs == [0.0, None, pytest.approx(0.04)]
    assert voice.time_of(0.04) == pytest.approx(4.98)
    assert voice.time_of(0.03) == pytest.approx(0.03)


def test_a_burst_after_a_stall_is_dated_back_to_when_it_was_spoken():
    voice, _ = heard(0.02, *[2.0] * 50)
    assert voice.time_of(voice.position) == pytest.approx(2.0)
    assert voice.time_of(0.02) == pytest.approx(1.0)


def test_the_past_is_forgotten_but_positions_stay():
    voice = Voice(8000, keep=1.0)
    for number in range(500):
        voice.hear(FRAME, 0.02 * (number + 1))
    assert voice.position == pytest.approx(10.0)
    assert len(voice.between(9.5, 10.0)) == 8000
    assert voice.between(0.0, 0.5) == b""


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_time_never_runs_backwards_in_a_voice(waits):
    voice, at = Voice(8000), 0.0
    for wait in waits:
        at += wait
        voice.hear(FRAME, at)
    steps = [voice.time_of(0.01 * step) for step in range(int(voice.position * 100))]
    assert steps == sorted(steps)
    assert voice.time_of(voice.position) <= at + voice.position


def test_a_voice_may_come_in_a_burst_but_not_faster_than_anybody_speaks():
    intake = Intake(ahead=3.0)
    admitted = sum(intake.admits(0.02, now=10.0) for _ in range(1000))
    assert admitted == 187
    assert intake.refused == pytest.approx(20.0 - 187 * 0.02)
    assert intake.admits(0.02, now=10.1)


def test_a_voice_that_came_in_a_burst_once_is_heard_whole_from_then_on():
    intake = Intake(ahead=3.0)
    while intake.admits(0.02, now=10.0):
        pass
    refused = intake.refused
    for frame in range(1, 500):
        early = 0.015 * (frame % 2)  # jitter
        assert intake.admits(0.02, now=10.02 + 0.02 * frame - early) or frame < 5
    assert intake.refused - refused < 0.1
