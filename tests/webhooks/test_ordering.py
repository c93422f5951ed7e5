"""Whatever happens to whom and when: nothing is lost, and nothing of a session overtakes."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.breaker import Patience
from kallglot.model.webhook import Errand
from kallglot.webhooks.ordering import Rounds

PATIENCE = Patience(failures=3, shortest=10.0, longest=60.0)


def errand(number, endpoint="wh_1", lane=None, due_at=0.0):
    name = f"wh_del_{number}"
    return Errand(name, endpoint, lane or name, 0.0, due_at, 0, 0, b"{}")


def many(count, endpoint="wh_1"):
    return [errand(f"{endpoint}_{number}", endpoint) for number in range(count)]


def test_so_many_go_at_once_and_no_more():
    rounds = Rounds(PATIENCE, at_an_endpoint=4)
    started = rounds.start("wh_1", many(10), 0.0)
    assert len(started) == 4
    assert rounds.room("wh_1", 0.0) == 0
    rounds.done(started[0], 0.0, is_success=True)
    assert rounds.room("wh_1", 0.0) == 1


def test_what_is_not_due_yet_does_not_go():
    rounds = Rounds(PATIENCE)
    assert rounds.start("wh_1", [errand(1, due_at=5.0)], 4.9) == []
    assert rounds.start("wh_1", [errand(1, due_at=5.0)], 5.0) != []


def test_of_a_lane_one_goes_at_a_time():
    rounds = Rounds(PATIENCE)
    first, second = errand(1, lane="sess_1"), errand(2, lane="sess_1")
    assert rounds.start("wh_1", [first, second], 0.0) == [first]
    assert rounds.start("wh_1", [first, second], 0.0) == []
    rounds.look()
    rounds.done(first, 0.0, is_success=True)
    assert rounds.start("wh_1", [first, second], 0.0) == [second]


def test_what_came_out_while_somebody_looked_is_not_what_they_saw():
    rounds = Rounds(PATIENCE)
    (first,) = rounds.start("wh_1", [errand(1)], 0.0)
    rounds.look()
    rounds.done(first, 0.0, is_success=True)
    assert rounds.start("wh_1", [first], 0.0) == []
    rounds.look()
    assert rounds.start("wh_1", [first], 0.0) == [first]


def test_those_that_take_up_everything_leave_one_for_everybody():
    rounds = Rounds(PATIENCE, at_an_endpoint=8, altogether=16)
    for endpoint in ("wh_1", "wh_2"):
        assert len(rounds.start(endpoint, many(100, endpoint), 0.0)) == 8
    for endpoint in ("wh_3", "wh_4"):
        assert len(rounds.start(endpoint, many(100, endpoint), 0.0)) == 1
    assert rounds.room("wh_3", 0.0) == 0


def test_one_that_keeps_failing_is_tried_with_one_now_and_then():
    rounds = Rounds(PATIENCE)
    for one in rounds.start("wh_1", many(3), 0.0):
        rounds.done(one, 0.0, is_success=False)
    assert rounds.room("wh_1", 5.0) == 0
    assert rounds.closed_until("wh_1") == 10.0
    assert rounds.room("wh_2", 5.0) > 1
    rounds.look()
    (probe,) = rounds.start("wh_1", many(50), 10.0)
    assert rounds.room("wh_1", 11.0) == 0
    rounds.done(probe, 11.0, is_success=True)
    assert rounds.room("wh_1", 11.0) == 32


def test_nothing_is_remembered_of_those_that_answer():
    rounds = Rounds(PATIENCE)
    for number in range(1000):
        rounds.look()
        (one,) = rounds.start(f"wh_{number}", [errand(number, f"wh_{number}")], 0.0)
        rounds.done(one, 0.0, is_success=True)
    assert rounds.underway == 0
    assert [len(known) for known in vars(rounds).values() if isinstance(known, dict)] == [0, 0]


@attrs.define
class Kept:
    """The store in short: what is pending, a queue for each lane of each endpoint."""

    lanes: dict = attrs.field(factory=lambda: defaultdict(list))
    due_at: dict = attrs.field(factory=dict)
    told: dict = attrs.field(factory=lambda: defaultdict(list))

    def add(self, one: Errand) -> None:
        self.lanes[one.endpoint_id, one.lane].append(one)

    def next(self, endpoint: str, limit: int) -> list[Errand]:
        heads = [
            attrs.evolve(lane[0], due_at=self.due_at.get(lane[0].id, 0.0))
            for (owner, _), lane in self.lanes.items()
            if owner == endpoint and lane
        ]
        return sorted(heads, key=lambda head: head.due_at)[:limit]

    def settle(self, one: Errand) -> None:
        lane = self.lanes[one.endpoint_id, one.lane]
        assert lane[0].id == one.id
        del lane[0]
        self.told[one.endpoint_id, one.lane].append(one.id)


@settings(max_examples=200)
@given(
    events=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=40),
    outcomes=st.lists(st.booleans(), max_size=120),
    data=st.data(),
)
def test_everything_is_told_once_in_order_however_attempts_come_out(events, outcomes, data):
    kept, rounds = Kept(), Rounds(PATIENCE, at_an_endpoint=3, altogether=5)
    for number, (endpoint, lane) in enumerate(events):
        kept.add(errand(number, f"wh_{endpoint}", f"sess_{lane}"))
    expected = {key: [one.id for one in lane] for key, lane in kept.lanes.items()}
    luck, underway, now = itertools.chain(outcomes, itertools.repeat(True)), [], 0.0
    for _ in range(2000):
        rounds.look()
        seen = {f"wh_{n}": kept.next(f"wh_{n}", rounds.window(f"wh_{n}", now)) for n in range(3)}
        if underway and data.draw(st.booleans(), "something comes out meanwhile"):
            come_out(kept, rounds, underway.pop(0), now, next(luck))
        for endpoint, offered in seen.items():
            underway += rounds.start(endpoint, offered, now)
        at_once = Counter((one.endpoint_id, one.lane) for one in underway)
        assert all(count == 1 for count in at_once.values())
        assert max(Counter(one.endpoint_id for one in underway).values(), default=0) <= 3
        assert len(underway) <= 5 + 2
        if underway:
            which = data.draw(st.integers(0, len(underway) - 1), "which comes out")
            come_out(kept, rounds, underway.pop(which), now, next(luck))
        elif not any(kept.lanes.values()):
            break
        else:
            now += 5.0
    assert kept.told == expected


def come_out(kept, rounds, one, now, is_success):
    rounds.done(one, now, is_success=is_success)
    if is_success:
        kept.settle(one)
    else:
        kept.due_at[one.id] = now + 7.0
