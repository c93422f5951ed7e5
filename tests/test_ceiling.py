"""A translation that falls behind catches up."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from statistics import mean

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.audio.playout import Dropped, Piece, Playout
from kallglot.ceiling import AT_EASE, CatchUp, CeilingPolicy, Pace, drops
from tests.audio.voices import pcm, speech

POLICY = CeilingPolicy()


def paces(behind: float, seconds: float, catch_up: CatchUp, since: float = 0.0) -> list[Pace]:
    return [catch_up.pace(behind, since + 0.1 * step) for step in range(round(10 * seconds))]


def test_who_is_not_behind_speaks_as_they_do():
    assert set(paces(0.0, 5.0, CatchUp())) == {AT_EASE}
    assert set(paces(POLICY.hurries_from, 5.0, CatchUp())) == {AT_EASE}


def test_who_falls_behind_speaks_faster_little_by_little_and_never_too_fast():
    rates = [pace.rate for pace in paces(1.9, 3.0, CatchUp())]
    assert rates[0] == 1.0
    assert max(after - before for before, after in itertools.pairwise(rates)) < 0.031
    assert rates[-1] == pytest.approx(1.33)
    assert paces(100.0, 9.0, CatchUp())[-1].rate == pytest.approx(POLICY.fastest)


def test_who_has_caught_up_slows_down_more_gently_than_they_hurried():
    catch_up = CatchUp()
    paces(3.0, 5.0, catch_up)
    rates = [pace.rate for pace in paces(0.0, 12.0, catch_up, since=5.0)]
    assert rates[10] > 1.28
    assert rates[-1] == 1.0


def test_pauses_are_cut_from_two_seconds_behind_until_there_is_less_than_one():
    catch_up = CatchUp()
    assert catch_up.pace(1.9, 0.0).pause is None
    assert catch_up.pace(2.0, 0.1).pause == POLICY.pause
    assert catch_up.pace(0.9, 0.2).pause == POLICY.pause
    assert catch_up.pace(0.7, 0.3).pause is None


def test_what_is_older_than_the_ceiling_is_left_out_but_never_the_last():
    assert drops([5.0, 2.0], 6.0) == 0
    assert drops([9.0, 6.5, 4.0, 1.0], 6.0) == 2
    assert drops([9.0, 8.0], 6.0) == 1
    assert drops([60.0], 6.0) == 0
    assert drops([], 6.0) == 0


@given(behind=st.lists(st.tuples(st.floats(0, 100), st.floats(0, 10)), max_size=40))
def test_the_tempo_stays_between_ease_and_the_fastest(behind):
    catch_up, now = CatchUp(), 0.0
    for seconds, wait in behind:
        now += wait
        assert 1.0 <= catch_up.pace(seconds, now).rate <= POLICY.fastest + 1e-9


# Half an hour of somebody who does not stop talking.

#: Hz: enough to count seconds by, and quick.
RATE = 1000


@attrs.frozen
class Unit:
    """A clause: said until `end`; its translation of `seconds` is there from `ready` on."""

    name: str
    end: float
    ready: float
    seconds: float


@attrs.define
class Heard:
    end: float
    since: float
    until: float = 0.0
    compressed: float = 0.0


def monologue(rng: np.random.Generator, minutes: float, longer: float, stall: float) -> list[Unit]:
    """Return what somebody says almost without a pause, and when engines have translated it.

    Engines work in order, usually within a second, and now and then they stall.
    """
    units: list[Unit] = []
    now = free = 0.0
    while now < minutes * 60:
        seconds = rng.uniform(1.5, 5.0)
        now += seconds
        delay = 0.4 + rng.exponential(0.25) + (stall if rng.random() < 0.03 else 0.0)
        free = max(free, now + delay)
        units.append(Unit(f"u{len(units)}", now, free, seconds * longer))
        now += 1.5 if rng.random() < 0.05 else rng.uniform(0.0, 0.35)
    return units


def arrivals(units: list[Unit]) -> Iterator[tuple[float, Unit, float, bool]]:
    """Yield pieces of 0.4 s as they are synthesised, ten times as fast as they are spoken."""
    pieces = []
    for unit in units:
        count = max(1, round(unit.seconds / 0.4))
        for number in range(count):
            at = unit.ready + 0.04 * number
            pieces.append((at, unit, unit.seconds / count, number == count - 1))
    return iter(sorted(pieces, key=lambda piece: piece[0]))


def listen(units: list[Unit], voice: bytes) -> tuple[list[Heard], float]:
    """Return what was heard of it, and how many seconds were dropped."""
    playout = Playout(RATE, catch_up=CatchUp())
    heard: dict[str, Heard] = {}
    ends = {unit.name: unit.end for unit in units}
    dropped = 0.0

    def send(now: float) -> None:
        nonlocal dropped
        for happened in itertools.chain.from_iterable(iter(lambda: playout.due(now), [])):
            match happened:
                case Piece():
                    until = happened.at + len(happened.pcm) / 2 / RATE
                    name = happened.utterance
                    one = heard.setdefault(name, Heard(ends[name], happened.at))
                    one.until, one.compressed = until, happened.compressed
                case Dropped():
                    dropped += happened.seconds

    for at, unit, seconds, is_last in arrivals(units):
        while (due := playout.next_due) is not None and due < at:
            send(due)
        start = 2 * round(at % 5 * RATE)
        sound = voice[start : start + 2 * round(seconds * RATE)]
        for lost in playout.push(unit.name, "anna", sound, is_last, said=unit.end):
            dropped += lost.seconds
        send(at)
    while (due := playout.next_due) is not None:
        send(due)
    return list(heard.values()), dropped


def lag(heard: list[Heard], minute: int) -> float:
    """The mean lag of a minute, and the half minutes around it."""
    around = (60 * minute - 60, 60 * minute + 30)
    return mean(one.since - one.end for one in heard if around[0] <= one.end < around[1])


VOICE = pcm(speech(np.random.default_rng(0), 6.0, RATE))


@pytest.mark.parametrize("seed", range(2))
def test_the_lag_at_minute_30_is_that_of_minute_1(seed):
    units = monologue(np.random.default_rng(seed), 30.6, longer=1.15, stall=1.5)
    heard, dropped = listen(units, VOICE)
    assert lag(heard, 30) <= 1.2 * lag(heard, 1)
    assert max(one.since - one.end for one in heard) <= POLICY.ceiling
    assert dropped == 0
    assert len(heard) == len(units)


def test_without_catching_up_the_same_monologue_runs_away():
    units = monologue(np.random.default_rng(0), 30.6, longer=1.15, stall=1.5)
    wait = 0.0
    for unit in units:
        wait = max(wait, unit.ready) + unit.seconds
    assert wait - units[-1].end > 60


def test_what_cannot_be_caught_up_is_left_out_and_accounted_for():
    units = monologue(np.random.default_rng(1), 10.0, longer=1.6, stall=3.0)
    heard, dropped = listen(units, VOICE)
    made = sum(unit.seconds for unit in units)
    assert 0 < dropped < 0.3 * made
    assert max(one.since - one.end for one in heard) <= POLICY.ceiling
    played = sum(one.until - one.since for one in heard)
    compressed = sum(one.compressed for one in heard)
    gaps = 0.02 * len(heard)  # each is filled up to whole frames, and may wait for its synthesis
    assert made == pytest.approx(played + compressed + dropped, abs=gaps + 0.02 * made)
