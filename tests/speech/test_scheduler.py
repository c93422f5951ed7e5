from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.speech.engines import VoiceRequest
from kallglot.speech.scheduler import Batching, Job, Lane, Scheduler, is_more_of


def job(number, deadline=10.0, *, is_partial=False, request="anything", **more):
    lane = Lane.LATER if is_partial else Lane.FIRST
    return Job(number, request, more.pop("came", 0.0), deadline, lane, **more)


def numbers(jobs):
    return [each.id for each in jobs]


def test_the_earliest_deadline_goes_first():
    scheduler = Scheduler(Batching())
    for number, deadline in [(1, 9.0), (2, 3.0), (3, 5.0)]:
        scheduler.add(job(number, deadline))
    assert [numbers(scheduler.take(0.0).batch) for _ in range(4)] == [[2], [3], [1], []]


def test_whole_utterances_go_before_parts_and_are_not_held_up_by_them():
    scheduler = Scheduler(Batching(8))
    scheduler.add(job(1, 1.0, is_partial=True))
    scheduler.add(job(2, 9.0))
    scheduler.add(job(3, 8.0))
    assert numbers(scheduler.take(0.0).batch) == [3, 2]
    assert numbers(scheduler.take(0.0).batch) == [1]


def test_a_batch_has_no_more_rows_than_the_engine_takes():
    scheduler = Scheduler(Batching(3))
    for number in range(5):
        scheduler.add(job(number))
    assert numbers(scheduler.take(0.0).batch) == [0, 1, 2]
    assert numbers(scheduler.take(0.0).batch) == [3, 4]


def test_a_request_that_waited_too_long_is_not_worked_on():
    scheduler = Scheduler(Batching(8))
    scheduler.add(job(1, 1.0))
    scheduler.add(job(2, 3.0))
    turn = scheduler.take(2.0)
    assert numbers(turn.expired) == [1]
    assert numbers(turn.batch) == [2]


def test_a_part_of_an_utterance_gives_way_to_more_of_it():
    scheduler = Scheduler(Batching(8), supersedes=is_more_of)
    mine, longer = VoiceRequest(b"abcd", 8000), VoiceRequest(b"abcdef", 8000)
    yours = VoiceRequest(b"uvwx", 8000)
    assert scheduler.add(job(1, request=mine, is_partial=True)) == []
    assert scheduler.add(job(2, request=yours, is_partial=True)) == []
    assert numbers(scheduler.add(job(3, request=longer))) == [1]
    assert numbers(scheduler.take(0.0).batch) == [3]
    assert numbers(scheduler.take(0.0).batch) == [2]


def test_a_whole_utterance_never_gives_way():
    scheduler = Scheduler(Batching(8), supersedes=is_more_of)
    scheduler.add(job(1, request=VoiceRequest(b"abcd", 8000)))
    assert scheduler.add(job(2, request=VoiceRequest(b"abcdef", 8000))) == []


def test_a_full_queue_gives_up_the_part_that_matters_least():
    scheduler = Scheduler(Batching(8), limit=2)
    scheduler.add(job(1, 5.0, is_partial=True))
    scheduler.add(job(2, 9.0))
    assert numbers(scheduler.add(job(3, 7.0))) == [1]
    assert numbers(scheduler.add(job(4, 99.0))) == [4]


def test_nothing_is_done_for_somebody_who_has_gone():
    scheduler = Scheduler(Batching(8))
    scheduler.add(job(1))
    assert scheduler.withdraw(1).id == 1
    assert scheduler.withdraw(1) is None
    assert scheduler.take(0.0).batch == []


def test_the_age_is_that_of_the_oldest():
    scheduler = Scheduler(Batching())
    assert scheduler.age(5.0) == 0.0
    scheduler.add(job(1, 9.0, came=1.0))
    scheduler.add(job(2, 8.0, came=4.0))
    assert scheduler.age(5.0) == 4.0


def test_what_is_of_one_size_goes_together():
    scheduler = Scheduler(Batching(8, likeness=2.0))
    for number, size in enumerate([3.0, 20.0, 4.0, 0.1, 6.0, 30.0, 7.0]):
        scheduler.add(job(number, number, size=size))
    batches = [[0, 2, 4], [1, 5], [3], [6]]
    assert [numbers(scheduler.take(-1.0).batch) for _ in batches] == batches


def test_small_things_are_all_of_one_size():
    scheduler = Scheduler(Batching(8, likeness=2.0, small=1.0))
    for number, size in enumerate([0.0, 0.1, 1.9]):
        scheduler.add(job(number, size=size))
    assert numbers(scheduler.take(0.0).batch) == [0, 1, 2]


def test_a_batch_waits_a_moment_for_company_and_no_longer():
    scheduler = Scheduler(Batching(2, linger=0.01))
    assert scheduler.pause(0.0) == math.inf
    scheduler.add(job(1, came=0.0))
    assert scheduler.pause(0.004) == pytest.approx(0.006)
    assert scheduler.pause(0.010) == 0.0
    scheduler.add(job(2, came=0.005))
    assert scheduler.pause(0.005) == 0.0


def test_what_is_suspect_goes_alone():
    scheduler = Scheduler(Batching(8))
    for number in range(4):
        scheduler.add(job(number, number + 1.0, is_alone=number % 2 == 0))
    batches = [[0], [1, 3], [2]]
    assert [numbers(scheduler.take(0.0).batch) for _ in batches] == batches


def test_what_goes_on_is_answered_late_rather_than_never():
    scheduler = Scheduler(Batching(8))
    scheduler.add(job(1, 1.0, is_patient=True))
    turn = scheduler.take(5.0)
    assert numbers(turn.batch) == [1]
    assert turn.expired == []


