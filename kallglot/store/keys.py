"""API keys; of a key only the hash is kept.

A key is 192 random bits, which no table of guesses covers, so a plain SHA-256 is enough and is
fast enough for every request.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Sequence
from typing import Literal, Protocol, TypeAlias, get_args

import attrs
import msgspec

from kallglot.errors import NotAuthenticated, NotFound
from kallglot.ids import new_id, new_secret
from kallglot.model.organization import Standing, month_of
from kallglot.store.audit import SERVER, Actor, note
from kallglot.store.database import Database, Statement
from kallglot.store.organizations import quotas_of
from kallglot.store.paging import Condition, Page, Slice, read_page

__all__ = [
    "ENVIRONMENTS",
    "ERASE",
    "MANAGE",
    "OPERATOR",
    "OPERATOR_SCOPES",
    "ORDINARY_SCOPES",
    "SCOPES",
    "TELEPHONY",
    "ApiKey",
    "Keys",
    "NewKey",
    "Scope",
]

ENVIRONMENTS = ("live", "test")

#: Making and revoking keys, which no key is allowed without having been given it by name.
MANAGE = "keys:manage"

#: Seeing to organizations.  Only keys have it that belong to none, and they are made on the server.
OPERATOR = "operator"

#: Accounts with carriers and their numbers, which cost money: it must be given by name as well.
TELEPHONY = "telephony:manage"

OPERATOR_SCOPES = frozenset({OPERATOR, MANAGE, TELEPHONY})

#: What an organization's key may be allowed to do.
Scope: TypeAlias = Literal[
    "agents:read",
    "agents:write",
    "analysis:read",
    "analysis:write",
    "data:erase",
    "keys:manage",
    "recordings:delete",
    "recordings:read",
    "sessions:read",
    "sessions:write",
    "telephony:manage",
    "webhooks:manage",
]
SCOPES: frozenset[str] = frozenset(get_args(Scope))

#: Deleting sessions and people's data for good, which likewise must be given by name.
ERASE = "data:erase"

#: What a key is allowed when nothing is said.
ORDINARY_SCOPES = SCOPES - {MANAGE, ERASE, TELEPHONY}


class Owned(Protocol):
    """What belongs to an organization, and is for its live or for its test keys."""

    @property
    def organization_id(self) -> str: ...
    @property
    def environment(self) -> str: ...


@attrs.frozen
class ApiKey:
    """What is known of a key; `hint` is its beginning and end, to tell it from others.

    An operator's key belongs to no organization: `organization_id` is empty, and it sees nothing
    of what organizations own.
    """

    id: str
    organization_id: str
    name: str
    environment: str
    hint: str
    scopes: frozenset[str]
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None
    last_used_at: float | None = None
    standing: Standing = attrs.field(factory=Standing)

    @property
    def is_operators(self) -> bool:
        return not self.organization_id

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


_AUTHENTICATE = (
    "SELECT keys.*, status, rate_limit, max_concurrent_sessions, api_credits, used FROM keys"
    " LEFT JOIN organizations ON organizations.id = keys.organization_id"
    " LEFT JOIN credits ON credits.organization_id = keys.organization_id AND period = ?"
    " WHERE hash = ?"
)


class Keys:
    """The keys in the store, and when each was last used.

    That is known at once and written now and then, so that no request waits for it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._used: dict[str, float] = {}
        self._unwritten: set[str] = set()

    async def create(
        self,
        organization_id: str,
        now: float,
        *,
        name: str = "",
        environment: str = "live",
        scopes: Collection[str] = ORDINARY_SCOPES,
        expires_at: float | None = None,
        by: Actor = SERVER,
    ) -> NewKey:
        """Make a key; its text is shown this once.  Without an organization it is an operator's."""
        text = new_secret(f"sk_{environment}")
        key = ApiKey(
            id=new_id("key"),
            organization_id=organization_id,
            name=name,
            environment=environment,
            hint=f"{text[:11]}…{text[-4:]}",
            scopes=frozenset(scopes) if organization_id else OPERATOR_SCOPES,
            created_at=now,
            expires_at=expires_at,
        )
        await self._database.write(_insert(key, text), _noted(by, "created", key, now))
        return NewKey(key, text)

    async def authenticate(self, text: str, now: float) -> ApiKey:
        """Return the key with that text.

        The look-up is by hash: how long it takes says nothing about the text of any key.

        Raises:
            NotAuthenticated: `invalid_api_key`, `revoked_api_key` or `expired_api_key`.
        """
        row = await self._database.read_one(_AUTHENTICATE, (month_of(now), _hash(text)))
        if row is None:
            raise NotAuthenticated("no such API key", code="invalid_api_key")
        key = self._key(row)
        if key.revoked_at is not None:
            raise NotAuthenticated("this API key has been revoked", code="revoked_api_key")
        if key.expires_at is not None and now >= key.expires_at:
            raise NotAuthenticated("this API key has expired", code="expired_api_key")
        self._used[key.id] = now
        self._unwritten.add(key.id)
        if key.is_operators:
            return key
        standing = Standing(row["status"], quotas_of(row), row["used"] or 0)
        return attrs.evolve(key, standing=standing)

    async def is_good(self, key_id: str, now: float) -> bool:
        """Tell whether a key that has been let in would be let in again."""
        row = await self._database.read_one(
            "SELECT 1 FROM keys LEFT JOIN organizations ON organizations.id = organization_id"
            " WHERE keys.id = ? AND revoked_at IS NULL AND coalesce(expires_at > ?, TRUE)"
            " AND coalesce(status <> 'suspended', TRUE)",
            (key_id, now),
        )
        return row is not None

    async def get(self, key_id: str) -> ApiKey | None:
        row = await self._database.read_one("SELECT * FROM keys WHERE id = ?", (key_id,))
        return None if row is None else self._key(row)

    async def all(self) -> list[ApiKey]:
        rows = await self._database.read("SELECT * FROM keys ORDER BY id")
        return [self._key(row) for row in rows]

    async def page(
        self, organization_id: str | None, environments: Sequence[str], page: Page
    ) -> Slice[ApiKey]:
        """Return a page of an organization's keys, or of everybody's, newest first."""
        marks = ", ".join("?" * len(environments))
        where: list[Condition] = [(f"environment IN ({marks})", environments)]
        if organization_id is not None:
            where.append(("organization_id = ?", [organization_id]))
        rows = await read_page(self._database, "keys", where, page)
        return Slice([self._key(row) for row in rows.items], rows.has_more)

    async def revoke(self, key_id: str, now: float, *, by: Actor = SERVER) -> bool:
        """Make a key useless; False if there is no such key in use."""
        key = await self.get(key_id)
        if key is None:
            return False
        in_use = Statement(
            "UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
            (now, key_id),
            otherwise=NotFound("no such key is in use", code="api_key_not_found"),
        )
        try:
            await self._database.write(in_use, _noted(by, "revoked", key, now))
        except NotFound:
            return False
        return True

    async def write_uses(self) -> None:
        """Write when keys were last used."""
        used, self._unwritten = self._unwritten, set()
        if used:
            await self._database.write(
                *(
                    Statement(
                        "UPDATE keys SET last_used_at = ? WHERE id = ?",
                        (self._used[key_id], key_id),
                    )
                    for key_id in used
                )
            )

    def _key(self, row: sqlite3.Row) -> ApiKey:
        return ApiKey(
            id=row["id"],
            organization_id=row["organization_id"] or "",
            name=row["name"],
            environment=row["environment"],
            hint=row["hint"],
            scopes=frozenset(msgspec.json.decode(row["scopes"])),
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            revoked_at=row["revoked_at"],
            last_used_at=self._used.get(row["id"], row["last_used_at"]),
        )


def _insert(key: ApiKey, text: str) -> Statement:
    return Statement(
        "INSERT INTO keys (id, organization_id, name, environment, hash, hint, scopes,"
        " created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key.id,
            key.organization_id or None,
            key.name,
            key.environment,
            _hash(text),
            key.hint,
            msgspec.json.encode(sorted(key.scopes)).decode(),
            key.created_at,
            key.expires_at,
        ),
    )


def _noted(by: Actor, became: str, key: ApiKey, now: float) -> Statement:
    return note(
        by,
        f"api_key.{became}",
        key.id,
        now,
        key.organization_id or None,
        name=key.name,
        environment=key.environment,
        scopes=sorted(key.scopes),
    )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
