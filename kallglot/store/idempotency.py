"""Answers that are given again when a request is repeated with its `Idempotency-Key`.

A key is claimed before the work and the answer put beside it afterwards; only successful answers
are kept, for a day.  A claim without an answer that is older than a minute was left by a crash
and does not count.
"""

from __future__ import annotations

import attrs

from kallglot.errors import IllegalMove, InvalidRequest
from kallglot.store.database import Database, Statement

__all__ = ["Answer", "Idempotency"]

KEPT = 24 * 3600.0
STALE = 60.0


@attrs.frozen
class Answer:
    """What a request was answered with."""

    status: int
    body: bytes = attrs.field(repr=False)


class Idempotency:
    """The claims and answers in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self, organization_id: str, key: str, fingerprint: bytes, now: float
    ) -> Answer | None:
        """Return the answer given before, or None if the key is now the caller's.

        Raises:
            InvalidRequest: `idempotency_mismatch`, the key belongs to another request.
            IllegalMove: `idempotency_conflict`, the first request is still being worked on.
        """
        _, _, claimed = await self._database.write(
            Statement("DELETE FROM idempotency WHERE created_at <= ?", (now - KEPT,)),
            Statement(
                "DELETE FROM idempotency WHERE organization_id = ? AND key = ?"
                " AND status IS NULL AND created_at <= ?",
                (organization_id, key, now - STALE),
            ),
            Statement(
                "INSERT OR IGNORE INTO idempotency (organization_id, key, fingerprint, created_at)"
                " VALUES (?, ?, ?, ?)",
                (organization_id, key, fingerprint, now),
            ),
        )
        if claimed:
            return None
        row = await self._database.read_one(
            "SELECT fingerprint, status, body FROM idempotency"
            " WHERE organization_id = ? AND key = ?",
            (organization_id, key),
        )
        if row is not None and row["fingerprint"] != fingerprint:
            raise InvalidRequest(
                "this Idempotency-Key was used for another request", code="idempotency_mismatch"
            )
        if row is None or row["status"] is None:
            raise IllegalMove(
                "the first request with this Idempotency-Key is still being worked on",
                code="idempotency_conflict",
                retry_after=1,
            )
        return Answer(row["status"], row["body"])

    async def keep(self, organization_id: str, key: str, answer: Answer) -> None:
        """Put the answer beside the claim."""
        await self._database.write(
            Statement(
                "UPDATE idempotency SET status = ?, body = ? WHERE organization_id = ? AND key = ?",
                (answer.status, answer.body, organization_id, key),
            )
        )

    async def release(self, organization_id: str, key: str) -> None:
        """Give up a claim for which there will be no answer."""
        await self._database.write(
            Statement(
                "DELETE FROM idempotency WHERE organization_id = ? AND key = ? AND status IS NULL",
                (organization_id, key),
            )
        )
