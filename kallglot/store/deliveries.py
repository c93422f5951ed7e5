"""What has become of telling endpoints about events: the queue, and the log of it.

Deliveries are made by the database itself in the transaction that keeps an event, see the script
`0005_webhooks.sql`, which also has why only the first of a session is ever due.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import attrs
import msgspec

from kallglot.ids import new_id
from kallglot.model.webhook import Attempt, Delivery, DeliveryStatus, Errand
from kallglot.store.database import Database, Statement
from kallglot.store.endpoints import SWEPT
from kallglot.store.paging import Page, Slice, read_page
from kallglot.webhooks.events import Event

__all__ = ["Backlog", "Deliveries", "DeliveryFilter", "insert_delivery"]

#: How many attempts are remembered of one that is asked for again and again.
REMEMBERED = 50

_BODY = (
    "coalesce(webhook_deliveries.body, (SELECT body FROM events WHERE position = event_position))"
)

# Hops from endpoint to endpoint in the index of what is due, however many are due at each.
_AGENDA = """
WITH RECURSIVE waiting (endpoint) AS (
    SELECT min(endpoint_id) FROM webhook_deliveries
    WHERE status = 'pending' AND next_attempt_at IS NOT NULL
    UNION ALL
    SELECT (
        SELECT min(endpoint_id) FROM webhook_deliveries
        WHERE status = 'pending' AND next_attempt_at IS NOT NULL AND endpoint_id > endpoint
    )
    FROM waiting WHERE endpoint IS NOT NULL
)
SELECT endpoint, (
    SELECT min(next_attempt_at) FROM webhook_deliveries
    WHERE endpoint_id = endpoint AND status = 'pending' AND next_attempt_at IS NOT NULL
) AS due_at
FROM waiting JOIN webhook_endpoints ON id = endpoint
WHERE webhook_endpoints.status = 'enabled'
ORDER BY due_at
"""


@attrs.frozen
class DeliveryFilter:
    """Which deliveries of an endpoint are wanted."""

    status: DeliveryStatus | None = None
    session_id: str | None = None


@attrs.frozen
class Backlog:
    """How many deliveries are pending, and since when the oldest."""

    pending: int
    oldest: float | None


def insert_delivery(event: Event, endpoint_id: str) -> Statement:
    """Return the statement that has one endpoint told of an event, whatever else it listens to.

    It waits for nothing that came before.
    """
    delivery_id = new_id("wh_del")
    return Statement(
        "INSERT INTO webhook_deliveries (id, endpoint_id, event_position, event_id, event_type,"
        " session_id, lane, body, created_at, next_attempt_at)"
        " VALUES (?, ?, (SELECT position FROM events WHERE id = ?), ?, ?, ?, ?, ?, ?, ?)",
        (
            delivery_id,
            endpoint_id,
            event.id,
            event.id,
            event.type,
            event.session_id,
            delivery_id,
            msgspec.json.encode(event.body).decode(),
            event.created_at,
            event.created_at,
        ),
        is_news=True,
    )


class Deliveries:
    """The deliveries in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, event: Event, endpoint_id: str) -> Delivery:
        """Have one endpoint told of an event that is about nothing else in the store."""
        statement = insert_delivery(event, endpoint_id)
        await self._database.write(statement)
        delivery = await self.get(statement.values[0])
        assert delivery is not None
        return delivery

    async def get(self, delivery_id: str) -> Delivery | None:
        row = await self._database.read_one(
            "SELECT * FROM webhook_deliveries WHERE id = ?", (delivery_id,)
        )
        return None if row is None else _delivery(row)

    async def body(self, delivery_id: str) -> bytes:
        """Return what is sent; nothing if the event is no longer kept."""
        row = await self._database.read_one(
            f"SELECT {_BODY} AS sent FROM webhook_deliveries WHERE id = ?",  # noqa: S608
            (delivery_id,),
        )
        return b"" if row is None or row["sent"] is None else row["sent"].encode()

    async def page(self, endpoint_id: str, wanted: DeliveryFilter, page: Page) -> Slice[Delivery]:
        """Return a page of an endpoint's deliveries, newest first."""
        where: list[tuple[str, Sequence[Any]]] = [("endpoint_id = ?", [endpoint_id])]
        for name, value in attrs.asdict(wanted).items():
            if value is not None:
                where.append((f"{name} = ?", [value]))
        rows = await read_page(self._database, "webhook_deliveries", where, page)
        return Slice([_delivery(row) for row in rows.items], rows.has_more)

    async def agenda(self) -> list[tuple[str, float]]:
        """Return the endpoints for which something waits, and when the first of it is due."""
        rows = await self._database.read(_AGENDA)
        return [(row["endpoint"], row["due_at"]) for row in rows]

    async def next(self, endpoint_id: str, limit: int) -> list[Errand]:
        """Return what is to be sent to an endpoint, one of a lane, what is due first first."""
        rows = await self._database.read(
            "SELECT id, endpoint_id, lane, created_at, next_attempt_at, tries, attempt_count,"  # noqa: S608
            f" {_BODY} AS sent FROM webhook_deliveries WHERE endpoint_id = ?"
            " AND status = 'pending' AND next_attempt_at IS NOT NULL"
            " ORDER BY next_attempt_at, sequence LIMIT ?",
            (endpoint_id, limit),
        )
        return [
            Errand(
                id=row["id"],
                endpoint_id=row["endpoint_id"],
                lane=row["lane"],
                created_at=row["created_at"],
                due_at=row["next_attempt_at"],
                tries=row["tries"],
                attempt_count=row["attempt_count"],
                body=row["sent"].encode(),
            )
            for row in rows
        ]

    async def record(
        self,
        errand: Errand,
        attempt: Attempt,
        status: DeliveryStatus,
        next_attempt_at: float | None = None,
        *,
        is_gone: bool = False,
    ) -> None:
        """Keep what came of an attempt; `is_gone` disables the endpoint."""
        ended_at = attempt.at + attempt.duration
        statements = [
            Statement(
                "UPDATE webhook_deliveries SET status = ?, tries = tries + 1,"
                " attempt_count = attempt_count + 1, attempts = json_insert(CASE"
                " WHEN json_array_length(attempts) < ? THEN attempts"
                " ELSE json_remove(attempts, '$[0]') END, '$[#]', json(?)),"
                " next_attempt_at = ?, response_status = ?, settled_at = ? WHERE id = ?",
                (
                    status,
                    REMEMBERED,
                    msgspec.json.encode(attempt).decode(),
                    next_attempt_at,
                    attempt.status,
                    None if status == "pending" else ended_at,
                    errand.id,
                ),
            )
        ]
        if is_gone:
            statements.append(
                Statement(
                    "UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = 'gone'"
                    " WHERE id = ? AND NOT is_direct",
                    (errand.endpoint_id,),
                )
            )
        await self._database.write(*statements)

    async def redeliver(self, delivery_id: str, now: float) -> bool:
        """Have a delivery tried now, and as often as a new one; False if it waits for another.

        One that was settled waits for nothing and holds nothing up: it is out of order.
        """
        (changed,) = await self._database.write(
            Statement(
                "UPDATE webhook_deliveries SET next_attempt_at = ?, tries = 0, settled_at = NULL,"
                " lane = CASE status WHEN 'pending' THEN lane ELSE id END, status = 'pending'"
                " WHERE id = ? AND (status <> 'pending' OR next_attempt_at IS NOT NULL)",
                (now, delivery_id),
                is_news=True,
            )
        )
        return changed > 0

    async def backlog(self) -> Backlog:
        row = await self._database.read_one(
            "SELECT (SELECT count(*) FROM webhook_deliveries WHERE status = 'pending') AS pending,"
            " (SELECT min(created_at) FROM webhook_deliveries WHERE status = 'pending') AS oldest"
        )
        assert row is not None
        return Backlog(row["pending"], row["oldest"])

    async def forget(self, before: float) -> int:
        """Remove the log of what was settled before that time, a part of it; return how many.

        Endpoints for one thing only go with the last of it.
        """
        removed, _ = await self._database.write(
            Statement(
                "DELETE FROM webhook_deliveries WHERE sequence IN (SELECT sequence"
                " FROM webhook_deliveries WHERE settled_at < ? LIMIT ?)",
                (before, SWEPT),
            ),
            Statement(
                "DELETE FROM webhook_endpoints WHERE is_direct AND created_at < ? AND NOT EXISTS"
                " (SELECT 1 FROM webhook_deliveries WHERE endpoint_id = webhook_endpoints.id)",
                (before,),
            ),
        )
        return removed


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        id=row["id"],
        endpoint_id=row["endpoint_id"],
        event_id=row["event_id"],
        event_type=row["event_type"],
        session_id=row["session_id"],
        created_at=row["created_at"],
        status=row["status"],
        attempts=msgspec.json.decode(row["attempts"], type=tuple[Attempt, ...]),
        attempt_count=row["attempt_count"],
        next_attempt_at=row["next_attempt_at"],
        response_status=row["response_status"],
        settled_at=row["settled_at"],
    )
