"""The recordings of sessions; the sound itself lies in files beside the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import attrs

from kallglot.model.recording import Recording
from kallglot.store.database import Database, Statement
from kallglot.store.events import insert_event
from kallglot.store.paging import Page, Slice, read_page
from kallglot.webhooks.events import Event

__all__ = ["Recordings"]

_PUT = (
    "INSERT INTO recordings (id, session_id, channel, status, path, rate_hz, created_at,"
    " duration, size, expires_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET status = excluded.status, path = excluded.path,"
    " rate_hz = excluded.rate_hz, duration = excluded.duration, size = excluded.size,"
    " expires_at = excluded.expires_at"
)


class Recordings:
    """The recordings in the store; a deleted one leaves a mark that it was there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, recording: Recording, *, events: Sequence[Event] = ()) -> None:
        """Keep a recording, or what has become of it."""
        values = (
            recording.id,
            recording.session_id,
            recording.channel,
            recording.status,
            recording.path,
            recording.rate_hz,
            recording.created_at,
            recording.duration,
            recording.size,
            recording.expires_at,
        )
        await self._database.write(Statement(_PUT, values), *map(insert_event, events))

    async def get(self, recording_id: str) -> Recording | None:
        row = await self._database.read_one(
            "SELECT * FROM recordings WHERE id = ? AND deleted_at IS NULL", (recording_id,)
        )
        return None if row is None else _recording(row)

    async def deleted(self, recording_id: str) -> Recording | None:
        """Return what a deleted recording was."""
        row = await self._database.read_one(
            "SELECT * FROM recordings WHERE id = ? AND deleted_at IS NOT NULL", (recording_id,)
        )
        return None if row is None else _recording(row)

    async def of_session(self, session_id: str) -> list[Recording]:
        """Return the recordings of a session, oldest first."""
        rows = await self._database.read(
            "SELECT * FROM recordings WHERE session_id = ? AND deleted_at IS NULL ORDER BY id",
            (session_id,),
        )
        return [_recording(row) for row in rows]

    async def deleted_of_session(self, session_id: str) -> list[Recording]:
        """Return what the deleted recordings of a session were, oldest first."""
        rows = await self._database.read(
            "SELECT * FROM recordings WHERE session_id = ? AND deleted_at IS NOT NULL ORDER BY id",
            (session_id,),
        )
        return [_recording(row) for row in rows]

    async def page(self, session_id: str, channel: str | None, page: Page) -> Slice[Recording]:
        """Return a page of the recordings of a session, newest first."""
        where: list[tuple[str, Sequence[Any]]] = [
            ("session_id = ? AND deleted_at IS NULL", [session_id])
        ]
        if channel is not None:
            where.append(("channel = ?", [channel]))
        rows = await read_page(self._database, "recordings", where, page)
        return Slice([_recording(row) for row in rows.items], rows.has_more)

    async def expired(self, now: float, limit: int = -1) -> list[Recording]:
        """Return the recordings whose time has run out and that are still there.

        Those of living sessions are left: they are being made.
        """
        rows = await self._database.read(
            "SELECT recordings.* FROM recordings JOIN sessions ON sessions.id = session_id"
            " WHERE expires_at <= ? AND recordings.deleted_at IS NULL"
            " AND sessions.status = 'ended' ORDER BY expires_at LIMIT ?",
            (now, limit),
        )
        return [_recording(row) for row in rows]

    async def expire(self, recording_ids: Sequence[str], now: float, *also: Statement) -> None:
        """Let the time of recordings run out now: nobody hears them any more."""
        marks = ", ".join("?" * len(recording_ids))
        await self._database.write(
            Statement(
                f"UPDATE recordings SET expires_at = ? WHERE id IN ({marks})",  # noqa: S608
                (now, *recording_ids),
            ),
            *also,
        )

    async def paths(self) -> set[str]:
        """Return the files of all recordings that are still there, also of hidden sessions."""
        rows = await self._database.read("SELECT path FROM recordings WHERE deleted_at IS NULL")
        return {row["path"] for row in rows}

    async def mark_deleted(self, now: float, *recording_ids: str) -> None:
        """Record that the files are gone."""
        marks = ", ".join("?" * len(recording_ids))
        await self._database.write(
            Statement(
                f"UPDATE recordings SET deleted_at = ? WHERE id IN ({marks})",  # noqa: S608
                (now, *recording_ids),
            )
        )


def _recording(row: sqlite3.Row) -> Recording:
    return Recording(**{field.name: row[field.name] for field in attrs.fields(Recording)})
