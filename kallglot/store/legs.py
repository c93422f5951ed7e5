"""The legs of sessions, past and present."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import attrs

from kallglot.model.leg import Leg
from kallglot.store.database import Database, Statement
from kallglot.store.events import insert_event
from kallglot.webhooks.events import Event

__all__ = ["Legs"]

_PUT = (
    "INSERT INTO legs (id, session_id, provider, participant, status, direction, call_id,"
    " connected_at, disconnected_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET participant = excluded.participant,"
    " status = excluded.status, call_id = excluded.call_id,"
    " connected_at = excluded.connected_at, disconnected_at = excluded.disconnected_at"
)


class Legs:
    """The legs in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, leg: Leg, *, events: Sequence[Event] = ()) -> None:
        """Keep a leg, or what has become of it."""
        values = (
            leg.id,
            leg.session_id,
            leg.provider,
            leg.participant,
            leg.status,
            leg.direction,
            leg.call_id,
            leg.connected_at,
            leg.disconnected_at,
        )
        await self._database.write(Statement(_PUT, values), *map(insert_event, events))

    async def of_session(self, session_id: str) -> list[Leg]:
        rows = await self._database.read(
            "SELECT * FROM legs WHERE session_id = ? ORDER BY connected_at, id", (session_id,)
        )
        return [_leg(row) for row in rows]


def _leg(row: sqlite3.Row) -> Leg:
    return Leg(**{field.name: row[field.name] for field in attrs.fields(Leg)})
