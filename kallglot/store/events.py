"""The outbox: events that the outside is to be told, kept with the facts they report.

An aggregate writes an event in the same transaction as what it is about, so there is never one
without the other; whoever delivers them reads on from the position where it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator

import attrs
import msgspec

from kallglot.store.database import Database, Statement
from kallglot.webhooks.events import Event

__all__ = ["Events", "StoredEvent", "insert_event"]


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

    async def after(self, position: int, limit: int = 100) -> list[StoredEvent]:
        """Return the events that follow `position`, in order."""
        rows = await self._database.read(
            "SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ?", (position, limit)
        )
        return [_event(row) for row in rows]

    async def last(self) -> int:
        """Return the position of the newest event, 0 if there is none."""
        row = await self._database.read_one("SELECT max(position) AS newest FROM events")
        return 0 if row is None or row["newest"] is None else row["newest"]

    async def follow(self, position: int) -> AsyncIterator[list[StoredEvent]]:
        """Yield the events after `position` as they are committed, a few together, for ever."""
        while True:
            news = self._database.news()
            while events := await self.after(position):
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
