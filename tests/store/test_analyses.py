from __future__ import annotations

import sqlite3

import aiosqlite
import attrs
import pytest

from kallglot.analysis.measures import LanguageShare, Measures, SpeakerShare
from kallglot.model.agent import Agent, Profile, Tool
from kallglot.model.analysis import Analysis, Inquiry
from kallglot.model.session import Mode, Participant, Session, Status
from kallglot.store import schema
from kallglot.store import usage as stored_usage
from kallglot.store.paging import Page
from kallglot.store.usage import Period
from kallglot.webhooks.events import AnalysisCompleted, event_of
from tests.fakes.clock import START

pytestmark = pytest.mark.real_time

MEASURES = Measures(
    4,
    2,
    0,
    None,
    1,
    6.5,
    0.0,
    0.9,
    (SpeakerShare("customer", 1, 4, 2.0, 100, 0, None),),
    (LanguageShare("de", 4),),
)


async def spells_of(store, organization, since=0.0, until=START * 2):
    period = Period(organization, "live", since, until)
    return [each async for some in store.usage.spells(period) for each in some]


async def test_an_analysis_is_kept_with_what_came_of_it(store, session):
    inquiry = Inquiry(("summary", "quality"), prompts={"summary": "Be brief."}, webhook_url="u")
    analysis = Analysis("anl_1", session.id, inquiry, START)
    await store.analyses.add(analysis)
    assert await store.analyses.get("anl_1") == analysis
    assert await store.analyses.underway() == ["anl_1"]
    done = attrs.evolve(
        analysis, status="completed", measures=MEASURES, error="no summary", completed_at=START + 1
    )
    event = event_of(AnalysisCompleted(session, {"id": "anl_1"}), START + 1)
    await store.analyses.finish(done, events=[event])
    assert await store.analyses.get("anl_1") == done
    assert await store.analyses.underway() == []
    assert [each.type for each in await store.events.after(0)] == ["analysis.complete"]


async def test_an_agent_is_kept_as_it_is(store, organization):
    tool = Tool("look_up", "Looks up.", {"type": "object"})
    profile = Profile("Ada", "Be kind.", "nova", ("de",), 0.2, "kb_1", (tool,), {"a": [1, None]})
    agent = Agent("agt_1", organization, "live", profile, START, START)
    await store.agents.put(agent)
    assert await store.agents.get("agt_1") == agent
    assert (await store.agents.page(organization, "test", Page())).items == []
    await store.agents.remove("agt_1")
    assert await store.agents.get("agt_1") is None


async def test_saving_a_session_leaves_the_metadata_that_were_changed_meanwhile(store, session):
    assert await store.sessions.change_metadata(session.id, None, {"a": [1, None, {"b": 2.0}]})
    assert not await store.sessions.change_metadata(session.id, None, {"ticket": 8})
    await store.sessions.save(attrs.evolve(session, status=Status.ACTIVE), {})
    kept = await store.sessions.get(session.id)
    assert (kept.status, kept.metadata) == (Status.ACTIVE, {"a": [1, None, {"b": 2.0}]})


async def test_what_was_used_is_read_in_batches_and_in_full(store, organization, monkeypatch):
    monkeypatch.setattr(stored_usage, "BATCH", 3)
    people = (Participant("customer", "customer", "de"), Participant("agent", "agent", "en"))
    for number in range(10):
        ended_at = None if number % 4 == 0 else START + 100
        await store.sessions.add(
            Session(
                f"sess_{number}",
                organization,
                Mode.BIDIRECTIONAL,
                people,
                START,
                started_at=START + number,
                ended_at=ended_at,
            )
        )
    found = await spells_of(store, organization)
    assert sorted(each.session_id for each in found) == [f"sess_{n}" for n in range(10)]
    assert len(await spells_of(store, organization, since=START + 100)) == 3
    assert len(await spells_of(store, organization, until=START + 5)) == 5


async def test_what_a_deleted_session_used_stays_and_nothing_else_of_it(store, organization):
    people = (
        Participant("customer", "customer", "de", "Ada Lovelace"),
        Participant("agent", "agent", "en"),
    )
    session = Session(
        "sess_1",
        organization,
        Mode.BIDIRECTIONAL,
        people,
        START,
        metadata={"ticket": 7},
        started_at=START + 1,
        ended_at=START + 61,
    )
    await store.sessions.add(session)
    (before,) = await spells_of(store, organization)
    await store.sessions.remove("sess_1")
    assert await spells_of(store, organization) == [before]
    (row,) = await store._database.read("SELECT * FROM past_usage")
    assert "Ada" not in str(tuple(row))
    page = await store.usage.page(Period(organization, "live", 0, START * 2), Page())
    assert page.items == []


async def test_keys_that_could_open_sessions_may_keep_agents():
    scripts = schema.scripts()
    before = next(at for at, script in enumerate(scripts) if "CREATE TABLE agents" in script)
    connection = await aiosqlite.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    await schema.migrate(connection, scripts[:before])
    await connection.execute("INSERT INTO organizations (id, name, created_at) VALUES ('o', '', 0)")
    for name, scopes in (
        ("all", '["sessions:read","sessions:write"]'),
        ("reads", '["recordings:read","sessions:read"]'),
        ("other", '["webhooks:manage"]'),
        ("none", "[]"),
    ):
        await connection.execute(
            "INSERT INTO keys (id, organization_id, name, environment, hash, hint, scopes,"
            " created_at) VALUES (?, 'o', '', 'live', ?, '', ?, 0)",
            (name, name.encode(), scopes),
        )
    await schema.migrate(connection, scripts)
    rows = await connection.execute_fetchall("SELECT id, scopes FROM keys ORDER BY id")
    await connection.close()
    assert {row["id"]: row["scopes"] for row in rows} == {
        "all": '["agents:read","agents:write","sessions:read","sessions:write"]',
        "none": "[]",
        "other": '["webhooks:manage"]',
        "reads": '["agents:read","recordings:read","sessions:read"]',
    }
