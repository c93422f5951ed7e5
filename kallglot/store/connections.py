"""Provider connections, and their credentials, sealed."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from kallglot.errors import IllegalMove
from kallglot.model.connection import Credentials, ProviderConnection
from kallglot.store.database import Database, Statement
from kallglot.store.directories import Directories
from kallglot.store.paging import Page, Slice, read_page
from kallglot.store.vault import Vault

__all__ = ["Connections"]


class Connections:
    """The connections in the store; those of the operator are an organization's without an id."""

    def __init__(self, database: Database, vault: Vault, directories: Directories) -> None:
        self._database = database
        self._vault = vault
        self._directories = directories

    async def add(
        self, connection: ProviderConnection, credentials: Credentials, *also: Statement
    ) -> None:
        """Keep a new connection; as the default it takes the place of the one before."""
        columns = _columns(connection)
        columns["credentials"] = self._sealed(connection.id, credentials)
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        insert = f"INSERT INTO connections ({names}) VALUES ({marks})"  # noqa: S608 - our names
        statement = Statement(insert, tuple(columns.values()))
        await self._write(*_standing_back(connection), statement, *also)

    async def save(
        self,
        kept: ProviderConnection,
        changed: ProviderConnection,
        *also: Statement,
        credentials: Credentials | None = None,
    ) -> None:
        """Keep what has become of a connection, and its credentials if they are others now.

        Only what has changed is written, so nobody takes back what others settle meanwhile.
        """
        columns = _columns(changed)
        before = _columns(kept)
        news = {name: value for name, value in columns.items() if value != before[name]}
        if credentials is not None:
            news["credentials"] = self._sealed(changed.id, credentials)
        statements = [*_standing_back(changed)] if "is_default" in news else []
        if news:
            settings = ", ".join(f"{name} = ?" for name in news)
            statements.append(
                Statement(
                    f"UPDATE connections SET {settings} WHERE id = ?",  # noqa: S608 - our names
                    (*news.values(), changed.id),
                )
            )
        await self._write(*statements, *also)

    async def remove(self, connection_id: str, *also: Statement) -> None:
        """Forget a connection, and its credentials.

        Raises:
            IllegalMove: there are numbers on it.
        """
        await self._write(
            Statement(
                "DELETE FROM connections WHERE id = ? AND NOT EXISTS"
                " (SELECT 1 FROM phone_numbers WHERE connection_id = connections.id)",
                (connection_id,),
                otherwise=IllegalMove("there are numbers on this connection: take them off first"),
            ),
            *also,
        )

    async def get(self, connection_id: str) -> ProviderConnection | None:
        row = await self._database.read_one(
            "SELECT * FROM connections WHERE id = ?", (connection_id,)
        )
        return None if row is None else _connection(row)

    async def credentials(self, connection_id: str) -> Credentials | None:
        """Return the credentials of a connection.

        Raises:
            StoreError: they cannot be opened.
        """
        row = await self._database.read_one(
            "SELECT credentials FROM connections WHERE id = ?", (connection_id,)
        )
        if row is None:
            return None
        text = self._vault.open(row["credentials"], _owner(connection_id))
        return msgspec.json.decode(text, type=dict[str, str | list[str]])

    async def page(
        self, organization_id: str, environment: str, page: Page
    ) -> Slice[ProviderConnection]:
        """Return a page of an organization's connections, or the operator's, newest first."""
        where: list[tuple[str, list[Any]]] = [
            ("organization_id IS ?", [organization_id or None]),
            ("environment = ?", [environment]),
        ]
        rows = await read_page(self._database, "connections", where, page)
        return Slice([_connection(row) for row in rows.items], rows.has_more)

    async def all(self) -> list[ProviderConnection]:
        """Return everybody's connections, oldest first."""
        rows = await self._database.read("SELECT * FROM connections ORDER BY id")
        return [_connection(row) for row in rows]

    async def revision(self) -> int:
        """Return a number that is another one when a connection or a number has changed."""
        row = await self._database.read_one("SELECT revision FROM telephony")
        assert row is not None
        revision: int = row["revision"]
        return revision

    async def count(self, organization_id: str, environment: str) -> int:
        row = await self._database.read_one(
            "SELECT count(*) AS number FROM connections"
            " WHERE organization_id IS ? AND environment = ?",
            (organization_id or None, environment),
        )
        assert row is not None
        number: int = row["number"]
        return number

    async def _write(self, *statements: Statement) -> None:
        try:
            await self._database.write(*statements)
        finally:
            self._directories.forget()

    def _sealed(self, connection_id: str, credentials: Credentials) -> bytes:
        return self._vault.seal(_json(credentials), _owner(connection_id))


def _standing_back(connection: ProviderConnection) -> list[Statement]:
    """Return what makes room for a new default."""
    if not connection.is_default:
        return []
    return [
        Statement(
            "UPDATE connections SET is_default = 0"
            " WHERE is_default AND organization_id IS ? AND environment = ? AND id <> ?",
            (connection.organization_id or None, connection.environment, connection.id),
        )
    ]


def _owner(connection_id: str) -> str:
    return f"{connection_id}.credentials"


def _columns(connection: ProviderConnection) -> dict[str, Any]:
    return {
        "id": connection.id,
        "organization_id": connection.organization_id or None,
        "environment": connection.environment,
        "provider": connection.provider,
        "name": connection.name,
        "status": connection.status,
        "is_default": connection.is_default,
        "secondary_id": connection.secondary_id,
        "hints": _json(connection.hints),
        "account": connection.account,
        "verified_at": connection.verified_at,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
    }


def _connection(row: sqlite3.Row) -> ProviderConnection:
    return ProviderConnection(
        id=row["id"],
        organization_id=row["organization_id"] or "",
        environment=row["environment"],
        provider=row["provider"],
        name=row["name"],
        hints=msgspec.json.decode(row["hints"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        status=row["status"],
        is_default=bool(row["is_default"]),
        secondary_id=row["secondary_id"],
        verified_at=row["verified_at"],
        account=row["account"],
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
