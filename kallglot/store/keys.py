"""Organizations and their API keys; of a key only the hash is kept.

A key is 192 random bits, which no table of guesses covers, so a plain SHA-256 is enough and is
fast enough for every request.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection
from typing import Protocol

import attrs
import msgspec

from kallglot.errors import NotAuthenticated
from kallglot.ids import new_id, new_secret
from kallglot.store.database import Database, Statement

__all__ = ["ENVIRONMENTS", "SCOPES", "ApiKey", "Keys", "NewKey", "Organization"]

ENVIRONMENTS = ("live", "test")

#: What a key may be allowed to do.
SCOPES = frozenset(
    {
        "sessions:read",
        "sessions:write",
        "recordings:read",
        "recordings:delete",
        "analysis:read",
        "analysis:write",
        "webhooks:manage",
    }
)


class Owned(Protocol):
    """What belongs to an organization, and is for its live or for its test keys."""

    @property
    def organization_id(self) -> str: ...
    @property
    def environment(self) -> str: ...


@attrs.frozen
class Organization:
    """Who owns keys, sessions and recordings."""

    id: str
    name: str
    created_at: float


@attrs.frozen
class ApiKey:
    """What is known of a key; `hint` is its beginning and end, to tell it from others."""

    id: str
    organization_id: str
    name: str
    environment: str
    hint: str
    scopes: frozenset[str]
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None

    def sees(self, owned: Owned) -> bool:
        """Tell whether something is there for this key: its organization's, and as real as it."""
        return (owned.organization_id, owned.environment) == (
            self.organization_id,
            self.environment,
        )


@attrs.frozen
class NewKey:
    """A key that has just been made, and its text, which is not kept."""

    key: ApiKey
    text: str = attrs.field(repr=False)


class Keys:
    """The organizations and keys in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_organization(self, name: str, now: float) -> Organization:
        organization = Organization(new_id("org"), name, now)
        await self._database.write(
            Statement(
                "INSERT INTO organizations (id, name, created_at) VALUES (?, ?, ?)",
                attrs.astuple(organization),
            )
        )
        return organization

    async def organizations(self) -> list[Organization]:
        rows = await self._database.read("SELECT * FROM organizations ORDER BY id")
        return [Organization(row["id"], row["name"], row["created_at"]) for row in rows]

    async def create(
        self,
        organization_id: str,
        now: float,
        *,
        name: str = "",
        environment: str = "live",
        scopes: Collection[str] = SCOPES,
        expires_at: float | None = None,
    ) -> NewKey:
        """Make a key; its text is shown this once."""
        text = new_secret(f"sk_{environment}")
        key = ApiKey(
            id=new_id("key"),
            organization_id=organization_id,
            name=name,
            environment=environment,
            hint=f"{text[:11]}…{text[-4:]}",
            scopes=frozenset(scopes),
            created_at=now,
            expires_at=expires_at,
        )
        await self._database.write(
            Statement(
                "INSERT INTO keys (id, organization_id, name, environment, hash, hint, scopes,"
                " created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key.id,
                    organization_id,
                    name,
                    environment,
                    _hash(text),
                    key.hint,
                    msgspec.json.encode(sorted(scopes)).decode(),
                    now,
                    expires_at,
                ),
            )
        )
        return NewKey(key, text)

    async def authenticate(self, text: str, now: float) -> ApiKey:
        """Return the key with that text.

        The look-up is by hash: how long it takes says nothing about the text of any key.

        Raises:
            NotAuthenticated: `invalid_api_key`, `revoked_api_key` or `expired_api_key`.
        """
        row = await self._database.read_one("SELECT * FROM keys WHERE hash = ?", (_hash(text),))
        if row is None:
            raise NotAuthenticated("no such API key", code="invalid_api_key")
        key = _key(row)
        if key.revoked_at is not None:
            raise NotAuthenticated("this API key has been revoked", code="revoked_api_key")
        if key.expires_at is not None and now >= key.expires_at:
            raise NotAuthenticated("this API key has expired", code="expired_api_key")
        return key

    async def all(self) -> list[ApiKey]:
        return [_key(row) for row in await self._database.read("SELECT * FROM keys ORDER BY id")]

    async def revoke(self, key_id: str, now: float) -> bool:
        """Make a key useless; False if there is no such key in use."""
        (changed,) = await self._database.write(
            Statement(
                "UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (now, key_id)
            )
        )
        return changed > 0


def _key(row: sqlite3.Row) -> ApiKey:
    return ApiKey(
        id=row["id"],
        organization_id=row["organization_id"],
        name=row["name"],
        environment=row["environment"],
        hint=row["hint"],
        scopes=frozenset(msgspec.json.decode(row["scopes"])),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
