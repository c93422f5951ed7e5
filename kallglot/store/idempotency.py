"""Answers that are given again when a request is repeated with its `Idempotency-Key`.

An answer is kept in the transaction of what was done for it, so a crash leaves both or neither:
whoever was not answered asks again, and is either answered from here or the first to be served.
What is being worked on is known to the process alone, and forgotten with it.  An answer may hold
a token, so it is sealed.
"""

from __future__ import annotations

import attrs

from kallglot.errors import IllegalMove, InvalidRequest
from kallglot.store.database import Database, Statement
from kallglot.store.vault import Vault

__all__ = ["Answer", "Claim", "Idempotency"]

KEPT = 24 * 3600.0
RETRY_AFTER = 1

_KEEP = (
    "INSERT INTO answers (organization_id, environment, key, fingerprint, created_at, status, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (organization_id, environment, key) DO UPDATE SET"
    " fingerprint = excluded.fingerprint, created_at = excluded.created_at,"
    " status = excluded.status, body = excluded.body WHERE answers.created_at <= ?"
)


@attrs.frozen
class Claim:
    """A key, whose it is, and what request it came with."""

    organization_id: str
    environment: str
    key: str
    fingerprint: bytes

    @property
    def name(self) -> tuple[str, str, str]:
        return (self.organization_id, self.environment, self.key)


@attrs.frozen
class Answer:
    """What a request was answered with."""

    status: int
    body: bytes = attrs.field(repr=False)


class Idempotency:
    """The claims of this process, and the answers in the store."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._running: dict[tuple[str, str, str], bytes] = {}

    async def claim(self, claim: Claim, now: float) -> Answer | None:
        """Return the answer given before, or None if the key is now the caller's, until `release`.

        Raises:
            InvalidRequest: `idempotency_mismatch`, the key belongs to another request.
            IllegalMove: `idempotency_conflict`, the first request is still being worked on.
        """
        running = self._running.get(claim.name)
        if running is not None:
            _compare(running, claim)
            raise _conflict()
        self._running[claim.name] = claim.fingerprint
        answer = None
        try:
            answer = await self._kept(claim, now)
        except BaseException:
            self.release(claim)
            raise
        if answer is not None:
            self.release(claim)
        return answer

    def release(self, claim: Claim) -> None:
        """Be done with a claim, whether there is an answer or not."""
        self._running.pop(claim.name, None)

    def keeping(self, claim: Claim, answer: Answer, now: float) -> list[Statement]:
        """Return what keeps the answer for a day, to be written with what it tells of."""
        sealed = self._vault.seal(answer.body.decode(), _owner(claim))
        long_ago = now - KEPT
        return [
            Statement("DELETE FROM answers WHERE created_at <= ?", (long_ago,)),
            Statement(
                _KEEP,
                (*claim.name, claim.fingerprint, now, answer.status, sealed, long_ago),
                otherwise=_conflict(),
            ),
        ]

    def forgetting(self, claim: Claim) -> list[Statement]:
        """Return what forgets an answer that should not have been given."""
        return [
            Statement(
                "DELETE FROM answers WHERE organization_id = ? AND environment = ? AND key = ?",
                claim.name,
            )
        ]

    async def keep(self, claim: Claim, answer: Answer, now: float) -> None:
        """Keep the answer of what left nothing else in the store, or may be done twice."""
        await self._database.write(*self.keeping(claim, answer, now))

    async def prune(self, now: float) -> int:
        """Forget the answers that are too old to be given again; return how many."""
        (forgotten,) = await self._database.write(
            Statement("DELETE FROM answers WHERE created_at <= ?", (now - KEPT,))
        )
        return forgotten

    async def _kept(self, claim: Claim, now: float) -> Answer | None:
        row = await self._database.read_one(
            "SELECT fingerprint, status, body FROM answers WHERE organization_id = ?"
            " AND environment = ? AND key = ? AND created_at > ?",
            (*claim.name, now - KEPT),
        )
        if row is None:
            return None
        _compare(row["fingerprint"], claim)
        return Answer(row["status"], self._vault.open(row["body"], _owner(claim)).encode())


def _compare(fingerprint: bytes, claim: Claim) -> None:
    if fingerprint != claim.fingerprint:
        raise InvalidRequest(
            "this Idempotency-Key was used for another request", code="idempotency_mismatch"
        )


def _conflict() -> IllegalMove:
    return IllegalMove(
        "the first request with this Idempotency-Key is still being worked on",
        code="idempotency_conflict",
        retry_after=RETRY_AFTER,
    )


def _owner(claim: Claim) -> str:
    return "\n".join(("answer", *claim.name))