def test_a_part_that_has_waited_past_its_time_waits_for_nobody():
    scheduler = Scheduler(Batching())
    scheduler.add(job(1, 2.0, is_partial=True, is_patient=True))
    scheduler.add(job(2, 3.0))
    scheduler.add(job(3, 5.0))
    assert numbers(scheduler.take(1.0).batch) == [2]
    assert numbers(scheduler.take(2.5).batch) == [1]


def test_more_of_the_same_is_one_job_as_urgent_as_either():
    scheduler = Scheduler(Batching())
    scheduler.join(job(7, 2.0, came=0.0, is_partial=True, size=1.0))
    scheduler.join(job(7, 1.5, came=1.0, size=3.0))
    assert scheduler.take(0.0).batch == [job(7, 1.5, came=0.0, size=3.0)]
    assert len(scheduler) == 0


def test_who_has_gone_asks_for_nothing_but_an_end():
    scheduler = Scheduler(Batching(8))
    scheduler.add(job((1, 1)))
    scheduler.add(job((2, 1)))
    scheduler.add(job((1, 2), is_patient=True))
    scheduler.dismiss(1)
    assert sorted(numbers(scheduler.take(0.0).batch)) == [(1, 2), (2, 1)]


jobs = st.lists(st.tuples(st.floats(0, 10), st.booleans()), max_size=40)


@settings(deadline=None)
@given(jobs, st.integers(1, 8), st.integers(1, 20), st.floats(0, 10))
def test_every_request_meets_exactly_one_fate(asked, rows, limit, now):
    scheduler = Scheduler(Batching(rows), limit)
    fates = []
    for number, (deadline, is_partial) in enumerate(asked):
        fates += numbers(scheduler.add(job(number, deadline, is_partial=is_partial)))
        assert len(scheduler) <= limit
    while len(scheduler):
        turn = scheduler.take(now)
        assert len(turn.batch) <= rows
        assert len({each.lane for each in turn.batch}) <= 1
        fates += numbers(turn.batch) + numbers(turn.expired)
    assert sorted(fates) == list(range(len(asked)))


comings = st.lists(
    st.tuples(
        st.floats(0, 1),  # after the one before
        st.floats(0.05, 3),  # within
        st.sampled_from(Lane),
        st.floats(0, 30),  # size
        st.booleans(),  # patient
    ),
    max_size=60,
)


class Engine:
    """An engine in virtual time, which takes the same for every batch."""

    def __init__(self, batching, work):
        self.scheduler = Scheduler(batching, limit=1000)
        self.work = work
        self.now = 0.0
        self.answered = {}
        self.expired = {}
        self.batches = []

    def runs(self, until):
        while (start := self.now + self.scheduler.pause(self.now)) <= until:
            self.now = start
            waiting = list(self.scheduler._waiting.values())
            turn = self.scheduler.take(self.now)
            self.batches.append((self.now, turn.batch, waiting))
            for each in turn.expired:
                assert each.id not in self.expired
                self.expired[each.id] = self.now
            if turn.batch:
                self.now += self.work
            for each in turn.batch:
                assert each.id not in self.answered
                self.answered[each.id] = self.now
        self.now = max(self.now, until)


def run(asked, batching, work):
    engine = Engine(batching, work)
    came = 0.0
    jobs = {}
    for number, (after, within, lane, size, is_patient) in enumerate(asked):
        came += after
        engine.runs(came)
        jobs[number] = Job(number, None, came, came + within, lane, size, is_patient)
        engine.scheduler.add(jobs[number])
    engine.runs(came + 1000)
    return engine, jobs


batchings = st.builds(
    Batching, st.integers(1, 8), st.sampled_from([0.0, 0.01]), st.sampled_from([1.5, 2.0, math.inf])
)


@settings(deadline=None)
@given(comings, batchings, st.floats(0.01, 1))
def test_everything_is_answered_or_expires_once(asked, batching, work):
    engine, jobs = run(asked, batching, work)
    assert engine.answered.keys() | engine.expired.keys() == jobs.keys()
    assert not engine.answered.keys() & engine.expired.keys()
    for number in engine.expired:
        assert not jobs[number].is_patient
        assert engine.expired[number] >= jobs[number].deadline


@settings(deadline=None)
@given(comings, batchings, st.floats(0.01, 1))
def test_the_first_of_a_batch_is_the_most_urgent_and_the_rest_are_in_order(asked, batching, work):
    engine, _ = run(asked, batching, work)
    for now, batch, waiting in engine.batches:
        alive = [each for each in waiting if each.is_patient or each.deadline > now]
        if not alive:
            continue
        lane = min(each.lane_at(now) for each in alive)
        assert {each.lane_at(now) for each in batch} == {lane}
        ours = [each.deadline for each in alive if each.lane_at(now) is lane]
        assert batch[0].deadline == min(ours)
        deadlines = [each.deadline for each in batch]
        assert deadlines == sorted(deadlines)
        sizes = [max(each.size, batching.small) for each in batch]
        assert max(sizes) <= batching.likeness * min(sizes) * 1.000001
        assert len(batch) <= batching.rows


@settings(deadline=None)
@given(st.integers(1, 3), st.floats(0.05, 0.5))
def test_an_interim_step_is_not_starved_by_those_who_are_always_more_urgent(rivals, work):
    engine = Engine(Batching(), work)
    engine.scheduler.add(job(0, 1.0, is_partial=True, is_patient=True))
    number = 1
    while 0 not in engine.answered:
        for _ in range(rivals):
            engine.scheduler.add(job(number, engine.now + 0.2, is_patient=True))
            number += 1
        engine.runs(engine.now + work)
        # Before it go those that were due before it, and they came in the first 0.8 s.
        assert engine.now <= 1.0 + work * (2 + rivals * (0.8 / work + 1))
