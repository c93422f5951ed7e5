from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.model.webhook import Errand
from kallglot.webhooks.schedule import DELAYS, Schedule
from kallglot.webhooks.verdicts import (
    Answered,
    Delivered,
    GivenUp,
    Retried,
    Unanswered,
    fault_of,
    judge,
)

HOUR = 3600.0
EVEN = 0.5  # neither longer nor shorter than said


def attempts(schedule, chance=EVEN, created_at=0.0):
    """When a delivery that always fails is tried."""
    at, times = created_at, []
    while at is not None:
        times.append(at)
        at = schedule.after(len(times), created_at, at, chance)
    return times


def test_the_schedule_is_as_it_is_documented():
    times = attempts(Schedule())
    minutes = [time / 60 for time in times]
    assert minutes == pytest.approx([0, 1, 6, 36, 156, 456, 1056, 2496])
    assert times[-1] == pytest.approx(41.6 * HOUR)


@given(st.floats(0, 1), st.floats(0.0001, 10))
def test_each_wait_is_about_as_long_as_said(chance, scale):
    times = attempts(Schedule(scale=scale), chance)
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(waits) == len(DELAYS)
    for wait, delay in zip(waits, DELAYS, strict=True):
        assert wait == pytest.approx(delay * scale, rel=0.1001)


def test_two_that_failed_together_do_not_come_back_together():
    assert Schedule().after(1, 0, 0, 0.0) < Schedule().after(1, 0, 0, 1.0)


def test_what_is_older_than_three_days_is_tried_once():
    schedule, day = Schedule(), 86_400.0
    assert schedule.after(1, 0.0, 3 * day, EVEN) is None
    assert schedule.after(1, 0.0, 3 * day - 1, EVEN) is not None


def errand(tries=0):
    return Errand("wh_del_1", "wh_1", "sess_1", 0.0, 0.0, tries, tries, b"{}")


@given(st.integers(100, 599))
def test_only_what_begins_with_2_is_an_answer(status):
    verdict = judge(Answered(status), errand(), 0.0, Schedule(), EVEN)
    if 200 <= status < 300:
        assert verdict == Delivered()
        assert fault_of(Answered(status)) is None
    elif status == 410:
        assert verdict == GivenUp(is_gone=True)
    else:
        assert verdict == Retried(60.0)
        assert str(status) in fault_of(Answered(status))


def test_no_answer_is_a_failure_and_the_eighth_the_last():
    silence = Unanswered("no answer within 30 s")
    assert judge(silence, errand(6), 0.0, Schedule(), EVEN) == Retried(86_400.0)
    assert judge(silence, errand(7), 0.0, Schedule(), EVEN) == GivenUp()
    assert fault_of(silence) == "no answer within 30 s"
