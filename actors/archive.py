"""Puts facts in the store, in the order in which they were told, and only then lets them out.

What is told to the announcer has been committed.  The store gathers writes that arrive together
into one transaction, so the archive starts each write at once and waits for none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias, assert_never

import attrs

from actors.announcer import Announce
from actors.runtime import AsyncioActor
from kallglot.errors import StoreError
from kallglot.lifecycle import Ended
from kallglot.messages import Fact, Question, Receiver, Request
from kallglot.model.glossary import TermCount
from kallglot.model.leg import Leg
from kallglot.model.recording import Recording
from kallglot.model.retention import Retention
from kallglot.model.session import Session, Status
from kallglot.model.transcript import Utterance
from kallglot.state import dump
from kallglot.store.store import Store
from kallglot.webhooks.events import Event, Happening, SegmentWritten, SessionEnded, event_of

__all__ = [
    "Archive",
    "EndCrashed",
    "KeepLeg",
    "KeepRecording",
    "KeepSession",
    "KeepTermCounts",
    "KeepUtterance",
    "NextSequence",
    "RecordingsOf",
    "RetentionOf",
    "Settle",
    "TermCounts",
]

logger = logging.getLogger(__name__)

#: How often, and after how many seconds, a write that failed is tried again.
RETRIES = (0.1, 1.0, 5.0)


@attrs.frozen
class KeepSession(Request):
    """Keep a session with the state of its life."""

    session: Session
    state: Mapping[str, Any]
    happenings: tuple[Happening, ...] = ()


@attrs.frozen
class KeepLeg(Request):
    """Keep a leg."""

    leg: Leg
    happenings: tuple[Happening, ...] = ()


@attrs.frozen
class KeepUtterance(Request):
    """Keep an utterance; a new one is also shown."""

    session: Session
    utterance: Utterance
    is_new: bool


@attrs.frozen
class KeepRecording(Request):
    """Keep what is known of a recording."""

    recording: Recording
    happenings: tuple[Happening, ...] = ()


@attrs.frozen
class KeepTermCounts(Request):
    """Keep how the terms of a session's glossary have fared until now."""

    session_id: str
    counts: tuple[TermCount, ...]


Keep: TypeAlias = KeepSession | KeepLeg | KeepUtterance | KeepRecording | KeepTermCounts


@attrs.frozen
class EndCrashed(Request):
    """Put on record that a session is over because something in it failed."""

    session_id: str


@attrs.frozen
class NextSequence(Question[int]):
    """Which number does the session's next utterance get?"""

    session_id: str


@attrs.frozen
class TermCounts(Question[tuple[TermCount, ...]]):
    """How have the terms of the session's glossary fared until now?"""

    session_id: str


@attrs.frozen
class RecordingsOf(Question[tuple[Recording, ...]]):
    """Which recordings has the session?"""

    session_id: str


@attrs.frozen
class RetentionOf(Question[Retention]):
    """How long does the organization keep what is its own?"""

    organization_id: str


@attrs.frozen
class Settle(Request):
    """Tell `settled` to `told` once everything told before has been committed."""

    told: Receiver
    settled: Fact


@attrs.frozen
class _Lost(Fact):
    """A write has failed for good."""

    what: str
    error: Exception


class Archive(AsyncioActor):
    """The only actor that writes to the store."""

    def __init__(self, store: Store, announcer: Receiver, wall: Callable[[], float]) -> None:
        super().__init__("archive")
        self._store = store
        self._announcer = announcer
        self._wall = wall

    async def on_receive(self, message: Any) -> Any:
        match message:
            case KeepSession() | KeepLeg() | KeepUtterance() | KeepRecording() | KeepTermCounts():
                self.later(self._keep(message), failed=lambda error: _Lost(repr(message), error))
            case Settle(told, settled):
                underway = set(self._work)
                self.later(
                    _settle(underway, told, settled), failed=lambda error: _Lost("a wait", error)
                )
            case EndCrashed(session_id):
                await self._end_crashed(session_id)
            case NextSequence(session_id):
                said = await self._store.transcripts.of_session(session_id)
                return max((utterance.sequence for utterance in said), default=0) + 1
            case TermCounts(session_id):
                known = await self._store.glossaries.of_session(session_id)
                return () if known is None else known.counts
            case RecordingsOf(session_id):
                return tuple(await self._store.recordings.of_session(session_id))
            case RetentionOf(organization_id):
                return await self._store.retention.of(organization_id)
            case _Lost(what, error):
                logger.error("lost: %s", what, exc_info=error)
            case _:
                return await super().on_receive(message)

    async def _keep(self, message: Keep) -> None:
        now = self._wall()
        events = tuple(event_of(happening, now) for happening in _happenings(message))
        for wait in (*RETRIES, None):
            try:
                await self._write(message, events)
                break
            except StoreError:
                if wait is None:
                    raise
                await asyncio.sleep(wait)
        self._announce(message, events)

    async def _end_crashed(self, session_id: str) -> None:
        session = await self._store.sessions.get(session_id)
        if session is None or session.status is Status.ENDED:
            return
        ended = attrs.evolve(
            session,
            status=Status.ENDED,
            ended_at=self._wall(),
            end_reason="error",
            reconnect_deadline=None,
        )
        await self._keep(KeepSession(ended, dump(Ended("error")), (SessionEnded(ended),)))

    def _write(
        self,
        message: Keep,
        events: tuple[Event, ...],
    ) -> Awaitable[None]:
        match message:
            case KeepSession(session, state):
                return self._store.sessions.save(session, state, events=events)
            case KeepLeg(leg):
                return self._store.legs.put(leg, events=events)
            case KeepUtterance(_, utterance):
                return self._store.transcripts.put(utterance, events=events)
            case KeepRecording(recording):
                return self._store.recordings.put(recording, events=events)
            case KeepTermCounts(session_id, counts):
                return self._store.glossaries.keep_report(session_id, counts)
            case _:
                assert_never(message)

    def _announce(
        self,
        message: Keep,
        events: tuple[Event, ...],
    ) -> None:
        match message:
            case KeepUtterance(session, utterance, is_new=True):
                self._announcer.tell(Announce(session.id, events, utterance=utterance))
            case KeepSession(session):
                self._announcer.tell(Announce(session.id, events, session=session))
            case _ if events:
                self._announcer.tell(Announce(events[0].session_id, events))
            case _:
                pass


async def _settle(underway: set[asyncio.Task[None]], told: Receiver, settled: Fact) -> None:
    if underway:
        await asyncio.wait(underway)
    told.tell(settled)


def _happenings(
    message: Keep,
) -> tuple[Happening, ...]:
    match message:
        case KeepUtterance(session, utterance, is_new=True):
            return (SegmentWritten(session, utterance),)
        case KeepUtterance() | KeepTermCounts():
            return ()
        case _:
            return message.happenings
