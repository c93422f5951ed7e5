from __future__ import annotations

import os
import sqlite3
import stat

import aiosqlite
import pytest

from kallglot.errors import StoreError
from kallglot.store import Store, schema
from kallglot.store.secret import ServerSecret
from tests.fakes.clock import START

pytestmark = pytest.mark.real_time


async def test_what_was_kept_is_there_again(tmp_path):
    folder = tmp_path / "data"
    store = await Store.open(folder)
    made = await store.keys.create((await store.organizations.add("A", START)).id, START)
    token = store.tokens.issue("sess_1", START)
    await store.close()

    store = await Store.open(folder)
    assert await store.keys.authenticate(made.text, START) == made.key
    assert store.tokens.issue("sess_1", START) == token
    assert await store.is_well()
    await store.close()


def test_a_secret_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    def out_of_power(_descriptor):
        raise OSError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", out_of_power)
        with pytest.raises(OSError, match="power"):
            ServerSecret.load(tmp_path / "secret")
    assert list(tmp_path.iterdir()) == []
    first = ServerSecret.load(tmp_path / "secret").sign("purpose", "text")
    assert ServerSecret.load(tmp_path / "secret").sign("purpose", "text") == first
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


async def test_nobody_else_can_read_the_secret(tmp_path):
    store = await Store.open(tmp_path / "data")
    await store.close()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600


async def test_nobody_else_can_read_what_was_said_in_a_folder_that_was_there(tmp_path):
    tmp_path.chmod(0o755)
    store = await Store.open(tmp_path)
    await store.organizations.add("A", START)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    await store.close()
    assert modes.keys() >= {"kallglot.db", "kallglot.db-wal"}
    assert set(modes.values()) == {0o600}


async def test_a_commit_is_on_the_disk_and_readers_do_not_wait_for_it(tmp_path):
    store = await Store.open(tmp_path)
    try:
        rows = [
            await store._database.read(f"PRAGMA {name}") for name in ("journal_mode", "synchronous")
        ]
        assert [row[0][0] for row in rows] == ["wal", 2]
    finally:
        await store.close()


async def test_a_newer_database_is_left_alone(tmp_path):
    database = sqlite3.connect(tmp_path / "kallglot.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError, match="has schema 99, and this Kallglot knows none above"):
        await Store.open(tmp_path)


async def test_what_is_no_database_is_left_alone(tmp_path):
    (tmp_path / "kallglot.db").write_bytes(b"a letter to my aunt" * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        await Store.open(tmp_path)
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(StoreError, match="does not hold a secret"):
        await Store.open(tmp_path)


async def test_an_older_database_is_brought_up_to_date(tmp_path):
    async with aiosqlite.connect(tmp_path / "db", isolation_level=None) as connection:
        first, second = "CREATE TABLE a (b TEXT);", "ALTER TABLE a ADD COLUMN c TEXT;"
        await schema.migrate(connection, [first])
        await connection.execute("INSERT INTO a VALUES ('kept')")
        await schema.migrate(connection, [first, second])
        await schema.migrate(connection, [first, second])
        rows = await connection.execute_fetchall("SELECT b, c FROM a")
        assert list(rows) == [("kept", None)]


async def test_a_closed_store_says_so(tmp_path):
    store = await Store.open(tmp_path)
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.events.add()


async def test_a_closed_store_cannot_be_read(tmp_path):
    store = await Store.open(tmp_path)
    await store.close()
    with pytest.raises(StoreError, match="cannot be read"):
        await store.keys.all()
