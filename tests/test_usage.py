"""What sessions used: time from the first audio to the end, cut where a period ends."""

from __future__ import annotations

import datetime as dt

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.model.session import Mode, Participant, Session
from kallglot.usage import Period, Spell, Usage, added, is_translated, periods, spell, used

DAY = 86_400.0


def at(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()


def active(start: float, end: float | None, **more) -> Spell:
    return attrs.evolve(Spell("sess_1", start, end, is_translated=True, has_agent=False), **more)


def people(*languages):
    return tuple(Participant(f"p{n}", "agent", each) for n, each in enumerate(languages))


def test_time_counts_from_the_first_audio_to_the_end_on_hold_or_not():
    assert used(active(100, 700), 0, 1000, now=5000) == Usage(1, 600, 600, 0)


def test_a_session_that_goes_on_counts_up_to_now():
    assert used(active(100, None), 0, 1000, now=400).active == 300
    assert used(active(100, None), 0, 300, now=400).active == 200
    assert used(active(100, None), 0, 300, now=50) == Usage()  # a clock that was put back


def test_a_session_that_never_heard_anything_used_nothing():
    session = Session("sess_1", "org_1", Mode.BIDIRECTIONAL, people("de", "en"), created_at=1.0)
    assert spell(session) is None
    begun = attrs.evolve(session, started_at=5.0, ended_at=9.0)
    assert spell(begun) == active(5.0, 9.0)
    with_agent = spell(attrs.evolve(begun, mode=Mode.AI_AGENT))
    assert (with_agent.is_translated, with_agent.has_agent) == (False, True)


@pytest.mark.parametrize(
    ("mode", "languages", "expected"),
    [
        (Mode.BIDIRECTIONAL, ("de", "en"), True),
        (Mode.ASSISTIVE, ("de", None), True),
        (Mode.BIDIRECTIONAL, (None, None), True),
        (Mode.BIDIRECTIONAL, ("de", "de"), False),
        (Mode.AI_AGENT, ("de", "en"), False),
    ],
)
def test_translation_counts_unless_all_are_known_to_speak_the_same(mode, languages, expected):
    assert is_translated(mode, people(*languages)) is expected


def test_months_are_as_long_as_they_are_and_the_edges_are_cut():
    found = list(periods(at("2028-01-31T12:00:00"), at("2028-03-01T00:00:00"), "month"))
    assert found == [
        Period("2028-01", at("2028-01-31T12:00:00"), at("2028-02-01T00:00:00")),
        Period("2028-02", at("2028-02-01T00:00:00"), at("2028-03-01T00:00:00")),
    ]


def test_a_session_over_midnight_is_on_both_days_and_on_each_with_its_part():
    since, until = at("2026-04-01T00:00:00"), at("2026-04-04T00:00:00")
    within = list(periods(since, until, "day"))
    late = active(at("2026-04-01T23:50:00"), at("2026-04-02T00:20:00"))
    sums = added([Usage()] * 3, [late], within, now=until)
    assert [(each.sessions, each.active) for each in sums] == [(1, 600), (1, 1200), (0, 0)]


@given(
    st.lists(
        st.tuples(st.floats(0, 40 * DAY), st.none() | st.floats(0, 5 * DAY), st.booleans()),
        max_size=20,
    ),
    st.floats(0, 30 * DAY),
    st.floats(0, 12 * DAY),
    st.sampled_from(["day", "month"]),
)
def test_the_parts_add_up_to_the_whole(sessions, since, length, unit):
    until, now = since + length, 35 * DAY
    spells = [
        active(start, None if lasts is None else start + lasts, is_translated=is_translated)
        for start, lasts, is_translated in sessions
    ]
    within = list(periods(since, until, unit))
    sums = sum(added([Usage()] * len(within), spells, within, now), Usage())
    whole = sum((used(each, since, until, now) for each in spells), Usage())
    assert sums.active == pytest.approx(whole.active)
    assert sums.translated == pytest.approx(whole.translated)
    assert whole.sessions <= sums.sessions
