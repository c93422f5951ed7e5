"""How long organizations keep what is theirs, and what is therefore due to be deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

import attrs

from kallglot.model.retention import DAY, Retention
from kallglot.store.database import Database, Statement

__all__ = ["AgingEvent", "Retentions"]

_COLUMNS = {
    "recording_days": "recording_retention_days",
    "transcript_days": "transcript_retention_days",
    "event_days": "event_retention_days",
}

#: Nobody is still to be told of an event.
_IS_SETTLED = (
    "NOT EXISTS (SELECT 1 FROM webhook_deliveries WHERE event_position = events.position"
    " AND status = 'pending')"
)


@attrs.frozen
class AgingEvent:
    """What the sweep must know of an event."""

    position: int
    created_at: float


class Retentions:
    """The rules of organizations, and what they concern."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, organization_id: str) -> Retention:
        """Return what an organization has settled; None where the server's rule holds."""
        row = await self._database.read_one(
            "SELECT * FROM organizations WHERE id = ?", (organization_id,)
        )
        return Retention() if row is None else _retention(row)

    async def all(self) -> dict[str, Retention]:
        """Return what each organization has settled."""
        rows = await self._database.read("SELECT * FROM organizations ORDER BY id")
        return {row["id"]: _retention(row) for row in rows}

    async def set(self, organization_id: str, own: Retention, server: Retention) -> None:
        """Settle how long an organization keeps everything, see `change`."""
        await self.change(organization_id, attrs.asdict(own), server)

    async def change(
        self,
        organization_id: str,
        changes: Mapping[str, int | None],
        server: Retention,
        *also: Statement,
    ) -> None:
        """Settle how long an organization keeps what is named; the rest stays as it is.

        Recordings that there are expire as if it had always been so; `server` is what holds
        where the organization has no rule.
        """
        columns = ", ".join(f"{_COLUMNS[name]} = ?" for name in changes)
        statements = [
            Statement(
                f"UPDATE organizations SET {columns} WHERE id = ?",  # noqa: S608
                (*changes.values(), organization_id),
            )
        ]
        if "recording_days" in changes:
            own = Retention(recording_days=changes["recording_days"])
            days = own.over(server).recording_days
            statements.append(
                Statement(
                    "UPDATE recordings SET expires_at = created_at + ? WHERE deleted_at IS NULL"
                    " AND session_id IN (SELECT id FROM sessions WHERE organization_id = ?)",
                    (days * DAY if days else None, organization_id),
                )
            )
        await self._database.write(*statements, *also)

    async def wordy_sessions(self, organization_id: str, until: float) -> list[str]:
        """Return sessions that ended by then and whose transcripts are still there."""
        rows = await self._database.read(
            "SELECT id FROM sessions WHERE organization_id = ? AND ended_at <= ?"
            " AND ended_at IS NOT NULL AND transcript_deleted_at IS NULL"
            " ORDER BY ended_at",
            (organization_id, until),
        )
        return [row["id"] for row in rows]

    async def delete_words(self, session_id: str, now: float) -> None:
        """Delete a transcript, and of the events that repeat it those that have been delivered.

        While some have not, the session is due again.
        """
        await self._database.write(
            Statement("DELETE FROM utterances WHERE session_id = ?", (session_id,)),
            Statement(
                "DELETE FROM events WHERE session_id = ? AND type = 'transcript.segment'"  # noqa: S608
                f" AND {_IS_SETTLED}",
                (session_id,),
            ),
            Statement(
                "UPDATE sessions SET transcript_deleted_at = ? WHERE id = ? AND NOT EXISTS"
                " (SELECT 1 FROM events WHERE session_id = sessions.id"
                " AND type = 'transcript.segment')",
                (now, session_id),
            ),
        )

    async def words_deleted_at(self, session_id: str) -> float | None:
        """Return when a transcript was deleted; None if it was not."""
        row = await self._database.read_one(
            "SELECT transcript_deleted_at FROM sessions WHERE id = ?", (session_id,)
        )
        return None if row is None else row["transcript_deleted_at"]

    async def events(
        self, organization_id: str, environment: str, after: int, limit: int
    ) -> list[AgingEvent]:
        """Return the events of an organization that follow a position, oldest first."""
        rows = await self._database.read(
            "SELECT position, created_at FROM events WHERE organization_id = ?"
            " AND environment = ? AND position > ? ORDER BY position LIMIT ?",
            (organization_id, environment, after, limit),
        )
        return [AgingEvent(row["position"], row["created_at"]) for row in rows]

    async def delete_events(self, positions: Sequence[int]) -> int:
        """Delete events but those that are still to be delivered; return how many."""
        marks = ", ".join("?" * len(positions))
        (deleted,) = await self._database.write(
            Statement(
                f"DELETE FROM events WHERE position IN ({marks}) AND {_IS_SETTLED}",  # noqa: S608
                positions,
            )
        )
        return deleted

    async def sessions_to_delete(self) -> list[str]:
        """Return the sessions that somebody has asked to be deleted, and that are still there."""
        rows = await self._database.read("SELECT id FROM sessions WHERE deleted_at IS NOT NULL")
        return [row["id"] for row in rows]


def _retention(row: sqlite3.Row) -> Retention:
    return Retention(
        row["recording_retention_days"],
        row["transcript_retention_days"],
        row["event_retention_days"],
    )
