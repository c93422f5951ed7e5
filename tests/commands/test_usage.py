"""What was used, on the command line."""

from __future__ import annotations

import attrs
import pytest

from kallglot.model.session import Mode, Participant, Session
from tests.fakes.clock import START

pytestmark = pytest.mark.real_time


@pytest.fixture
async def used(running_server):
    store = running_server.server.store
    (organization,) = await store.organizations.all()
    people = (Participant("customer", "customer", "de"), Participant("agent", "agent", "en"))
    session = Session(
        "sess_01KN000000000000000000000A",
        organization.id,
        Mode.BIDIRECTIONAL,
        people,
        START,
        started_at=START,
        ended_at=START + 90,
    )
    await store.sessions.add(session)
    await store.sessions.add(attrs.evolve(session, id="sess_01KN000000000000000000000B"))


async def usage(running_server, *words):
    server = ("--url", running_server.server.url, "--api-key", running_server.key)
    return await running_server.kallglot("usage", *server, *words)


async def test_what_was_used_is_shown_by_day_with_the_sum(running_server, used):
    time = ("--since", "2026-04-01", "--until", "2026-04-02")
    result = await usage(running_server, *time)
    assert result.exit_code == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["SESSIONS", "ACTIVE", "TRANSLATION", "AGENT"]
    assert lines[1] == ["2026-04-01", "2", "3.0", "min", "3.0", "min", "0.0", "min"]
    assert lines[2][:2] == ["total", "2"]


async def test_every_session_is_shown_however_many_pages_it_takes(
    running_server, used, monkeypatch
):
    monkeypatch.setattr("kallglot.commands.usage.PAGE", "1")
    time = ("--since", "2026-04-01", "--until", "2026-04-02")
    result = await usage(running_server, *time, "--by", "session")
    names = [line.split()[0] for line in result.stdout.splitlines()[1:]]
    assert [name[-1] for name in names] == ["B", "A", "l"]


async def test_what_was_used_is_a_table_for_a_spreadsheet(running_server, used):
    result = await usage(running_server, "--since", "2026-04-01", "--until", "2026-04-02", "--csv")
    head, row = result.stdout.splitlines()
    assert head.startswith("name,started_at,ended_at,sessions,active_seconds")
    assert row.startswith("2026-04-01,2026-04-01T00:00:00Z,2026-04-02T00:00:00Z,2,180.0,3.0")


async def test_a_time_that_is_none_is_refused_in_one_line(running_server):
    result = await usage(running_server, "--since", "tomorrow")
    assert result.exit_code == 1
    assert "from must be ISO 8601" in result.stderr
