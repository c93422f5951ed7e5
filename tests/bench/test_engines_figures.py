"""Capacities from figures that the test makes up."""

from __future__ import annotations

import attrs
import pytest

from kallglot.bench import engines_figures as figures
from kallglot.bench import shapes
from kallglot.bench.engines_figures import Played, Timed


def timed(model="m", rows=1, seconds=0.3, **changed):
    made = Timed(
        model=model,
        role="translator",
        work="sentence",
        dtype="fp32",
        device="cpu",
        rows=rows,
        seconds=seconds,
        quickest=seconds,
        runs=3,
        audio=0.0,
        every=4.0,
        weights=1,
        peak=1,
        is_engine=True,
    )
    return attrs.evolve(made, **changed)


def test_figures_of_a_batch():
    row = timed(rows=4, seconds=0.2, audio=2.0)
    assert (row.each, row.throughput, row.rtf) == pytest.approx((0.05, 20.0, 0.025))
    assert timed().rtf is None


def test_batches_carry_more_calls_than_one_by_one():
    (capacity,) = figures.capacities([timed(seconds=0.2), timed(rows=8, seconds=0.32)])
    assert capacity.gain == pytest.approx(5.0)
    assert 0 < capacity.one_by_one < capacity.batched


def test_a_batch_that_gains_nothing_is_no_reason_to_carry_less():
    (capacity,) = figures.capacities([timed(), timed(rows=8, seconds=2.4)])
    assert capacity.batched >= capacity.one_by_one
    assert capacity.gain == pytest.approx(1.0)


def test_each_number_format_and_each_request_is_an_engine_of_its_own():
    rows = [timed(), timed(dtype="int8", seconds=0.25), timed(work="other")]
    assert len(figures.capacities(rows)) == 3


def test_a_profile_carries_less_than_each_of_its_engines():
    rows = [
        timed("ears", role="recogniser", work="chunk", every=0.56, seconds=0.1),
        timed("tongue", seconds=0.1),
        timed("voice", role="synthesiser", seconds=0.2),
    ]
    profile = figures.profile(rows, ("ears", "tongue", "voice"))
    assert 0 < profile.batched <= min(one.batched for one in figures.capacities(rows))


def test_a_profile_takes_the_first_request_of_each_model():
    rows = [
        timed("m", work="window 5 s", seconds=0.1),
        timed("m", work="window 30 s", seconds=0.9),
    ]
    # `window 30 s` sorts before `window 5 s`, and was measured after it.
    (station,) = figures.stations(rows, ["m"])
    assert station.cost.of(1) == pytest.approx(0.1)


def test_calls_that_had_no_answer_are_not_in_time():
    played = Played(calls=10, turns=20, p50=0.1, p95=0.2, chunk=0.1, expected=0.2)
    assert played.is_in_time
    assert not attrs.evolve(played, unfinished=0.1).is_in_time
    assert not attrs.evolve(played, p95=0.6).is_in_time


def test_shapes_are_found_by_name_and_others_are_complained_of():
    assert [shape.name for shape in shapes.chosen(["opus-mt"])] == ["opus-mt"]
    assert len(shapes.chosen([])) == len(shapes.SHAPES)
    with pytest.raises(LookupError, match="opus-mt"):
        shapes.chosen(["gpt"])


def test_the_recommended_profile_is_a_recogniser_a_translator_and_a_voice():
    roles = [shape.role for shape in shapes.chosen(shapes.PROFILE)]
    assert roles == ["recogniser", "translator", "synthesiser"]
