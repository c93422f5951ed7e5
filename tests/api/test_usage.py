"""What sessions used, by session and by period."""

from __future__ import annotations

import csv
import io

import attrs
import pytest

from kallglot.model.session import Mode, Participant, Session
from tests.fakes.clock import START

pytestmark = pytest.mark.real_time

HOUR = 3600.0
DAY = 86_400.0


async def error_of(response) -> dict:
    return (await response.json())["error"]


@pytest.fixture
async def sessions(store, organization, clock):
    """A call over midnight, one in one language, and one that goes on."""
    people = (Participant("customer", "customer", "de"), Participant("agent", "agent", "en"))
    midnight = START + 15 * HOUR
    first = Session(
        "sess_01KN000000000000000000000A",
        organization,
        Mode.BIDIRECTIONAL,
        people,
        START,
        started_at=midnight - 600,
        ended_at=midnight + 300,
    )
    same = (people[0], attrs.evolve(people[1], language="de"))
    second = attrs.evolve(
        first,
        id="sess_01KN000000000000000000000B",
        participants=same,
        started_at=START + DAY,
        ended_at=START + DAY + 90,
    )
    third = attrs.evolve(
        first,
        id="sess_01KN000000000000000000000C",
        started_at=START + 2 * DAY - 60,
        ended_at=None,
    )
    for session in (first, second, third):
        await store.sessions.add(session)
    clock.now = START + 2 * DAY
    return [first.id, second.id, third.id]


async def test_a_session_says_what_it_has_used(api, sessions):
    usage = await (await api.get(f"/v1/sessions/{sessions[0]}/usage")).json()
    assert usage == {
        "object": "usage",
        "session_id": sessions[0],
        "started_at": "2026-04-01T23:50:00Z",
        "ended_at": "2026-04-02T00:05:00Z",
        "active_seconds": 900.0,
        "active_minutes": 15.0,
        "translation_minutes": 15.0,
        "agent_minutes": 0.0,
    }
    goes_on = await (await api.get(f"/v1/sessions/{sessions[2]}/usage")).json()
    assert (goes_on["active_seconds"], goes_on["ended_at"]) == (60.0, None)


async def test_a_session_that_nobody_called_used_nothing(api):
    made = await api.create()
    path = f"/v1/sessions/{made['id']}"
    await api.post(f"{path}/end")
    usage = await (await api.get(f"{path}/usage")).json()
    assert (usage["active_seconds"], usage["started_at"]) == (0.0, None)
    assert usage["ended_at"] is not None


async def test_usage_by_day_is_cut_at_midnight_and_adds_up(api, sessions):
    report = await (await api.get("/v1/usage?from=2026-04-01T00:00:00Z")).json()
    assert report["object"] == "usage_report"
    assert (report["period_start"], report["period_end"]) == (
        "2026-04-01T00:00:00Z",
        "2026-04-03T09:00:00Z",
    )
    days = [(row["name"], row["sessions"], row["active_seconds"]) for row in report["data"]]
    assert days == [
        ("2026-04-01", 1, 600.0),
        ("2026-04-02", 2, 390.0),
        ("2026-04-03", 1, 60.0),
    ]
    assert report["total"] == {
        "sessions": 3,
        "active_seconds": 1050.0,
        "active_minutes": 17.5,
        "translation_minutes": 16.0,
        "agent_minutes": 0.0,
    }


async def test_usage_by_month_begins_with_this_month_by_default(api, sessions):
    report = await (await api.get("/v1/usage?group_by=month")).json()
    assert [(row["name"], row["active_minutes"]) for row in report["data"]] == [("2026-04", 17.5)]
    assert report["data"][0]["started_at"] == "2026-04-01T00:00:00Z"


async def test_usage_by_session_comes_in_pages_and_counts_what_falls_into_the_time(api, sessions):
    path = "/v1/usage?group_by=session&from=2026-04-02&limit=2"
    first = await (await api.get(path)).json()
    assert [row["name"] for row in first["data"]] == [sessions[2], sessions[1]]
    assert first["has_more"]
    rest = await (await api.get(f"{path}&starting_after={sessions[1]}")).json()
    assert [(row["name"], row["active_seconds"]) for row in rest["data"]] == [(sessions[0], 300.0)]
    assert rest["total"] == first["total"]
    assert rest["total"]["active_seconds"] == 450.0


@pytest.mark.parametrize(
    ("query", "accept", "rows"),
    [("format=csv", "*/*", 3), ("", "text/csv", 3), ("group_by=session", "text/csv", 3)],
)
async def test_usage_is_a_table_for_who_asks_for_one(api, sessions, query, accept, rows):
    response = await api.get(f"/v1/usage?{query}", headers={"Accept": accept})
    assert response.content_type == "text/csv"
    table = list(csv.DictReader(io.StringIO(await response.text())))
    assert len(table) == rows
    assert sum(float(row["active_minutes"]) for row in table) == pytest.approx(17.5, abs=0.001)


async def test_nobody_sees_what_another_used_nor_a_live_key_what_a_test_key_did(
    api, stranger, store, clock, sessions
):
    assert (await stranger.get(f"/v1/sessions/{sessions[0]}/usage")).status == 404
    assert (await (await stranger.get("/v1/usage")).json())["total"]["sessions"] == 0
    test = await store.keys.create(api.key.organization_id, clock(), environment="test")
    report = await api.get("/v1/usage", headers={"Authorization": f"Bearer {test.text}"})
    assert (await report.json())["total"]["sessions"] == 0


async def test_a_deleted_session_is_still_in_the_sum(api, store, sessions):
    await store.sessions.remove(sessions[0])
    report = await (await api.get("/v1/usage?group_by=session")).json()
    assert sessions[0] not in [row["name"] for row in report["data"]]
    assert report["total"]["active_minutes"] == 17.5


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("from=yesterday", "from"),
        ("from=2026-05-01", "from"),
        ("from=2026-04-02&to=2026-04-01", "from"),
        ("from=1970-01-01", "from"),
        ("from=1970-01-01&group_by=month", "from"),
        ("to=nan", "to"),
        ("group_by=week", "group_by"),
        ("format=xml", "format"),
        ("group_by=session&starting_after=x", "starting_after"),
        ("limit=101", "limit"),
    ],
)
async def test_the_time_must_be_one_that_can_be_looked_at(api, sessions, query, param):
    response = await api.get(f"/v1/usage?{query}")
    error = await error_of(response)
    assert (response.status, error["param"]) == (422, param)
