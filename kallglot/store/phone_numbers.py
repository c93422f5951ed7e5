"""Managed telephone numbers: whose they are, and what becomes of calls to them."""

from __future__ import annotations

import sqlite3

import msgspec

from kallglot.errors import IllegalMove
from kallglot.model.phone_number import NumberProfile, PhoneNumber
from kallglot.store.database import Database, Statement
from kallglot.store.directories import Directories
from kallglot.store.paging import Condition, Page, Slice, read_page

__all__ = ["PhoneNumbers"]


class PhoneNumbers:
    """The numbers in the store; each is one organization's."""

    def __init__(self, database: Database, directories: Directories) -> None:
        self._database = database
        self._directories = directories

    async def add(self, number: PhoneNumber, *also: Statement) -> None:
        """Assign a number.

        Raises:
            IllegalMove: `phone_number_taken`, somebody has it.
        """
        taken = IllegalMove("this number is assigned already", code="phone_number_taken")
        await self._write(
            Statement(
                "INSERT INTO phone_numbers (id, organization_id, environment, number, provider,"
                " connection_id, carrier_id, status, profile, created_at, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO NOTHING",
                (
                    number.id,
                    number.organization_id,
                    number.environment,
                    number.number,
                    number.provider,
                    number.connection_id,
                    number.carrier_id,
                    number.status,
                    _json(number.profile),
                    number.created_at,
                    number.updated_at,
                ),
                otherwise=taken,
            ),
            *also,
        )

    async def save(self, kept: PhoneNumber, changed: PhoneNumber, *also: Statement) -> None:
        """Keep what has become of a number; only what has changed is written."""
        statements = []
        for column, before, after in (
            ("status", kept.status, changed.status),
            ("profile", _json(kept.profile), _json(changed.profile)),
        ):
            if before != after:
                statements.append(
                    Statement(
                        f"UPDATE phone_numbers SET {column} = ?, updated_at = ?"  # noqa: S608 - ours
                        " WHERE id = ?",
                        (after, changed.updated_at, changed.id),
                    )
                )
        await self._write(*statements, *also)

    async def remove(self, number_id: str, *also: Statement) -> None:
        """Take a number from whose it is."""
        await self._write(Statement("DELETE FROM phone_numbers WHERE id = ?", (number_id,)), *also)

    async def get(self, number_id: str) -> PhoneNumber | None:
        return await self._one("id = ?", number_id)

    async def find(self, number: str) -> PhoneNumber | None:
        """Return a number by what is dialled, whosever it is."""
        return await self._one("number = ?", number)

    async def page(
        self,
        page: Page,
        organization_id: str | None = None,
        environment: str | None = None,
    ) -> Slice[PhoneNumber]:
        """Return a page of an organization's numbers, or of everybody's, newest first."""
        where: list[Condition] = [("TRUE", [])]
        if organization_id is not None:
            where.append(("organization_id = ?", [organization_id]))
        if environment is not None:
            where.append(("environment = ?", [environment]))
        rows = await read_page(self._database, "phone_numbers", where, page)
        return Slice([_number(row) for row in rows.items], rows.has_more)

    async def all(self) -> list[PhoneNumber]:
        """Return everybody's numbers, oldest first."""
        rows = await self._database.read("SELECT * FROM phone_numbers ORDER BY id")
        return [_number(row) for row in rows]

    async def _one(self, condition: str, *values: str) -> PhoneNumber | None:
        row = await self._database.read_one(
            f"SELECT * FROM phone_numbers WHERE {condition}",  # noqa: S608 - it is one of ours
            values,
        )
        return None if row is None else _number(row)

    async def _write(self, *statements: Statement) -> None:
        try:
            await self._database.write(*statements)
        finally:
            self._directories.forget()


def _number(row: sqlite3.Row) -> PhoneNumber:
    profile = row["profile"]
    return PhoneNumber(
        id=row["id"],
        organization_id=row["organization_id"],
        environment=row["environment"],
        number=row["number"],
        provider=row["provider"],
        connection_id=row["connection_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        carrier_id=row["carrier_id"],
        status=row["status"],
        profile=None if profile is None else msgspec.json.decode(profile, type=NumberProfile),
    )


def _json(profile: NumberProfile | None) -> str | None:
    return None if profile is None else msgspec.json.encode(profile).decode()
