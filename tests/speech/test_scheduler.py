from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.speech.engines import VoiceRequest
from kallglot.speech.scheduler import Job, Scheduler, is_more_of


def job(number, deadline=10.0, *, came=0.0, is_partial=False, request="anything"):
    return Job(number, request, came, deadline, is_partial)


def numbers(jobs):
    return [each.id for each in jobs]


def test_the_earliest_deadline_goes_first():
    scheduler = Scheduler(rows=1)
    for number, deadline in [(1, 9.0), (2, 3.0), (3, 5.0)]:
        scheduler.add(job(number, deadline))
    assert [numbers(scheduler.take(0.0).batch) for _ in range(4)] == [[2], [3], [1], []]


def test_whole_utterances_go_before_parts_and_are_not_held_up_by_them():
    scheduler = Scheduler(rows=8)
    scheduler.add(job(1, 1.0, is_partial=True))
    scheduler.add(job(2, 9.0))
    scheduler.add(job(3, 8.0))
    assert numbers(scheduler.take(0.0).batch) == [3, 2]
    assert numbers(scheduler.take(0.0).batch) == [1]


def test_a_batch_has_no_more_rows_than_the_engine_takes():
    scheduler = Scheduler(rows=3)
    for number in range(5):
        scheduler.add(job(number))
    assert numbers(scheduler.take(0.0).batch) == [0, 1, 2]
    assert numbers(scheduler.take(0.0).batch) == [3, 4]


def test_a_request_that_waited_too_long_is_not_worked_on():
    scheduler = Scheduler(rows=8)
    scheduler.add(job(1, 1.0))
    scheduler.add(job(2, 3.0))
    turn = scheduler.take(2.0)
    assert numbers(turn.expired) == [1]
    assert numbers(turn.batch) == [2]


def test_a_part_of_an_utterance_gives_way_to_more_of_it():
    scheduler = Scheduler(rows=8, supersedes=is_more_of)
    mine, longer = VoiceRequest(b"abcd", 8000), VoiceRequest(b"abcdef", 8000)
    yours = VoiceRequest(b"uvwx", 8000)
    assert scheduler.add(job(1, request=mine, is_partial=True)) == []
    assert scheduler.add(job(2, request=yours, is_partial=True)) == []
    assert numbers(scheduler.add(job(3, request=longer))) == [1]
    assert numbers(scheduler.take(0.0).batch) == [3]
    assert numbers(scheduler.take(0.0).batch) == [2]


def test_a_whole_utterance_never_gives_way():
    scheduler = Scheduler(rows=8, supersedes=is_more_of)
    scheduler.add(job(1, request=VoiceRequest(b"abcd", 8000)))
    assert scheduler.add(job(2, request=VoiceRequest(b"abcdef", 8000))) == []


def test_a_full_queue_gives_up_the_part_that_matters_least():
    scheduler = Scheduler(rows=8, limit=2)
    scheduler.add(job(1, 5.0, is_partial=True))
    scheduler.add(job(2, 9.0))
    assert numbers(scheduler.add(job(3, 7.0))) == [1]
    assert numbers(scheduler.add(job(4, 99.0))) == [4]


def test_nothing_is_done_for_somebody_who_has_gone():
    scheduler = Scheduler(rows=8)
    scheduler.add(job(1))
    assert scheduler.withdraw(1)
    assert not scheduler.withdraw(1)
    assert scheduler.take(0.0).batch == []


def test_the_age_is_that_of_the_oldest():
    scheduler = Scheduler(rows=1)
    assert scheduler.age(5.0) == 0.0
    scheduler.add(job(1, 9.0, came=1.0))
    scheduler.add(job(2, 8.0, came=4.0))
    assert scheduler.age(5.0) == 4.0


jobs = st.lists(st.tuples(st.floats(0, 10), st.booleans()), max_size=40)


@settings(deadline=None)
@given(jobs, st.integers(1, 8), st.integers(1, 20), st.floats(0, 10))
def test_every_request_meets_exactly_one_fate(asked, rows, limit, now):
    scheduler = Scheduler(rows, limit)
    fates = []
    for number, (deadline, is_partial) in enumerate(asked):
        fates += numbers(scheduler.add(job(number, deadline, is_partial=is_partial)))
        assert len(scheduler) <= limit
    while len(scheduler):
        turn = scheduler.take(now)
        assert len(turn.batch) <= rows
        assert len({each.is_partial for each in turn.batch}) <= 1
        fates += numbers(turn.batch) + numbers(turn.expired)
    assert sorted(fates) == list(range(len(asked)))
