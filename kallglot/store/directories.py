"""What organizations may route by, kept in memory: opening a session must not wait for it.

What is changed through this store is seen at once.  What others change in the same database, such
as the command line, is seen within `FRESH` seconds: a counter in it tells.
"""

from __future__ import annotations

import sqlite3

from kallglot.routing import Connection, Directory, ManagedNumber, merged
from kallglot.store.database import Database

__all__ = ["FRESH", "Directories"]

#: For how many seconds nobody asks whether somebody else has changed anything.
FRESH = 0.25

_CONNECTIONS = (
    "SELECT id, provider, is_default, status, secondary_id FROM connections"
    " WHERE organization_id = ? AND environment = ? ORDER BY id"
)

# A number on an account that is disabled cannot be used, so it is not active either.
_NUMBERS = (
    "SELECT number, phone_numbers.provider,"
    " phone_numbers.status = 'active' AND coalesce(first.status, 'active') = 'active' AS is_active,"
    " first.id AS account,"
    " CASE WHEN second.status = 'active' THEN second.id END AS second_account"
    " FROM phone_numbers"
    " LEFT JOIN connections AS first ON first.id = phone_numbers.connection_id"
    " LEFT JOIN connections AS second ON second.id = first.secondary_id"
    " WHERE phone_numbers.organization_id = ? AND phone_numbers.environment = ?"
)


class Directories:
    """The directory of each organization's live and test sides."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, str], tuple[Directory, Directory]] = {}
        self._revision: int | None = None
        self._asked_at: float | None = None

    async def of(
        self, organization_id: str, environment: str, shared: Directory, now: float
    ) -> Directory:
        """Return what there is to route by, with what everybody has, from the settings."""
        if self._asked_at is None or not 0 <= now - self._asked_at < FRESH:
            await self._look(now)
        # What is loaded while somebody forgets goes into a table that nobody looks at again.
        table, whose = self._known, (organization_id, environment)
        found = table.get(whose)
        if found is None or found[0] is not shared:
            own = await self._load(organization_id, environment)
            found = table[whose] = (shared, merged(shared, own))
        return found[1]

    def forget(self) -> None:
        """Read everything anew when it is next asked for."""
        self._known = {}

    async def _look(self, now: float) -> None:
        self._asked_at = now
        row = await self._database.read_one("SELECT revision FROM telephony")
        assert row is not None
        if row["revision"] != self._revision:
            self._revision = row["revision"]
            self.forget()

    async def _load(self, organization_id: str, environment: str) -> Directory:
        whose = (organization_id, environment)
        connections = await self._database.read(_CONNECTIONS, whose)
        numbers = await self._database.read(_NUMBERS, whose)
        return Directory(
            numbers={row["number"]: _number(row) for row in numbers},
            connections=tuple(map(_connection, connections)),
        )


def _connection(row: sqlite3.Row) -> Connection:
    return Connection(
        row["id"],
        row["provider"],
        bool(row["is_default"]),
        row["status"] == "active",
        row["secondary_id"],
    )


def _number(row: sqlite3.Row) -> ManagedNumber:
    accounts = tuple(each for each in (row["account"], row["second_account"]) if each is not None)
    return ManagedNumber(row["provider"], accounts, bool(row["is_active"]))
