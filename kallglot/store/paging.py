"""Lists in pages: cursors are ids, and ids sort by time, newest first."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from kallglot.store.database import Database

__all__ = ["Condition", "Page", "Slice", "read_page"]

T = TypeVar("T")

#: What rows must be, in SQL, and the values for its place-holders.
Condition: TypeAlias = tuple[str, Sequence[Any]]


@attrs.frozen
class Page:
    """Which part of a list is wanted; the cursors themselves are left out."""

    limit: int = 20
    starting_after: str | None = None
    ending_before: str | None = None


@attrs.frozen
class Slice(Generic[T]):
    """A part of a list, and whether it goes on in the direction that was read."""

    items: list[T]
    has_more: bool


async def read_page(
    database: Database, table: str, where: Sequence[Condition], page: Page
) -> Slice[sqlite3.Row]:
    """Read a page of a table in which `id` sorts by time.

    `where` are conditions and their values; neither they nor `table` may come from outside.
    """
    conditions = list(where)
    if page.starting_after is not None:
        conditions.append(("id < ?", [page.starting_after]))
    if page.ending_before is not None:
        conditions.append(("id > ?", [page.ending_before]))
    is_backwards = page.ending_before is not None and page.starting_after is None
    order = "ASC" if is_backwards else "DESC"
    rows = await database.read(
        f"SELECT * FROM {table} WHERE {' AND '.join(text for text, _ in conditions)}"  # noqa: S608
        f" ORDER BY id {order} LIMIT ?",
        [*(value for _, values in conditions for value in values), page.limit + 1],
    )
    items = rows[: page.limit]
    return Slice(items[::-1] if is_backwards else items, len(rows) > page.limit)
