"""Ending sessions, one or many, whoever asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import attrs
from aiohttp import web

from kallglot.api.context import CALLS, CLOCK, STORE
from kallglot.api.desk import let_go
from kallglot.model.session import Session, Status
from kallglot.webhooks.events import SessionEnded, event_of

__all__ = ["end_all", "end_session"]

#: How many sessions are ended at a time: each writes out what it holds.
TOGETHER = 32


async def end_session(request: web.Request, session: Session, reason: str) -> Session:
    """End a session, and return it as it has ended, be it only now or before.

    One that was not living, because a crash took it before it began, is ended here.
    """
    store = request.app[STORE].sessions
    await let_go(request, session.id)
    await request.app[CALLS].end(session.id, reason)
    session = await store.get(session.id) or session
    if session.status is Status.ENDED:
        return session
    now = request.app[CLOCK]()
    ended = attrs.evolve(
        session, status=Status.ENDED, ended_at=now, end_reason=reason, reconnect_deadline=None
    )
    await store.save(ended, None, events=[event_of(SessionEnded(ended), now)])
    return ended


async def end_all(request: web.Request, sessions: Iterable[Session], reason: str) -> None:
    """End sessions, some of them at the same time."""
    gate = asyncio.Semaphore(TOGETHER)

    async def end(session: Session) -> None:
        async with gate:
            await end_session(request, session, reason)

    await asyncio.gather(*map(end, sessions))
