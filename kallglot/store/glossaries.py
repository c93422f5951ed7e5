"""The glossaries that organizations keep, and what sessions took from them and made of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import attrs
import msgspec

from kallglot.model.glossary import Glossary, KeptGlossary, TermCount
from kallglot.model.session import Session
from kallglot.store.database import Database, Statement, as_json
from kallglot.store.paging import Page, Slice, read_page

__all__ = ["Glossaries", "SessionGlossary", "insert_session_glossary", "session_glossary"]


@attrs.frozen
class SessionGlossary:
    """The glossary of a session in short, and how its terms fared."""

    id: str | None
    term_count: int
    counts: tuple[TermCount, ...]


class Glossaries:
    """The glossaries in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, kept: KeptGlossary, *, also: Sequence[Statement] = ()) -> None:
        """Keep a glossary, or what it has become."""
        await self._database.write(
            *also,
            Statement(
                "INSERT INTO glossaries (id, organization_id, name, terms, created_at, updated_at,"
                " environment) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " name = excluded.name, terms = excluded.terms, updated_at = excluded.updated_at",
                (
                    kept.id,
                    kept.organization_id,
                    kept.name,
                    as_json(kept.glossary),
                    kept.created_at,
                    kept.updated_at,
                    kept.environment,
                ),
            ),
        )

    async def get(self, glossary_id: str) -> KeptGlossary | None:
        row = await self._database.read_one("SELECT * FROM glossaries WHERE id = ?", (glossary_id,))
        return None if row is None else _kept(row)

    async def remove(self, glossary_id: str) -> None:
        """Forget a glossary; sessions keep what they took from it."""
        await self._database.write(Statement("DELETE FROM glossaries WHERE id = ?", (glossary_id,)))

    async def page(
        self, organization_id: str, page: Page, environment: str = "live"
    ) -> Slice[KeptGlossary]:
        """Return a page of an organization's glossaries, newest first."""
        where = [("organization_id = ? AND environment = ?", [organization_id, environment])]
        rows = await read_page(self._database, "glossaries", where, page)
        return Slice([_kept(row) for row in rows.items], rows.has_more)

    async def of_session(self, session_id: str) -> SessionGlossary | None:
        """Return what a session took and how its terms fared; None if it has no glossary."""
        row = await self._database.read_one(
            "SELECT glossary_id, term_count, report FROM session_glossaries WHERE session_id = ?",
            (session_id,),
        )
        if row is None:
            return None
        counts = msgspec.json.decode(row["report"], type=tuple[TermCount, ...])
        return SessionGlossary(row["glossary_id"], row["term_count"], counts)

    async def keep_report(self, session_id: str, counts: Sequence[TermCount]) -> None:
        """Keep how the terms of a session have fared until now."""
        await self._database.write(
            Statement(
                "UPDATE session_glossaries SET report = ? WHERE session_id = ?",
                (as_json(list(counts)), session_id),
            )
        )


def insert_session_glossary(session: Session) -> list[Statement]:
    """What keeps the glossary of a new session; nothing for one that has none."""
    glossary = session.glossary
    if not glossary.terms:
        return []
    return [
        Statement(
            "INSERT INTO session_glossaries (session_id, glossary_id, term_count, terms, report)"
            " VALUES (?, ?, ?, ?, '[]')",
            (session.id, glossary.id, len(glossary.terms), as_json(glossary)),
        )
    ]


def session_glossary(row: sqlite3.Row) -> Glossary:
    """The glossary of a session; none is an empty one."""
    text: str | None = row["terms"]
    return Glossary() if text is None else msgspec.json.decode(text, type=Glossary)


def _kept(row: sqlite3.Row) -> KeptGlossary:
    return KeptGlossary(
        id=row["id"],
        organization_id=row["organization_id"],
        name=row["name"],
        glossary=msgspec.json.decode(row["terms"], type=Glossary),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        environment=row["environment"],
    )
