"""Sessions, with the state of their lives beside them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import msgspec

from kallglot.model.session import Mode, Participant, Routing, Session, Status
from kallglot.store.database import Database, Statement, as_json
from kallglot.store.events import insert_event
from kallglot.store.glossaries import insert_session_glossary, session_glossary
from kallglot.store.paging import Page, Slice, read_page
from kallglot.webhooks.events import Event

__all__ = ["LifeState", "SessionFilter", "Sessions"]

#: The state of a session's life as JSON values; its shape is the lifecycle's affair.
LifeState = Mapping[str, Any]

_COLUMNS = (
    "id",
    "organization_id",
    "mode",
    "status",
    "participants",
    "routing",
    "source_language",
    "target_language",
    "is_recorded",
    "hearing_original",
    "metadata",
    "created_at",
    "started_at",
    "ended_at",
    "end_reason",
    "reconnect_deadline",
    "environment",
    "state",
)
_INSERT = (
    f"INSERT INTO sessions ({', '.join(_COLUMNS)})"  # noqa: S608
    f" VALUES ({', '.join('?' * len(_COLUMNS))})"
)
#: What never changes while a session lives, or is changed from outside.
_OUTSIDE = frozenset({"id", "metadata"})
_SAVED = tuple(name for name in _COLUMNS if name not in _OUTSIDE)
_UPDATE = (
    f"UPDATE sessions SET {', '.join(f'{name} = ?' for name in _SAVED)}"  # noqa: S608
    " WHERE id = ?"
)
_METADATA = (
    "EXISTS (SELECT 1 FROM json_each(sessions.metadata) WHERE key = ? AND"
    " CASE type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(value AS TEXT) END"
    " = ?)"
)


@attrs.frozen
class SessionFilter:
    """Which sessions are wanted; `created_before` itself is left out."""

    environment: str = "live"
    status: Status | None = None
    created_after: float | None = None
    created_before: float | None = None
    metadata: Mapping[str, str] = attrs.field(factory=dict, repr=False)


class Sessions:
    """The sessions in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        session: Session,
        state: LifeState | None = None,
        *,
        events: Sequence[Event] = (),
        also: Sequence[Statement] = (),
    ) -> None:
        """Keep a new session, and what the outside is to be told of it.

        Raises:
            Refused: something that is to be written with it says no.
        """
        await self._database.write(
            *also,
            Statement(_INSERT, _values(session, state)),
            *insert_session_glossary(session),
            *map(insert_event, events),
        )

    async def save(
        self,
        session: Session,
        state: LifeState | None,
        *,
        events: Sequence[Event] = (),
        also: Sequence[Statement] = (),
    ) -> None:
        """Keep what has become of a session, its status and state together.

        The metadata in the store stay: whoever saves may not know the newest.
        """
        values = dict(zip(_COLUMNS, _values(session, state), strict=True))
        saved = (*(values[name] for name in _SAVED), session.id)
        await self._database.write(Statement(_UPDATE, saved), *map(insert_event, events), *also)

    async def change_metadata(
        self, session_id: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
    ) -> bool:
        """Replace the metadata of a session; False if they are not, or no longer, `before`."""
        texts = [None if each is None else as_json(each) for each in (after, before)]
        (changed,) = await self._database.write(
            Statement(
                "UPDATE sessions SET metadata = ? WHERE id = ? AND metadata IS ?",
                (texts[0], session_id, texts[1]),
            )
        )
        return changed > 0

    async def hide(self, session_id: str, now: float, *also: Statement) -> None:
        """Let nobody see a session from now on: it is about to be removed."""
        await self._database.write(
            Statement("UPDATE sessions SET deleted_at = ? WHERE id = ?", (now, session_id)), *also
        )

    async def remove(self, *session_ids: str) -> None:
        """Forget sessions and everything about them."""
        marks = ", ".join("?" * len(session_ids))
        await self._database.write(
            Statement(f"DELETE FROM sessions WHERE id IN ({marks})", session_ids),  # noqa: S608
            Statement(f"DELETE FROM events WHERE session_id IN ({marks})", session_ids),  # noqa: S608
            Statement(
                f"DELETE FROM webhook_deliveries WHERE session_id IN ({marks})",  # noqa: S608
                session_ids,
            ),
        )

    async def get(self, session_id: str) -> Session | None:
        row = await self._database.read_one(
            "SELECT * FROM sessions WHERE id = ? AND deleted_at IS NULL", (session_id,)
        )
        return None if row is None else _session(row)

    async def state(self, session_id: str) -> LifeState | None:
        row = await self._database.read_one(
            "SELECT state FROM sessions WHERE id = ?", (session_id,)
        )
        return None if row is None else _state(row)

    async def expecting(self, call_id: str) -> Session | None:
        """Return the living session that was created for that call."""
        row = await self._database.read_one(
            "SELECT * FROM sessions WHERE call_id = ? AND status <> 'ended'"
            " ORDER BY id DESC LIMIT 1",
            (call_id,),
        )
        return None if row is None else _session(row)

    async def list_living(self) -> list[tuple[Session, LifeState | None]]:
        """Return the sessions that have not ended, oldest first, with the state of each."""
        rows = await self._database.read(
            "SELECT sessions.*, session_glossaries.terms FROM sessions LEFT JOIN session_glossaries"
            " ON session_id = id WHERE status <> 'ended' ORDER BY id"
        )
        return [
            (attrs.evolve(_session(row), glossary=session_glossary(row)), _state(row))
            for row in rows
        ]

    async def living_of(self, organization_id: str, *statuses: Status) -> list[Session]:
        """Return the sessions of an organization that have not ended, or of them those."""
        rows = await self._database.read(
            "SELECT * FROM sessions WHERE organization_id = ? AND status <> 'ended' ORDER BY id",
            (organization_id,),
        )
        sessions = [_session(row) for row in rows]
        return [each for each in sessions if not statuses or each.status in statuses]

    async def page(self, organization_id: str, wanted: SessionFilter, page: Page) -> Slice[Session]:
        """Return a page of an organization's sessions, newest first."""
        where: list[tuple[str, Sequence[Any]]] = [
            ("organization_id = ?", [organization_id]),
            ("environment = ?", [wanted.environment]),
            ("deleted_at IS NULL", []),
        ]
        if wanted.status is not None:
            where.append(("status = ?", [wanted.status]))
        if wanted.created_after is not None:
            where.append(("created_at >= ?", [wanted.created_after]))
        if wanted.created_before is not None:
            where.append(("created_at < ?", [wanted.created_before]))
        where += [(_METADATA, item) for item in wanted.metadata.items()]
        rows = await read_page(self._database, "sessions", where, page)
        return Slice([_session(row) for row in rows.items], rows.has_more)


