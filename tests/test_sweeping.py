from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kallglot.model.retention import DAY, Retention
from kallglot.sweeping import FoundFile, Part, is_sound, orphans, part_due

NOW = 1_000_000.0


def test_an_organization_has_its_own_rules_where_it_has_settled_them():
    server = Retention(30, 0, 30)
    assert Retention().over(server) == server
    assert Retention(recording_days=7, event_days=0).over(server) == Retention(7, 0, 0)


def test_what_is_kept_for_ever_is_never_due():
    for_ever = Retention(0, 0, 0)
    assert for_ever.recording_expires(NOW) is None
    assert for_ever.transcripts_until(NOW) is None
    assert for_ever.events_until(NOW) is None


def test_a_day_is_a_day():
    kept = Retention(1, 2, 3)
    assert kept.recording_expires(NOW) == NOW + DAY
    assert kept.transcripts_until(NOW) == NOW - 2 * DAY
    assert kept.events_until(NOW) == NOW - 3 * DAY


def test_a_file_that_is_nobodys_for_a_day_is_an_orphan():
    found = [
        FoundFile("recordings/a/mixed.wav", NOW - 2 * DAY),
        FoundFile("recordings/a/mixed.wav.part", NOW - 2 * DAY),
        FoundFile("recordings/b/agent.wav", NOW - DAY / 2),
    ]
    assert orphans(found, {"recordings/a/mixed.wav"}, NOW) == ["recordings/a/mixed.wav.part"]


def test_what_is_no_sound_is_not_ours_to_delete():
    assert is_sound("mixed.wav")
    assert is_sound("mixed.wav.part")
    assert not is_sound("notes.txt")


def test_the_events_go_on_being_due_until_one_is_not():
    assert part_due([], NOW) == Part([], goes_on=False)
    assert part_due([(1, NOW - 1), (2, NOW)], NOW) == Part([1, 2], goes_on=True)
    assert part_due([(1, NOW - 1), (2, NOW + 1)], NOW) == Part([1], goes_on=False)


@given(st.lists(st.floats(0, 100)), st.floats(0, 100))
def test_nothing_that_is_young_is_due(times, until):
    events = list(enumerate(times))
    part = part_due(events, until)
    assert [times[position] <= until for position in part.positions] == [True] * len(part.positions)
    assert {position for position, at in events if at <= until} == set(part.positions)
