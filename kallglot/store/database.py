"""The database as the aggregates see it: many readers, one writer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiosqlite
import attrs
import msgspec

from kallglot.errors import StoreError
from kallglot.store import schema
from kallglot.store.writer import Statement, Writer

__all__ = ["Database", "Statement", "as_json"]

# At DEBUG it logs each statement with its values: numbers, names and what people said.
logging.getLogger("aiosqlite").setLevel(logging.INFO)

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten, and not merely forgotten
    "PRAGMA busy_timeout = 5000",
)


@attrs.frozen
class Database:
    """Two connections to one file, or the same one twice when it is in memory."""

    _reader: aiosqlite.Connection
    _writing: aiosqlite.Connection
    _writer: Writer

    @classmethod
    async def open(cls, path: Path | None) -> Database:
        """Open the database at `path`, or a fresh one in memory.

        Raises:
            StoreError: it was written by a newer Kallglot, or is no database.
        """
        if path is not None:
            # What people said is in it, and SQLite would let everybody read it.  It gives the files
            # beside it the same rights.  What cannot be made here it complains of itself.
            with contextlib.suppress(OSError):
                path.touch(0o600, exist_ok=False)  # noqa: ASYNC240 - at boot
        writing = await _connect(path)
        try:
            await schema.migrate(writing, schema.scripts())
            reader = writing if path is None else await _connect(path)
        except sqlite3.Error as error:
            await writing.close()
            raise StoreError(f"{path} cannot be used: {error}") from error
        except StoreError:
            await writing.close()
            raise
        writer = Writer(writing)
        writer.start()
        return cls(reader, writing, writer)

    async def close(self) -> None:
        """Keep what is still being written, and close."""
        await self._writer.close()
        await self._reader.close()
        if self._writing is not self._reader:
            await self._writing.close()

    async def read(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return the rows of a query.

        Raises:
            StoreError: the database cannot be read.
        """
        try:
            return list(await self._reader.execute_fetchall(sql, values))
        except (sqlite3.Error, ValueError) as error:  # a closed connection is a ValueError
            raise StoreError(f"the database cannot be read: {error}") from error

    async def read_one(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        rows = await self.read(sql, values)
        return rows[0] if rows else None

    async def write(self, *statements: Statement) -> list[int]:
        """Carry out statements in one transaction; return how many rows each changed.

        Raises:
            StoreError: nothing of it was kept.
            Refused: a statement that was to change something did not, and nothing was kept.
        """
        return await self._writer.write(statements)

    def news(self) -> asyncio.Future[None]:
        """Return what is done as soon as something that is news has been committed."""
        return self._writer.news()


def as_json(value: object) -> str:
    """Return a value as text that a column can keep and SQL can look into."""
    return msgspec.json.encode(value).decode()


async def _connect(path: Path | None) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path or ":memory:", isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        for pragma in _PRAGMAS:
            await connection.execute(pragma)
    except sqlite3.Error as error:
        await connection.close()
        raise StoreError(f"{path} cannot be used: {error}") from error
    return connection