def _values(session: Session, state: LifeState | None) -> tuple[Any, ...]:
    return (
        session.id,
        session.organization_id,
        session.mode.value,
        session.status.value,
        as_json([attrs.asdict(participant) for participant in session.participants]),
        as_json(attrs.asdict(session.routing)),
        session.source_language,
        session.target_language,
        session.is_recorded,
        session.hearing_original,
        None if session.metadata is None else as_json(session.metadata),
        session.created_at,
        session.started_at,
        session.ended_at,
        session.end_reason,
        session.reconnect_deadline,
        session.environment,
        None if state is None else as_json(state),
    )


def _session(row: sqlite3.Row) -> Session:
    return Session(
        id=row["id"],
        organization_id=row["organization_id"],
        mode=Mode(row["mode"]),
        participants=tuple(
            Participant(**fields) for fields in msgspec.json.decode(row["participants"])
        ),
        created_at=row["created_at"],
        status=Status(row["status"]),
        source_language=row["source_language"],
        target_language=row["target_language"],
        routing=Routing(**msgspec.json.decode(row["routing"])),
        is_recorded=bool(row["is_recorded"]),
        hearing_original=row["hearing_original"],
        metadata=None if row["metadata"] is None else msgspec.json.decode(row["metadata"]),
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        end_reason=row["end_reason"],
        reconnect_deadline=row["reconnect_deadline"],
        environment=row["environment"],
    )


def _state(row: sqlite3.Row) -> LifeState | None:
    text: str | None = row["state"]
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])
