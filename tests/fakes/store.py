"""A store in memory, at once and without a thread, for actors whose time jumps."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from kallglot.errors import StoreError
from kallglot.model.retention import Retention
from kallglot.store.glossaries import SessionGlossary

__all__ = ["FakeGlossaries", "FakeStore"]


class FakeGlossaries:
    """The glossary of the one session, and how its terms fared."""

    def __init__(self, write) -> None:
        self._write = write
        self._glossary = None
        self.counts: tuple = ()

    def keep(self, glossary) -> None:
        self._glossary = glossary

    async def of_session(self, session_id):
        if self._glossary is None:
            return None
        return SessionGlossary(self._glossary.id, len(self._glossary.terms), self.counts)

    async def keep_report(self, session_id, counts) -> None:
        await self._write(())
        self.counts = tuple(counts)


class FakeStore:
    """What the archive uses of `kallglot.store.Store`; `events` is what would be announced.

    `fail_next` makes so many writes fail.
    """

    def __init__(self) -> None:
        self.session_rows: dict = {}
        self.states: dict = {}
        self.leg_rows: dict = {}
        self.utterances: dict = {}
        self.recording_rows: dict = {}
        self.events: list = []
        self.fail_next = 0
        self._turn = asyncio.Lock()
        self.sessions = SimpleNamespace(save=self._save_session, get=self._get_session)
        self.legs = SimpleNamespace(put=self._put_leg)
        self.transcripts = SimpleNamespace(put=self._put_utterance, of_session=self._said)
        self.recordings = SimpleNamespace(put=self._put_recording, of_session=self._recorded)
        self.glossaries = FakeGlossaries(self._write)
        self.kept = Retention()
        self.retention = SimpleNamespace(of=self._retention)

    async def _write(self, events) -> None:
        async with self._turn:  # one writer, first come, first served
            await asyncio.sleep(0.001)
        if self.fail_next:
            self.fail_next -= 1
            raise StoreError("the disk is full")
        self.events += events

    async def _save_session(self, session, state, *, events=()) -> None:
        await self._write(events)
        self.session_rows[session.id] = session
        self.states[session.id] = state

    async def _get_session(self, session_id):
        return self.session_rows.get(session_id)

    async def _put_leg(self, leg, *, events=()) -> None:
        await self._write(events)
        self.leg_rows[leg.id] = leg

    async def _put_utterance(self, utterance, *, events=()) -> None:
        await self._write(events)
        self.utterances[utterance.id] = utterance

    async def _said(self, session_id):
        said = [one for one in self.utterances.values() if one.session_id == session_id]
        return sorted(said, key=lambda utterance: utterance.sequence)

    async def _put_recording(self, recording, *, events=()) -> None:
        await self._write(events)
        self.recording_rows[recording.channel] = recording

    async def _retention(self, organization_id):
        return self.kept

    async def _recorded(self, session_id):
        return list(self.recording_rows.values())
