"""The one who writes: whatever waits is put into one transaction.

A commit waits for the disk, and waits as long for one write as for fifty.  So while a commit is
under way the next writes gather, and are committed together.  Each write stands alone: one that
fails takes nothing else with it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias

import aiosqlite
import attrs

from kallglot.errors import Refused, StoreError

__all__ = ["Statement", "Writer"]

logger = logging.getLogger(__name__)

BATCH = 256


@attrs.frozen
class Statement:
    """SQL and what to put in its place-holders; `is_news` if somebody waits for it elsewhere.

    With `otherwise` it must change something: if it does not, nothing of its write is kept, and
    `otherwise` is raised.
    """

    sql: str
    values: Sequence[Any] = attrs.field(default=(), repr=False)
    is_news: bool = False
    otherwise: Refused | None = None


@attrs.frozen(eq=False)
class _Write:
    """Statements that are kept together or not at all; `changed` is answered after the commit."""

    statements: tuple[Statement, ...]
    changed: asyncio.Future[list[int]]


_Queue: TypeAlias = "asyncio.Queue[_Write | None]"

#: What SQLite and its Python module raise for statements and values they cannot take.
_UNWRITABLE = (sqlite3.Error, OverflowError, UnicodeError)


class Writer:
    """A task that alone writes to the database."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._queue: _Queue = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._news: asyncio.Future[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._write_forever(), name="store-writer")

    async def close(self) -> None:
        """Write what is queued, and stop."""
        if self._task is not None:
            self._queue.put_nowait(None)
            await asyncio.wait({self._task})
            self._task = None

    def news(self) -> asyncio.Future[None]:
        """Return what is done as soon as something that is news has been committed."""
        if self._news is None:
            self._news = asyncio.get_running_loop().create_future()
        return asyncio.shield(self._news)

    async def write(self, statements: Sequence[Statement]) -> list[int]:
        """Carry out statements in one transaction; return how many rows each changed.

        When this returns, they are on the disk.

        Raises:
            StoreError: nothing of it was kept.
            Refused: a statement that was to change something did not, and nothing was kept.
        """
        if self._task is None or self._task.done():
            raise StoreError("the store is closed")
        write = _Write(tuple(statements), asyncio.get_running_loop().create_future())
        self._queue.put_nowait(write)
        return await write.changed

    async def _write_forever(self) -> None:
        batch: list[_Write] = []
        try:
            while batch := await self._next_batch():
                await self._commit(batch)
        finally:  # nobody is left waiting, whatever ended this
            while not self._queue.empty():
                waiting = self._queue.get_nowait()
                batch += [] if waiting is None else [waiting]
            for write in batch:
                _fail(write, StoreError("the store has stopped"))

    async def _next_batch(self) -> list[_Write]:
        """Wait for a write, and return it with all that follow; nothing when there are no more."""
        batch: list[_Write] = []
        write = await self._queue.get()
        while write is not None:
            batch.append(write)
            if len(batch) == BATCH or self._queue.empty():
                return batch
            write = self._queue.get_nowait()
        if batch:
            self._queue.put_nowait(None)
        return batch

    async def _commit(self, batch: list[_Write]) -> None:
        done: list[tuple[_Write, list[int]]] = []
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
            for write in batch:
                try:
                    done.append((write, await self._carry_out(write)))
                except _UNWRITABLE as error:
                    await self._connection.execute("ROLLBACK TO one")
                    _fail(write, error)
                except Refused as refusal:
                    await self._connection.execute("ROLLBACK TO one")
                    _refuse(write, refusal)
            await self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            logger.exception("a transaction of %d writes failed", len(batch))
            await self._roll_back()
            for write in batch:
                _fail(write, error)
            return
        for write, changed in done:
            if not write.changed.done():
                write.changed.set_result(changed)
        if self._news is not None and any(
            statement.is_news for write, _ in done for statement in write.statements
        ):
            self._news.set_result(None)
            self._news = None

    async def _carry_out(self, write: _Write) -> list[int]:
        await self._connection.execute("SAVEPOINT one")
        changed = []
        for statement in write.statements:
            cursor = await self._connection.execute(statement.sql, statement.values)
            changed.append(cursor.rowcount)
            if statement.otherwise is not None and cursor.rowcount < 1:
                raise statement.otherwise
        await self._connection.execute("RELEASE one")
        return changed

    async def _roll_back(self) -> None:
        if self._connection.in_transaction:
            await self._connection.execute("ROLLBACK")


def _refuse(write: _Write, refusal: Refused) -> None:
    if not write.changed.done():
        write.changed.set_exception(refusal)


def _fail(write: _Write, error: Exception) -> None:
    if not write.changed.done():
        failure = StoreError(f"a write failed: {error}")
        failure.__cause__ = error
        write.changed.set_exception(failure)
