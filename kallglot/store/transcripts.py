"""What was said: the utterances of sessions."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import attrs
import msgspec

from kallglot.model.transcript import Rendering, Utterance
from kallglot.store.database import Database, Statement
from kallglot.store.events import insert_event
from kallglot.webhooks.events import Event

__all__ = ["Transcripts"]

_PUT = (
    "INSERT INTO utterances (id, session_id, sequence, speaker, language, text, start_time,"
    " end_time, confidence, is_sure, renderings, turn, heard_at, erased)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, speaker = excluded.speaker,"
    " language = excluded.language, text = excluded.text, start_time = excluded.start_time,"
    " end_time = excluded.end_time, confidence = excluded.confidence,"
    " is_sure = excluded.is_sure, renderings = excluded.renderings, turn = excluded.turn,"
    " heard_at = excluded.heard_at, erased = excluded.erased"
)


class Transcripts:
    """The utterances in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, utterance: Utterance, *, events: Sequence[Event] = ()) -> None:
        """Keep an utterance, or replace the one of that id."""
        renderings = [attrs.asdict(rendering) for rendering in utterance.renderings]
        values = (
            utterance.id,
            utterance.session_id,
            utterance.sequence,
            utterance.speaker,
            utterance.language,
            utterance.text,
            utterance.start,
            utterance.end,
            utterance.confidence,
            utterance.is_sure,
            msgspec.json.encode(renderings).decode(),
            utterance.turn,
            utterance.heard_at,
            utterance.erased,
        )
        await self._database.write(Statement(_PUT, values), *map(insert_event, events))

    async def of_session(self, session_id: str) -> list[Utterance]:
        """Return what was said in a session, in order."""
        rows = await self._database.read(
            "SELECT * FROM utterances WHERE session_id = ? ORDER BY sequence, start_time",
            (session_id,),
        )
        return [_utterance(row) for row in rows]


def _utterance(row: sqlite3.Row) -> Utterance:
    return Utterance(
        id=row["id"],
        session_id=row["session_id"],
        sequence=row["sequence"],
        speaker=row["speaker"],
        language=row["language"],
        text=row["text"],
        start=row["start_time"],
        end=row["end_time"],
        confidence=row["confidence"],
        is_sure=bool(row["is_sure"]),
        renderings=tuple(Rendering(**fields) for fields in msgspec.json.decode(row["renderings"])),
        turn=row["turn"],
        heard_at=row["heard_at"],
        erased=row["erased"],
    )
