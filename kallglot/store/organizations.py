"""Organizations, what they may, and how much of it they have used."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import attrs

from kallglot.errors import IllegalMove, NotAllowed, NotFound, RateLimited
from kallglot.ids import new_id
from kallglot.model.organization import Organization, Quotas, Standing, month_of
from kallglot.store.audit import SERVER, Actor, note
from kallglot.store.database import Database, Statement
from kallglot.store.paging import Page, Slice, read_page

__all__ = ["Organizations", "quotas_of", "refunding", "seating", "spending"]

RETRY_AFTER = 30

_CHANGEABLE = frozenset({"name", "status", "rate_limit", "max_concurrent_sessions", "api_credits"})

_IS_REMOVABLE = (
    "id = ? AND status = 'suspended' AND NOT EXISTS (SELECT 1 FROM sessions"
    " WHERE organization_id = organizations.id AND sessions.status <> 'ended')"
)


class Organizations:
    """The organizations in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, name: str, now: float, *, quotas: Quotas | None = None, by: Actor = SERVER
    ) -> Organization:
        made = Organization(new_id("org"), name, now, quotas=quotas or Quotas())
        await self._database.write(
            Statement(
                "INSERT INTO organizations (id, name, created_at, status, rate_limit,"
                " max_concurrent_sessions, api_credits) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (made.id, name, now, made.status, *attrs.astuple(made.quotas)),
            ),
            note(by, "organization.created", made.id, now, made.id, **_settled(made)),
        )
        return made

    async def get(self, organization_id: str) -> Organization | None:
        row = await self._database.read_one(
            "SELECT * FROM organizations WHERE id = ?", (organization_id,)
        )
        return None if row is None else _organization(row)

    async def page(self, page: Page) -> Slice[Organization]:
        """Return a page of the organizations, newest first."""
        rows = await read_page(self._database, "organizations", [("TRUE", [])], page)
        return Slice([_organization(row) for row in rows.items], rows.has_more)

    async def all(self) -> list[Organization]:
        """Return the organizations, oldest first."""
        rows = await self._database.read("SELECT * FROM organizations ORDER BY id")
        return [_organization(row) for row in rows]

    async def change(
        self, organization_id: str, changes: Mapping[str, object], now: float, *, by: Actor = SERVER
    ) -> None:
        """Change what is named, quotas by their own names; the rest stays as others leave it.

        Raises:
            NotFound: there is no such organization any more.
        """
        assert changes.keys() <= _CHANGEABLE
        columns = ", ".join(f"{name} = ?" for name in changes)
        told = {name: value for name, value in changes.items() if name != "name"}
        await self._database.write(
            Statement(
                f"UPDATE organizations SET {columns} WHERE id = ?",  # noqa: S608
                (*changes.values(), organization_id),
                otherwise=NotFound("no such organization", code="organization_not_found"),
            ),
            note(by, "organization.updated", organization_id, now, organization_id, **told),
        )

    async def credits_used(self, organization_id: str, now: float) -> int:
        """Return how many credits an organization has used this month."""
        row = await self._database.read_one(
            "SELECT used FROM credits WHERE organization_id = ? AND period = ?",
            (organization_id, month_of(now)),
        )
        return 0 if row is None else row["used"]

    async def sessions(self, organization_id: str, limit: int) -> list[str]:
        """Return the ids of some sessions of an organization."""
        rows = await self._database.read(
            "SELECT id FROM sessions WHERE organization_id = ? LIMIT ?", (organization_id, limit)
        )
        return [row["id"] for row in rows]

    async def check_removable(self, organization_id: str) -> None:
        """Return if the organization is suspended and its sessions have ended.

        Raises:
            IllegalMove: they have not, or it is not.
        """
        row = await self._database.read_one(
            f"SELECT 1 FROM organizations WHERE {_IS_REMOVABLE}",  # noqa: S608
            (organization_id,),
        )
        if row is None:
            raise _not_removable()

    async def remove(self, organization_id: str, now: float, *, by: Actor = SERVER) -> None:
        """Forget a suspended organization, its keys, its sessions and all that came of them.

        Files are the caller's to delete.

        Raises:
            IllegalMove: it is not suspended, or some of its sessions have not ended.
        """
        await self._database.write(
            Statement(
                f"DELETE FROM organizations WHERE {_IS_REMOVABLE}",  # noqa: S608
                (organization_id,),
                otherwise=_not_removable(),
            ),
            note(by, "organization.deleted", organization_id, now, organization_id),
        )


def spending(organization_id: str, standing: Standing, now: float) -> list[Statement]:
    """Return what spends a credit, for the transaction of what it is spent on.

    The write is refused with `insufficient_api_credits` when there is none left.  Nothing is
    counted for who may spend as many as they like.
    """
    most = standing.quotas.api_credits
    if most is None:
        return []
    account = (organization_id, month_of(now))
    return [
        Statement("INSERT OR IGNORE INTO credits VALUES (?, ?, 0)", account),
        Statement(
            "UPDATE credits SET used = used + 1"
            " WHERE organization_id = ? AND period = ? AND used < ?",
            (*account, most),
            otherwise=NotAllowed(
                "the API credits of this month are used up", code="insufficient_api_credits"
            ),
        ),
    ]


def refunding(organization_id: str, standing: Standing, now: float) -> list[Statement]:
    """Return what gives a credit back that was spent at `now`."""
    if standing.quotas.api_credits is None:
        return []
    return [
        Statement(
            "UPDATE credits SET used = used - 1"
            " WHERE organization_id = ? AND period = ? AND used > 0",
            (organization_id, month_of(now)),
        )
    ]


def seating(organization_id: str, standing: Standing) -> list[Statement]:
    """Return what refuses a new session's write when as many live already as may."""
    most = standing.quotas.max_concurrent_sessions
    if most is None:
        return []
    return [
        Statement(
            "UPDATE organizations SET name = name WHERE id = ? AND (SELECT count(*) FROM sessions"
            " WHERE organization_id = ? AND status <> 'ended') < ?",
            (organization_id, organization_id, most),
            otherwise=RateLimited(
                f"this organization may have {most} sessions at a time", retry_after=RETRY_AFTER
            ),
        )
    ]


def _not_removable() -> IllegalMove:
    return IllegalMove("suspend the organization, and let its sessions end, first")


def quotas_of(row: sqlite3.Row) -> Quotas:
    return Quotas(row["rate_limit"], row["max_concurrent_sessions"], row["api_credits"])


def _organization(row: sqlite3.Row) -> Organization:
    return Organization(row["id"], row["name"], row["created_at"], row["status"], quotas_of(row))


def _settled(organization: Organization) -> dict[str, object]:
    return {"status": organization.status, **attrs.asdict(organization.quotas)}
