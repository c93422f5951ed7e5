from __future__ import annotations

import pytest

from kallglot.speech.load import Load, Tally, worst


def test_it_tells_of_the_last_few_seconds():
    tally = Tally(span=5.0)
    tally.note(0.0, rows=8, late=8)
    tally.note(10.0, rows=4, late=1)
    tally.note(12.0, rows=8, late=0)
    load = tally.load(14.0, busy=0.1, age=0.2, waiting=3)
    assert load == Load(0.1, 0.2, 3, rows=6.0, rate=12 / 5, missed=1 / 12)
    assert tally.load(100.0, 0.0, 0.0, 0) == Load()


def test_what_was_never_answered_is_missed_and_no_batch():
    tally = Tally()
    tally.note(1.0, rows=15, late=0)
    tally.give_up(1.0, 5)
    load = tally.load(1.0, 0.0, 0.0, 0)
    assert load.missed == pytest.approx(0.25)
    assert load.rows == 15.0


def test_of_few_requests_no_conclusions_are_drawn():
    tally = Tally()
    tally.note(1.0, rows=1, late=1)
    assert tally.load(1.0, 0.0, 0.0, 0).missed == pytest.approx(0.1)


def test_the_worst_of_several_is_the_highest_of_each():
    assert worst() == Load()
    assert worst(Load(age=1.0, waiting=2), Load(busy=3.0, waiting=4)) == Load(3.0, 1.0, 6)
