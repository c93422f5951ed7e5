"""The webhook endpoints that organizations keep, and their signing secrets, sealed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from kallglot.errors import NotFound
from kallglot.ids import new_id, new_secret
from kallglot.model.webhook import Endpoint
from kallglot.store.database import Database, Statement, as_json
from kallglot.store.paging import Page, Slice, read_page
from kallglot.store.secret import ServerSecret
from kallglot.store.vault import Vault

__all__ = ["SWEPT", "Endpoints", "NewEndpoint"]

_INSERT = (
    "INSERT INTO webhook_endpoints (id, organization_id, environment, url, events, description,"
    " metadata, status, disabled_reason, is_direct, created_at, secret)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_CHANGEABLE = frozenset({"url", "events", "description", "metadata", "status", "disabled_reason"})
_KEPT_AS_JSON = frozenset({"events", "metadata"})

# From the end, where nothing waits that would become due by it.
_DELETE_SOME = (
    "DELETE FROM webhook_deliveries WHERE sequence IN (SELECT sequence FROM webhook_deliveries"
    " WHERE endpoint_id = ? ORDER BY id DESC LIMIT ?)"
)

#: How many deliveries are removed in one transaction, so that nobody waits long for it.
SWEPT = 500


@attrs.frozen
class NewEndpoint:
    """An endpoint whose secret has just been made, which is shown this once."""

    endpoint: Endpoint
    secret: str = attrs.field(repr=False)


class Endpoints:
    """The webhook endpoints in the store."""

    def __init__(self, database: Database, vault: Vault, server: ServerSecret) -> None:
        self._database = database
        self._vault = vault
        self._server = server

    async def add(self, endpoint: Endpoint, *also: Statement) -> NewEndpoint:
        """Keep a new endpoint, with a new secret; it is told what happens from now on."""
        secret = new_secret("whsec")
        await self._database.write(Statement(_INSERT, self._values(endpoint, secret)), *also)
        return NewEndpoint(endpoint, secret)

    async def change(
        self, endpoint_id: str, changes: Mapping[str, object], *also: Statement
    ) -> None:
        """Change what is named; the rest stays as it is, whoever changes it meanwhile.

        Raises:
            NotFound: there is no such endpoint any more.
        """
        assert changes.keys() <= _CHANGEABLE
        columns = ", ".join(f"{name} = ?" for name in changes)
        kept = (
            as_json(value) if name in _KEPT_AS_JSON and value is not None else value
            for name, value in changes.items()
        )
        await self._database.write(
            Statement(
                f"UPDATE webhook_endpoints SET {columns} WHERE id = ?",  # noqa: S608
                (*kept, endpoint_id),
                is_news=True,  # what has waited while it was disabled may go now
                otherwise=NotFound("no such webhook endpoint", code="webhook_endpoint_not_found"),
            ),
            *also,
        )

    async def remove(self, endpoint_id: str, *also: Statement) -> None:
        """Forget an endpoint and its deliveries, which may be many: nobody waits for all of them.

        It is disabled first, so whoever is cut short has stopped it, and may remove it again.
        """
        await self._database.write(
            Statement(
                "UPDATE webhook_endpoints SET status = 'disabled' WHERE id = ?", (endpoint_id,)
            )
        )
        while any(await self._database.write(Statement(_DELETE_SOME, (endpoint_id, SWEPT)))):
            pass
        await self._database.write(
            Statement("DELETE FROM webhook_endpoints WHERE id = ?", (endpoint_id,)), *also
        )

    async def get(self, endpoint_id: str) -> Endpoint | None:
        row = await self._database.read_one(
            "SELECT * FROM webhook_endpoints WHERE id = ?", (endpoint_id,)
        )
        return None if row is None else _endpoint(row)

    async def page(self, organization_id: str, environment: str, page: Page) -> Slice[Endpoint]:
        """Return a page of an organization's endpoints, newest first."""
        where: list[tuple[str, list[Any]]] = [
            ("organization_id = ?", [organization_id]),
            ("environment = ?", [environment]),
            ("NOT is_direct", []),
        ]
        rows = await read_page(self._database, "webhook_endpoints", where, page)
        return Slice([_endpoint(row) for row in rows.items], rows.has_more)

    async def all(self) -> list[Endpoint]:
        rows = await self._database.read(
            "SELECT * FROM webhook_endpoints WHERE NOT is_direct ORDER BY id"
        )
        return [_endpoint(row) for row in rows]

    async def count(self, organization_id: str, environment: str) -> int:
        row = await self._database.read_one(
            "SELECT count(*) AS number FROM webhook_endpoints"
            " WHERE organization_id = ? AND environment = ? AND NOT is_direct",
            (organization_id, environment),
        )
        assert row is not None
        number: int = row["number"]
        return number

    async def secrets(self, endpoint_id: str, now: float) -> tuple[str, ...]:
        """Return the secrets to sign with: the one in use, then the one before while it is good.

        Raises:
            StoreError: they cannot be opened.
        """
        row = await self._database.read_one(
            "SELECT secret, previous_secret, previous_expires_at FROM webhook_endpoints"
            " WHERE id = ?",
            (endpoint_id,),
        )
        if row is None:
            return ()
        sealed = [row["secret"]]
        if row["previous_secret"] is not None and now < row["previous_expires_at"]:
            sealed.append(row["previous_secret"])
        return tuple(self._vault.open(one, _owner(endpoint_id)) for one in sealed)

    async def rotate(
        self, endpoint: Endpoint, overlap: float, now: float, *also: Statement
    ) -> NewEndpoint:
        """Make a new secret; the one before is good for `overlap` seconds more."""
        secret, expires_at = new_secret("whsec"), now + overlap if overlap else None
        await self._database.write(
            Statement(
                "UPDATE webhook_endpoints SET secret = ?,"
                " previous_secret = CASE WHEN ? IS NULL THEN NULL ELSE secret END,"
                " previous_expires_at = ? WHERE id = ?",
                (
                    self._vault.seal(secret, _owner(endpoint.id)),
                    expires_at,
                    expires_at,
                    endpoint.id,
                ),
            ),
            *also,
        )
        return NewEndpoint(attrs.evolve(endpoint, previous_secret_expires_at=expires_at), secret)

    async def direct(self, organization_id: str, environment: str, url: str, now: float) -> str:
        """Return the id of an unlisted endpoint at a URL that was given for one thing only.

        It is told of nothing by itself, see `insert_delivery`, and signs with `direct_secret`.
        """
        endpoint = Endpoint(new_id("wh"), organization_id, environment, url, now, is_direct=True)
        secret = self.direct_secret(organization_id, environment)
        await self._database.write(
            Statement(f"{_INSERT} ON CONFLICT DO NOTHING", self._values(endpoint, secret))
        )
        row = await self._database.read_one(
            "SELECT id FROM webhook_endpoints WHERE is_direct AND organization_id = ?"
            " AND environment = ? AND url = ?",
            (organization_id, environment, url),
        )
        assert row is not None
        found: str = row["id"]
        return found

    def direct_secret(self, organization_id: str, environment: str) -> str:
        """Return what signs an organization's events to URLs given for one thing only."""
        return f"whsec_{self._server.sign('webhook', organization_id, environment)}"

    def _values(self, endpoint: Endpoint, secret: str) -> tuple[Any, ...]:
        return (
            endpoint.id,
            endpoint.organization_id,
            endpoint.environment,
            endpoint.url,
            as_json(endpoint.events),
            endpoint.description,
            None if endpoint.metadata is None else as_json(endpoint.metadata),
            endpoint.status,
            endpoint.disabled_reason,
            endpoint.is_direct,
            endpoint.created_at,
            self._vault.seal(secret, _owner(endpoint.id)),
        )


def _owner(endpoint_id: str) -> str:
    return f"{endpoint_id}.secret"


def _endpoint(row: sqlite3.Row) -> Endpoint:
    return Endpoint(
        id=row["id"],
        organization_id=row["organization_id"],
        environment=row["environment"],
        url=row["url"],
        created_at=row["created_at"],
        events=tuple(msgspec.json.decode(row["events"])),
        description=row["description"],
        metadata=None if row["metadata"] is None else msgspec.json.decode(row["metadata"]),
        status=row["status"],
        disabled_reason=row["disabled_reason"],
        previous_secret_expires_at=row["previous_expires_at"],
        is_direct=bool(row["is_direct"]),
    )
