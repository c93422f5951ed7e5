"""Analyses: those that are asked for, and what came of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from kallglot.analysis.measures import Measures
from kallglot.errors import NotFound
from kallglot.model.analysis import Analysis, Inquiry
from kallglot.store.database import Database, Statement, as_json
from kallglot.store.events import insert_event
from kallglot.store.paging import Page, Slice, read_page
from kallglot.webhooks.events import Event

__all__ = ["Analyses"]


class Analyses:
    """The analyses in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, analysis: Analysis, *, also: Sequence[Statement] = ()) -> None:
        """Keep an analysis that is to be made, and whatever goes with it."""
        await self._database.write(
            Statement(
                "INSERT INTO analyses (id, session_id, request, status, created_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    analysis.id,
                    analysis.session_id,
                    as_json(analysis.inquiry),
                    analysis.status,
                    analysis.created_at,
                ),
            ),
            *also,
        )

    async def finish(
        self, analysis: Analysis, *also: Statement, events: Sequence[Event] = ()
    ) -> None:
        """Keep what came of an analysis, and what the outside is to be told of it.

        Raises:
            NotFound: it has been deleted meanwhile, and nobody is told of it.
        """
        measures = None if analysis.measures is None else as_json(analysis.measures)
        await self._database.write(
            Statement(
                "UPDATE analyses SET status = ?, measures = ?, error = ?, completed_at = ?"
                " WHERE id = ?",
                (analysis.status, measures, analysis.error, analysis.completed_at, analysis.id),
                otherwise=NotFound("no such analysis", code="analysis_not_found"),
            ),
            *map(insert_event, events),
            *also,
        )

    async def get(self, analysis_id: str) -> Analysis | None:
        row = await self._database.read_one("SELECT * FROM analyses WHERE id = ?", (analysis_id,))
        return None if row is None else _analysis(row)

    async def page(self, session_id: str, page: Page) -> Slice[Analysis]:
        """Return a page of the analyses of a session, newest first."""
        where = [("session_id = ?", [session_id])]
        rows = await read_page(self._database, "analyses", where, page)
        return Slice([_analysis(row) for row in rows.items], rows.has_more)

    async def underway(self) -> list[str]:
        """Return which are still to be made, the oldest first."""
        rows = await self._database.read(
            "SELECT id FROM analyses WHERE status = 'processing' ORDER BY id"
        )
        return [row["id"] for row in rows]


def _analysis(row: sqlite3.Row) -> Analysis:
    measures: str | None = row["measures"]
    return Analysis(
        id=row["id"],
        session_id=row["session_id"],
        inquiry=msgspec.json.decode(row["request"], type=Inquiry),
        created_at=row["created_at"],
        status=row["status"],
        measures=None if measures is None else msgspec.json.decode(measures, type=Measures),
        error=row["error"],
        completed_at=row["completed_at"],
    )
