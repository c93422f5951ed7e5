"""Taking one person's data out of sessions, and the record that this was done."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import attrs
import msgspec

from kallglot.model.erasure import Counts, Erasure
from kallglot.model.leg import Leg
from kallglot.model.session import Session
from kallglot.store.audit import Actor, note
from kallglot.store.database import Database, Statement, as_json
from kallglot.store.paging import Page, Slice, read_page

__all__ = ["Erasures", "KeptBody"]

#: Where bodies of events are kept: the outbox, and deliveries of what is not in it.
_TABLES = {"events": "position", "webhook_deliveries": "sequence"}


@attrs.frozen
class KeptBody:
    """The body of an event, and where it is kept."""

    table: str
    row: int
    type: str
    body: bytes = attrs.field(repr=False)


class Erasures:
    """The erasures in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def bodies(self, session_id: str, after: tuple[str, int], limit: int) -> list[KeptBody]:
        """Return some of the bodies of events of a session that follow one in the same table."""
        table, row = after
        kind = "type" if table == "events" else "event_type"
        rows = await self._database.read(
            f"SELECT {_TABLES[table]} AS row, {kind} AS type, body FROM {table}"  # noqa: S608
            f" WHERE session_id = ? AND {_TABLES[table]} > ? AND body IS NOT NULL"
            f" ORDER BY {_TABLES[table]} LIMIT ?",
            (session_id, row, limit),
        )
        return [KeptBody(table, each["row"], each["type"], each["body"].encode()) for each in rows]

    async def rewrite(self, bodies: Sequence[KeptBody]) -> None:
        """Replace bodies; what has been pruned meanwhile stays away."""
        await self._database.write(
            *(
                Statement(
                    f"UPDATE {each.table} SET body = ? WHERE {_TABLES[each.table]} = ?",  # noqa: S608
                    (each.body.decode(), each.row),
                )
                for each in bodies
            )
        )

    async def take_out(self, session: Session, legs: Sequence[Leg], keys: Sequence[str]) -> None:
        """Keep a session and its legs as they are without some people, and nothing they said.

        Analyses go as a whole: what they say of a conversation they say of everybody in it.
        """
        participants = [attrs.asdict(participant) for participant in session.participants]
        metadata = None if session.metadata is None else as_json(session.metadata)
        marks = ", ".join("?" * len(keys))
        await self._database.write(
            Statement(
                "UPDATE sessions SET participants = ?, routing = ?, metadata = ? WHERE id = ?",
                (
                    as_json(participants),
                    as_json(attrs.asdict(session.routing)),
                    metadata,
                    session.id,
                ),
            ),
            Statement(
                f"DELETE FROM utterances WHERE session_id = ? AND speaker IN ({marks})",  # noqa: S608
                (session.id, *keys),
            ),
            Statement("DELETE FROM analyses WHERE session_id = ?", (session.id,)),
            *(
                Statement("UPDATE legs SET call_id = ? WHERE id = ?", (leg.call_id, leg.id))
                for leg in legs
            ),
        )

    async def analyses_of(self, session_id: str) -> int:
        row = await self._database.read_one(
            "SELECT count(*) AS found FROM analyses WHERE session_id = ?", (session_id,)
        )
        return 0 if row is None else row["found"]

    async def add(self, erasure: Erasure, by: Actor) -> None:
        """Record that somebody's data was erased."""
        report = as_json(
            {
                "counts": attrs.asdict(erasure.counts),
                "session_ids": erasure.session_ids,
                "skipped_session_ids": erasure.skipped_session_ids,
            }
        )
        values = (
            erasure.id,
            erasure.organization_id,
            erasure.environment,
            erasure.created_at,
            report,
        )
        await self._database.write(
            Statement(
                "INSERT INTO erasures (id, organization_id, environment, created_at, report)"
                " VALUES (?, ?, ?, ?, ?)",
                values,
            ),
            note(
                by,
                "person.erased",
                erasure.id,
                erasure.created_at,
                erasure.organization_id,
                sessions=erasure.counts.sessions,
            ),
        )

    async def get(self, erasure_id: str) -> Erasure | None:
        row = await self._database.read_one("SELECT * FROM erasures WHERE id = ?", (erasure_id,))
        return None if row is None else _erasure(row)

    async def page(self, organization_id: str, environment: str, page: Page) -> Slice[Erasure]:
        """Return a page of the erasures of an organization, newest first."""
        where = [("organization_id = ? AND environment = ?", [organization_id, environment])]
        rows = await read_page(self._database, "erasures", where, page)
        return Slice([_erasure(row) for row in rows.items], rows.has_more)


def _erasure(row: sqlite3.Row) -> Erasure:
    report = msgspec.json.decode(row["report"])
    return Erasure(
        id=row["id"],
        organization_id=row["organization_id"],
        environment=row["environment"],
        created_at=row["created_at"],
        is_dry_run=False,
        counts=Counts(**report["counts"]),
        session_ids=tuple(report["session_ids"]),
        skipped_session_ids=tuple(report["skipped_session_ids"]),
    )
