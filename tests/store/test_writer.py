from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kallglot.errors import StoreError
from kallglot.store.database import Database, Statement

pytestmark = pytest.mark.real_time


@pytest.fixture
async def database(tmp_path: Path):
    database = await Database.open(tmp_path / "db")
    await database.write(Statement("CREATE TABLE t (n INTEGER PRIMARY KEY)"))
    yield database
    await database.close()


def insert(number: object) -> Statement:
    return Statement("INSERT INTO t VALUES (?)", (number,))


async def numbers(database: Database) -> list[int]:
    return [row[0] for row in await database.read("SELECT n FROM t ORDER BY n")]


async def test_what_has_been_written_can_be_read(database):
    assert await database.write(insert(1), insert(2)) == [1, 1]
    assert await numbers(database) == [1, 2]


async def test_many_writes_share_a_commit(database):
    commits = []
    await database._writing.set_trace_callback(
        lambda sql: commits.append(sql) if sql == "COMMIT" else None
    )
    await asyncio.gather(*(database.write(insert(number)) for number in range(100)))
    assert await numbers(database) == list(range(100))
    assert len(commits) < 10


async def test_a_write_that_fails_fails_alone(database):
    results = await asyncio.gather(
        database.write(insert(1)),
        database.write(insert(2), insert(2)),
        database.write(insert(10**30)),
        database.write(insert("\ud800")),
        database.write(insert(3)),
        return_exceptions=True,
    )
    assert [isinstance(result, StoreError) for result in results] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert await numbers(database) == [1, 3]


async def test_somebody_who_gives_up_does_not_stop_the_others(database):
    given_up = asyncio.create_task(database.write(insert(1)))
    await asyncio.sleep(0)
    given_up.cancel()
    await database.write(insert(2))
    assert await numbers(database) == [1, 2]


async def test_closing_writes_what_waits(tmp_path):
    database = await Database.open(tmp_path / "other")
    await database.write(Statement("CREATE TABLE t (n INTEGER PRIMARY KEY)"))
    writes = [asyncio.create_task(database.write(insert(number))) for number in range(5)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    again = await Database.open(tmp_path / "other")
    assert await numbers(again) == list(range(5))
    await again.close()


async def test_nobody_waits_for_a_writer_that_is_gone(database):
    waiting = asyncio.create_task(database.write(insert(1)))
    await asyncio.sleep(0)
    database._writer._task.cancel()
    with pytest.raises(StoreError):
        await waiting
    with pytest.raises(StoreError, match="closed"):
        await database.write(insert(2))
