"""Which sessions were active, and for how long; a session's row says all there is to say."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import attrs
import msgspec

from kallglot import usage
from kallglot.model.session import Mode, Participant
from kallglot.store.database import Database
from kallglot.store.paging import Page, Slice, read_page
from kallglot.usage import Spell

__all__ = ["Period", "Usages"]

#: Stands for the end of a session that has none yet; as in the index, to the letter.
_NEVER: Final = "1e12"
_ENDED: Final = f"coalesce(ended_at, {_NEVER})"

#: How many sessions are read together, so that calls go on meanwhile.
BATCH = 500


@attrs.frozen
class Period:
    """Whose sessions, and when; `until` itself is left out."""

    organization_id: str
    environment: str
    since: float
    until: float

    def where(self, ended: str) -> list[tuple[str, Sequence[Any]]]:
        return [
            ("organization_id = ?", [self.organization_id]),
            ("environment = ?", [self.environment]),
            ("started_at IS NOT NULL AND started_at < ?", [self.until]),
            (f"{ended} > ?", [self.since]),
        ]


class Usages:
    """What the sessions in the store used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spells(self, period: Period) -> AsyncIterator[list[Spell]]:
        """Yield the sessions that were active in a period, some at a time; deleted ones too."""
        for table, ended in (("past_usage", "ended_at"), ("sessions", _ENDED)):
            async for some in self._spells(table, ended, period):
                yield some

    async def page(self, period: Period, page: Page) -> Slice[Spell]:
        """Return a page of the sessions that were active in a period, newest first."""
        where = [*period.where(_ENDED), ("deleted_at IS NULL", ())]
        rows = await read_page(self._database, "sessions", where, page)
        return Slice([_spell(row) for row in rows.items], rows.has_more)

    async def _spells(self, table: str, ended: str, period: Period) -> AsyncIterator[list[Spell]]:
        where = period.where(ended)
        conditions = " AND ".join(text for text, _ in where)
        values = [value for _, given in where for value in given]
        after: tuple[float, str] = (period.since, "")
        while True:
            rows = await self._database.read(
                f"SELECT id, mode, participants, started_at, ended_at, {ended} AS ended"  # noqa: S608
                f" FROM {table} WHERE {conditions} AND ({ended}, id) > (?, ?)"
                f" ORDER BY {ended}, id LIMIT ?",
                (*values, *after, BATCH),
            )
            if rows:
                yield [_spell(row) for row in rows]
            if len(rows) < BATCH:
                return
            after = rows[-1]["ended"], rows[-1]["id"]


def _spell(row: sqlite3.Row) -> Spell:
    mode = Mode(row["mode"])
    people = msgspec.json.decode(row["participants"], type=tuple[Participant, ...])
    return Spell(
        row["id"],
        row["started_at"],
        row["ended_at"],
        usage.is_translated(mode, people),
        usage.has_agent(mode),
    )
