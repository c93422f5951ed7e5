"""The machine is walked, not mocked."""

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kallglot import state as stored
from kallglot.lifecycle import (
    EDGES,
    PARTS,
    Active,
    Connecting,
    Created,
    Ended,
    Ending,
    Limits,
    Seat,
    StartParts,
    advance,
    detected,
    reconnect_deadline,
    restored,
)
from kallglot.messages import (
    AudioHeard,
    DeadlinePassed,
    EndSession,
    LanguageDetected,
    LegConnected,
    LegLost,
    PartFinished,
)

CUSTOMER = LegConnected("a", ("customer",))
AGENT = LegConnected("b", ("agent",))

MESSAGES = [
    CUSTOMER,
    AGENT,
    LegConnected("c", ()),
    AudioHeard("a"),
    LanguageDetected("customer", "de", 0.9),
    LegLost("a"),
    LegLost("b"),
    LegLost("c"),
    *(PartFinished(part) for part in sorted(PARTS)),
    DeadlinePassed(),
    EndSession("hangup"),
]


def play(*moves, state=None, now=0.0):
    """Return the state after `moves`, each a message or a number of seconds to wait."""
    state = state or Created(deadline=3600.0)
    effects = []
    for move in moves:
        if isinstance(move, int | float):
            now += move
        else:
            state, new = advance(state, move, now)
            effects.extend(new)
    return state, effects


def test_a_call_from_ring_to_hangup():
    state, effects = play(CUSTOMER, AudioHeard("a"), EndSession("hangup"))
    assert isinstance(state, Ending)
    assert effects[0] == StartParts()
    state, _ = play(*(PartFinished(part) for part in PARTS), state=state)
    assert state == Ended("hangup")


def test_nobody_ever_calls():
    state, _ = play(3600, DeadlinePassed())
    assert state == Ended("never_connected")


def test_a_leg_that_says_nothing_does_not_keep_the_session_for_ever():
    state, _ = play(CUSTOMER, LegLost("a"), 3599, CUSTOMER, 1, DeadlinePassed())
    assert state == Ended("never_connected")


def test_a_dropped_call_may_come_back_within_five_minutes():
    state, _ = play(CUSTOMER, AudioHeard("a"), LegLost("a"), 299)
    assert reconnect_deadline(state) == 300.0
    state, _ = play(LegConnected("a2", ("customer",)), DeadlinePassed(), state=state, now=299)
    assert state.seats == {Seat("a2", "customer")}
    assert reconnect_deadline(state) is None


def test_a_dropped_call_ends_after_five_minutes():
    state, _ = play(CUSTOMER, AudioHeard("a"), LegLost("a"), 300, DeadlinePassed())
    assert isinstance(state, Ending)
    assert state.reason == "not_reconnected"


def test_an_agent_left_alone_waits_five_minutes_too():
    state, _ = play(CUSTOMER, AGENT, AudioHeard("a"), LegLost("a"))
    assert reconnect_deadline(state) == 300.0


def test_the_window_does_not_start_anew_when_the_other_one_drops_too():
    state, _ = play(CUSTOMER, AGENT, AudioHeard("a"), LegLost("a"), 200, LegLost("b"))
    assert reconnect_deadline(state) == 300.0
    assert state.missing == {"customer", "agent"}


def test_three_who_lose_one_go_on():
    third = LegConnected("c", ("agent_2",))
    state, _ = play(CUSTOMER, AGENT, third, AudioHeard("a"), LegLost("c"))
    assert reconnect_deadline(state) is None
    state, _ = play(LegLost("b"), state=state)
    assert reconnect_deadline(state) == 300.0


def test_a_leg_that_is_replaced_leaves_nobody_missing():
    state, _ = play(
        CUSTOMER, AGENT, AudioHeard("a"), LegConnected("a2", ("customer",)), LegLost("a")
    )
    assert state.missing == frozenset()


def test_half_an_hour_without_audio_ends_a_session():
    state, _ = play(CUSTOMER, AudioHeard("a"), 1000, AudioHeard("a"), 1799, DeadlinePassed())
    assert isinstance(state, Active)
    state, _ = play(DeadlinePassed(), state=state, now=2800)
    assert state.reason == "inactivity"


def test_an_alarm_that_rings_early_is_ignored():
    before, _ = play(CUSTOMER, AudioHeard("a"), LegLost("a"))
    assert advance(before, DeadlinePassed(), now=10.0) == (before, ())


def test_ending_what_has_ended_changes_nothing():
    assert advance(Ended("hangup"), EndSession("again"), now=0.0) == (Ended("hangup"), ())


def test_a_part_that_hangs_does_not_keep_the_session_from_ending():
    state, _ = play(CUSTOMER, AudioHeard("a"), EndSession("x"), 30, DeadlinePassed())
    assert state == Ended("x")


def test_a_server_that_comes_back_waits_for_those_who_were_connected():
    before, _ = play(CUSTOMER, AGENT, AudioHeard("a"))
    after = restored(before, now=1000.0)
    assert after.missing == {"customer", "agent"}
    assert reconnect_deadline(after) == 1300.0


def test_a_server_that_comes_back_does_not_open_the_window_anew():
    before, _ = play(CUSTOMER, AudioHeard("a"), LegLost("a"))
    assert reconnect_deadline(restored(before, now=200.0)) == 300.0


def test_whose_language_was_heard_is_known_after_a_loss_and_to_the_next_server():
    heard = LanguageDetected("customer", "de", 0.9)
    state, _ = play(CUSTOMER, AGENT, AudioHeard("a"), heard, LegLost("a"))
    again = restored(stored.load(stored.dump(state)), now=10.0)
    assert detected(again) == {"customer"}
    assert detected(Created(deadline=10.0)) == frozenset()


def walk():
    """Yield every (state, next state) that can be reached, with time both standing and passing."""
    seen, frontier = set(), [Created(deadline=10.0)]
    while frontier:
        state = frontier.pop()
        if state in seen:
            continue
        seen.add(state)
        for message in MESSAGES:
            for now in (0.0, 1e9):
                after = advance(state, message, now).state
                yield state, after
                if now == 0.0 or not isinstance(after, Active | Connecting):
                    frontier.append(after)


def test_the_table_tells_the_truth():
    found = {state: set() for state in EDGES}
    for before, after in walk():
        if type(before) is not type(after):
            found[type(before)].add(type(after))
    assert found == {state: set(after) for state, after in EDGES.items()}


def test_every_state_but_the_last_has_a_way_out_by_time():
    for before, _ in walk():
        assert isinstance(before, Ended) or before.deadline is not None


def test_states_survive_the_store():
    for _, state in walk():
        assert stored.load(stored.dump(state)) == state


moves = st.lists(st.one_of(st.sampled_from(MESSAGES), st.floats(0, 4000)), max_size=60)


@given(moves)
def test_whatever_happens_a_session_ends_once_its_time_has_come(moves):
    state, _ = play(*moves)
    now = sum(move for move in moves if isinstance(move, int | float))
    for _ in range(3):
        if state.deadline is not None:
            now = max(now, state.deadline)
            state, _ = advance(state, DeadlinePassed(), now)
    assert isinstance(state, Ended)


@given(moves, st.floats(0, 1e6))
def test_whatever_happened_a_state_can_be_restored(moves, later):
    state, _ = play(*moves)
    again = restored(stored.load(stored.dump(state)), later, Limits())
    assert again.status == state.status or isinstance(state, Connecting)
    if isinstance(again, Active):
        assert again.is_waiting
        assert again.missing >= {s.participant for s in state.seats if s.participant}
        assert attrs.asdict(again)
