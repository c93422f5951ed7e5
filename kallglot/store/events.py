"""The outbox: events that the outside is to be told, kept with the facts they report.

An aggregate writes an event in the same transaction as what it is about, so there is never one
without the other; whoever delivers them reads on from the position where it was.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import attrs
import msgspec

from kallglot.store.database import Database, Statement
from kallglot.webhooks.events import Event

__all__ = ["Audience", "Events", "StoredEvent", "insert_event"]


@attrs.frozen
class StoredEvent:
    """An event and where it stands in the order of events; `body` is what is sent."""

    position: int
    id: str
    type: str
    organization_id: str
    session_id: str
    created_at: float
    body: bytes = attrs.field(repr=False)
    environment: str = "live"


@attrs.frozen
class Audience:
    """Who may hear an event: of one organization and environment, perhaps of one session only."""

    organization_id: str
    environment: str
    session_id: str | None = None


def insert_event(event: Event) -> Statement:
    """Return the statement that keeps an event; who follows the events is told when it is kept."""
    return Statement(
        "INSERT INTO events (id, type, organization_id, session_id, created_at, body, environment)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            event.id,
            event.type,
            event.organization_id,
            event.session_id,
            event.created_at,
            msgspec.json.encode(event.body).decode(),
            event.environment,
        ),
        is_news=True,
    )


class Events:
    """The events in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *events: Event) -> None:
        """Keep events that are about nothing else in the store."""
        await self._database.write(*map(insert_event, events))

    async def after(
        self, position: int, limit: int = 100, audience: Audience | None = None
    ) -> list[StoredEvent]:
        """Return the events that follow `position`, in order."""
        where = ["position > ?"]
        values: list[int | str] = [position]
        if audience is not None:
            where += ["organization_id = ?", "environment = ?"]
            values += [audience.organization_id, audience.environment]
        if audience is not None and audience.session_id is not None:
            where.append("session_id = ?")
            values.append(audience.session_id)
        rows = await self._database.read(
            f"SELECT * FROM events WHERE {' AND '.join(where)} ORDER BY position LIMIT ?",  # noqa: S608
            (*values, limit),
        )
        return [_event(row) for row in rows]

    async def position_of(self, event_id: str) -> int:
        """Return after which position to go on for who has heard that event.

        One that is no longer kept is older than all that are: ids sort by time.
        """
        row = await self._database.read_one(
            "SELECT coalesce((SELECT position FROM events WHERE id = ?),"
            " (SELECT min(position) - 1 FROM events WHERE id > ?),"
            " (SELECT max(position) FROM events), 0) AS found",
            (event_id, event_id),
        )
        assert row is not None
        found: int = row["found"]
        return found

    async def last_id(self, audience: Audience, position: int) -> str | None:
        """Return the id of the newest event of an audience up to a position, if there is one."""
        row = await self._database.read_one(
            "SELECT id FROM events WHERE organization_id = ? AND environment = ?"
            " AND position <= ? ORDER BY position DESC LIMIT 1",
            (audience.organization_id, audience.environment, position),
        )
        return None if row is None else row["id"]

    def news(self) -> asyncio.Future[None]:
        """Return what is done as soon as another event has been committed."""
        return self._database.news()

    async def last(self) -> int:
        """Return the position of the newest event, 0 if there is none."""
        row = await self._database.read_one("SELECT max(position) AS newest FROM events")
        newest: int | None = None if row is None else row["newest"]
        return newest or 0

    async def follow(
        self, position: int, audience: Audience | None = None
    ) -> AsyncIterator[list[StoredEvent]]:
        """Yield the events after `position` as they are committed, a few together, for ever."""
        while True:
            news = self._database.news()
            while events := await self.after(position, audience=audience):
                position = events[-1].position
                yield events
            await news


def _event(row: sqlite3.Row) -> StoredEvent:
    return StoredEvent(
        position=row["position"],
        id=row["id"],
        type=row["type"],
        organization_id=row["organization_id"],
        session_id=row["session_id"],
        created_at=row["created_at"],
        body=row["body"].encode(),
        environment=row["environment"],
    )
