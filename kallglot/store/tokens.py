"""Stream tokens: what a client shows to be let into a session.

A token is not stored: it is derived from the server's secret, the session and the second at
which it expires, so one can be issued again whenever a session is retrieved.  The hash of a token
that has connected is kept until the session ends; such a token lets its owner back in after it
has expired, because a call may drop and come back later than that.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from kallglot.errors import NotAuthenticated
from kallglot.store.database import Database, Statement
from kallglot.store.secret import ServerSecret

__all__ = ["StreamTokens"]

_PURPOSE = "stream-token"
_EXPIRY = 5
_LENGTH = 26


class StreamTokens:
    """Issues stream tokens and tells whom they let in."""

    def __init__(self, database: Database, secret: ServerSecret) -> None:
        self._database = database
        self._secret = secret

    def issue(self, session_id: str, expires_at: float, environment: str = "live") -> str:
        """Return the token for a session that expires at that second."""
        packed = int(expires_at).to_bytes(_EXPIRY)
        text = base64.urlsafe_b64encode(packed + self._seal(session_id, packed, environment))
        return f"kst_{environment}_{text.decode().rstrip('=')}"

    async def check(self, token: str, session_id: str, now: float) -> None:
        """Return if the token lets its bearer into the session at `now`.

        Raises:
            NotAuthenticated: `invalid_token` or `expired_token`.
        """
        packed = self._open(token, session_id)
        if packed is None:
            raise NotAuthenticated("this is no token for this session", code="invalid_token")
        if now >= int.from_bytes(packed) and not await self._has_connected(token, session_id):
            raise NotAuthenticated("the token has expired", code="expired_token")

    async def remember(self, token: str, session_id: str, now: float) -> None:
        """Let a token that has connected reconnect for as long as the session lives."""
        await self._database.write(
            Statement(
                "INSERT OR IGNORE INTO stream_tokens (hash, session_id, connected_at)"
                " VALUES (?, ?, ?)",
                (_hash(token), session_id, now),
            )
        )

    def _seal(self, session_id: str, packed: bytes, environment: str) -> bytes:
        expiry = str(int.from_bytes(packed))
        return self._secret.digest(_PURPOSE, session_id, expiry, environment)[: _LENGTH - _EXPIRY]

    def _open(self, token: str, session_id: str) -> bytes | None:
        match token.split("_", 2):
            case ["kst", ("live" | "test") as environment, text]:
                try:
                    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
                except (binascii.Error, ValueError):
                    return None
            case _:
                return None
        packed, seal = raw[:_EXPIRY], raw[_EXPIRY:]
        is_ours = hmac.compare_digest(seal, self._seal(session_id, packed, environment))
        return packed if is_ours else None

    async def _has_connected(self, token: str, session_id: str) -> bool:
        row = await self._database.read_one(
            "SELECT 1 FROM stream_tokens JOIN sessions ON sessions.id = stream_tokens.session_id"
            " WHERE hash = ? AND session_id = ? AND sessions.status <> 'ended'",
            (_hash(token), session_id),
        )
        return row is not None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
