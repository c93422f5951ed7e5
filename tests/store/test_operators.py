from __future__ import annotations

import asyncio
import sqlite3

import attrs
import pytest

from kallglot.errors import IllegalMove, NotAllowed, RateLimited
from kallglot.model.organization import Quotas, Standing, month_of
from kallglot.model.session import Status
from kallglot.store import Store, schema
from kallglot.store.audit import COMMAND_LINE, SERVER, Actor, note
from kallglot.store.database import Statement
from kallglot.store.organizations import refunding, seating, spending
from kallglot.store.paging import Page
from tests.fakes.clock import START

pytestmark = pytest.mark.real_time


async def test_a_write_that_must_change_something_is_all_or_nothing(store, organization):
    database = store._database
    renaming = Statement("UPDATE organizations SET name = 'Renamed' WHERE id = ?", (organization,))
    must = Statement(
        "UPDATE organizations SET name = 'x' WHERE id = 'nobody'", otherwise=IllegalMove("no")
    )
    others = [database.write(renaming), database.write(renaming, must), database.write(renaming)]
    first, refused, last = await asyncio.gather(*others, return_exceptions=True)
    assert (first, last) == ([1], [1])
    assert isinstance(refused, IllegalMove)
    with pytest.raises(IllegalMove):
        await database.write(note(SERVER, "x.y", "z", START, None), must)
    assert (await store.audit.page(None, Page(), action="x.y")).items == []


async def test_credits_are_spent_once_each_and_not_beyond(store, organization):
    standing = Standing(quotas=Quotas(api_credits=3))

    async def spend() -> bool:
        await store._database.write(*spending(organization, standing, START))
        return True

    spent = await asyncio.gather(*(spend() for _ in range(10)), return_exceptions=True)
    assert spent.count(True) == 3
    refusals = [each for each in spent if isinstance(each, NotAllowed)]
    assert [each.code for each in refusals] == ["insufficient_api_credits"] * 7
    assert await store.organizations.credits_used(organization, START) == 3
    await store._database.write(*refunding(organization, standing, START))
    assert await spend()
    assert await store.organizations.credits_used(organization, START + 31 * 86_400) == 0


def test_a_month_begins_in_utc():
    assert month_of(START) == "2026-04"
    assert month_of(1_777_593_599) == "2026-04"
    assert month_of(1_777_593_600) == "2026-05"


async def test_only_living_sessions_of_the_organization_are_counted(store, session):
    standing = Standing(quotas=Quotas(max_concurrent_sessions=1))
    another = attrs.evolve(session, id="sess_2")
    with pytest.raises(RateLimited):
        await store.sessions.add(another, also=seating(session.organization_id, standing))
    assert await store.sessions.get("sess_2") is None
    await store.sessions.save(attrs.evolve(session, status=Status.ENDED), None)
    await store.sessions.add(another, also=seating(session.organization_id, standing))
    assert await store.sessions.get("sess_2") == another


async def test_what_a_key_does_is_seen_at_once_and_written_later(tmp_path):
    store = await Store.open(tmp_path)
    owner = await store.organizations.add("Example", START)
    made = await store.keys.create(owner.id, START)
    await store.keys.authenticate(made.text, START + 5)
    assert (await store.keys.get(made.key.id)).last_used_at == START + 5
    beside = await Store.open(tmp_path)  # such as a command
    assert (await beside.keys.get(made.key.id)).last_used_at is None
    await store.keys.write_uses()
    assert (await beside.keys.get(made.key.id)).last_used_at == START + 5
    await beside.close()
    await store.close()


async def test_a_key_is_revoked_once_and_noted_once(store, organization):
    made = await store.keys.create(organization, START)
    revoked = [store.keys.revoke(made.key.id, START, by=COMMAND_LINE) for _ in range(3)]
    assert sorted(await asyncio.gather(*revoked)) == [False, False, True]
    (noted,) = (await store.audit.page(organization, Page(), action="api_key.revoked")).items
    assert (noted.actor, noted.target) == ("cli", made.key.id)


async def test_a_note_outlives_what_it_is_about(store, organization):
    by = Actor("key_1", "req_1")
    with pytest.raises(IllegalMove):
        await store.organizations.remove(organization, START, by=by)
    await store.organizations.change(organization, {"status": "suspended"}, START, by=by)
    await store.organizations.remove(organization, START, by=by)
    assert await store.organizations.get(organization) is None
    newest = (await store.audit.page(organization, Page(limit=1))).items[0]
    assert (newest.action, newest.actor, newest.request_id) == (
        "organization.deleted",
        "key_1",
        "req_1",
    )


async def test_an_older_database_keeps_its_keys_and_glossaries(tmp_path):
    scripts = schema.scripts()
    marker = next(n for n, script in enumerate(scripts) if "keys_of_all" in script)
    old = sqlite3.connect(tmp_path / "kallglot.db", isolation_level=None)
    for script in scripts[:marker]:
        old.executescript(script)
    old.execute("INSERT INTO organizations (id, name, created_at) VALUES ('org_1', 'Old', 1.0)")
    old.execute(
        "INSERT INTO keys VALUES ('key_1', 'org_1', 'n', 'live', x'00', 'h', '[]', 1.0, NULL, NULL)"
    )
    old.execute("INSERT INTO glossaries VALUES ('glo_1', 'org_1', 'G', '{\"terms\":[]}', 1.0, 1.0)")
    old.execute(f"PRAGMA user_version = {marker}")
    old.close()
    store = await Store.open(tmp_path)
    (key,) = await store.keys.all()
    assert (key.id, key.organization_id, key.last_used_at) == ("key_1", "org_1", None)
    assert (await store.glossaries.get("glo_1")).environment == "live"
    assert (await store.organizations.get("org_1")).status == "active"
    assert await store._database.read("PRAGMA foreign_key_check") == []
    await store.close()
