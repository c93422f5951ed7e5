"""The audit log: who did what to what, for whoever must answer for it.

It has ids and what was settled, never a secret nor what anybody said.  A note is written in the
transaction of what it is about, and nothing that is deleted takes its notes along.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from kallglot.ids import new_id
from kallglot.store.database import Database, Statement
from kallglot.store.paging import Condition, Page, Slice, read_page

__all__ = ["COMMAND_LINE", "SERVER", "Actor", "Audit", "Note", "note"]


@attrs.frozen
class Actor:
    """Who does something: a key by its id, or `cli`, or `server`; and with which request."""

    name: str
    request_id: str | None = None


COMMAND_LINE = Actor("cli")
SERVER = Actor("server")


@attrs.frozen
class Note:
    """Something that was done to `target`, which is an id."""

    id: str
    at: float
    organization_id: str | None
    actor: str
    action: str
    target: str
    request_id: str | None
    details: Mapping[str, Any]


def note(
    by: Actor, action: str, target: str, at: float, organization_id: str | None, **details: Any
) -> Statement:
    """Return what writes a note, for the transaction of what it is about.

    `action` is a noun and what became of it, such as `api_key.revoked`; `details` must be what
    anybody may know who may read the log.
    """
    values = (
        new_id("aud"),
        at,
        organization_id,
        by.name,
        action,
        target,
        by.request_id,
        msgspec.json.encode(details).decode(),
    )
    return Statement(
        "INSERT INTO audit (id, at, organization_id, actor, action, target, request_id, details)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )


class Audit:
    """The notes in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *notes: Statement) -> None:
        """Write notes about what left nothing else in the store."""
        await self._database.write(*notes)

    async def page(
        self,
        organization_id: str | None,
        page: Page,
        *,
        action: str | None = None,
        target: str | None = None,
    ) -> Slice[Note]:
        """Return a page of the notes about an organization, or about all, newest first."""
        where: list[Condition] = [("TRUE", [])]
        for name, value in (
            ("organization_id", organization_id),
            ("action", action),
            ("target", target),
        ):
            if value is not None:
                where.append((f"{name} = ?", [value]))
        rows = await read_page(self._database, "audit", where, page)
        return Slice([_note(row) for row in rows.items], rows.has_more)


def _note(row: sqlite3.Row) -> Note:
    return Note(
        id=row["id"],
        at=row["at"],
        organization_id=row["organization_id"],
        actor=row["actor"],
        action=row["action"],
        target=row["target"],
        request_id=row["request_id"],
        details=msgspec.json.decode(row["details"]),
    )
