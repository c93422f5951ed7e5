from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.pressure import Level, Pressure, PressurePolicy
from kallglot.speech.load import Load

POLICY = PressurePolicy()


class Server:
    """A server that is looked at twice a second."""

    def __init__(self):
        self.pressure = Pressure()
        self.now = 100.0
        self.levels = [Level.NORMAL]

    def goes_on(self, seconds, engine="transcriber", **load):
        for _ in range(round(seconds * 2)):
            self.now += 0.5
            self.levels.append(self.pressure.look({engine: Load(**load)}, self.now))
        return self.levels[-1]


def test_an_idle_server_takes_everybody():
    assert Server().goes_on(60) is Level.NORMAL


def test_a_moment_of_work_refuses_nobody():
    server = Server()
    for _ in range(20):
        assert server.goes_on(1.5, age=3.0) is Level.NORMAL
        assert server.goes_on(1.0) is Level.NORMAL


def test_a_queue_that_stays_long_lets_nobody_in_and_is_forgiven_when_it_has_been_short():
    server = Server()
    assert server.goes_on(5, age=0.6) is Level.REFUSE
    assert server.goes_on(60, age=0.3) is Level.REFUSE  # better, and not well
    assert server.goes_on(19, age=0.1) is Level.REFUSE
    assert server.goes_on(2, age=0.1) is Level.NORMAL


def test_answers_that_come_too_late_let_nobody_in_and_cost_nobody_their_translation():
    assert Server().goes_on(600, age=0.1, missed=1.0) is Level.REFUSE


def test_what_gets_worse_is_given_up_step_by_step_and_comes_back_step_by_step():
    server = Server()
    server.goes_on(60, age=5.0)
    server.goes_on(60, age=0.1)
    steps = [new for old, new in zip(server.levels, server.levels[1:], strict=False) if old != new]
    up = [Level.REFUSE, Level.CAPTIONS_ONLY, Level.BRIDGE]
    assert steps == [*up, Level.CAPTIONS_ONLY, Level.REFUSE, Level.NORMAL]


def test_who_cannot_speak_can_still_show():
    server = Server()
    assert server.goes_on(60, engine="synthesiser", age=20.0) is Level.CAPTIONS_ONLY
    assert server.goes_on(60, engine="synthesiser") is Level.NORMAL


def test_time_that_nobody_saw_counts_for_nothing():
    pressure = Pressure()
    for now in (0.0, 10.0, 20.0, 30.0):
        assert pressure.look({"translator": Load(age=9.0)}, now) is Level.NORMAL


ages = st.floats(0, 8, allow_nan=False)
shares = st.floats(0, 1, allow_nan=False)
looks = st.lists(
    st.tuples(st.sampled_from([0.25, 0.5, 1.0, 6.0]), ages, shares, ages, shares), max_size=120
)


@settings(deadline=None, max_examples=300)
@given(looks)
def test_more_load_never_leads_to_a_milder_level(looks):
    less, more = Pressure(), Pressure()
    now = 0.0
    for step, age, missed, further, worse in looks:
        now += step
        light = {"translator": Load(age=age, missed=missed)}
        heavy = {"translator": Load(age=age + further, missed=min(1.0, missed + worse))}
        assert less.look(light, now) <= more.look(heavy, now)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.floats(0.1, 8), ages, shares), max_size=200))
def test_no_level_is_left_and_taken_again_faster_than_its_calm(looks):
    pressure = Pressure()
    now, taken, left = 0.0, {}, {}
    for step, age, missed in looks:
        now += step
        before = pressure.level
        after = pressure.look({"translator": Load(age=age, missed=missed)}, now)
        for level, policy in zip(list(Level)[1:], POLICY.steps, strict=True):
            if before < level <= after:
                assert now - left.get(level, -99) >= policy.rise
                taken[level] = now
            if after < level <= before:
                assert now - taken[level] >= policy.calm
                left[level] = now


@settings(deadline=None)
@given(looks)
def test_whatever_was_it_recovers_by_itself(looks):
    pressure = Pressure()
    now = 0.0
    for step, age, missed, *_ in looks:
        now += step
        pressure.look({"translator": Load(age=age, missed=missed)}, now)
    for _ in range(100):
        now += 0.5
        pressure.look({"translator": Load(age=0.1)}, now)
    assert pressure.level is Level.NORMAL
