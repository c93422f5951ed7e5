"""`/v1/sessions`: opening, looking at, listing and ending sessions."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import attrs
from aiohttp import web

from kallglot.api import glossaries, objects, query, schemas
from kallglot.api.answers import json_answer, read_json
from kallglot.api.auth import allow
from kallglot.api.context import CALLS, CARDS, CLOCK, REQUEST_ID, SETTINGS, STORE, TRANSLATES
from kallglot.api.idempotency import once
from kallglot.api.objects import JsonObject, Stream
from kallglot.api.opening import opened
from kallglot.api.pairs import check_pairs
from kallglot.errors import NotFound, OverCapacity
from kallglot.lag.summary import CallLag, call_lag
from kallglot.model.session import Session, Status
from kallglot.store.keys import ApiKey
from kallglot.store.sessions import SessionFilter
from kallglot.webhooks.events import SessionCreated, SessionEnded, event_of

__all__ = ["find_session", "routes"]

logger = logging.getLogger(__name__)

COMPLETED = "completed"


def routes() -> list[web.RouteDef]:
    return [
        web.post("/v1/sessions", create),
        web.get("/v1/sessions", list_sessions),
        web.get("/v1/sessions/{id}", retrieve),
        web.post("/v1/sessions/{id}/end", end),
    ]


async def create(request: web.Request) -> web.Response:
    key = allow(request, "sessions:write")
    body = await read_json(request)
    return await once(request, key, body, lambda: _create(request, key, body))


async def retrieve(request: web.Request) -> web.Response:
    key = allow(request, "sessions:read")
    session = await find_session(request, key)
    lag = await _lag(request, session)
    return json_answer(await _view(request, session, key, lag))


async def list_sessions(request: web.Request) -> web.Response:
    key = allow(request, "sessions:read")
    status = query.choice(request, "status", tuple(Status))
    wanted = SessionFilter(
        environment=key.environment,
        status=None if status is None else Status(status),
        created_after=query.moment(request, "created_after"),
        created_before=query.moment(request, "created_before"),
        metadata={
            name[len("metadata[") : -1]: value
            for name, value in request.query.items()
            if name.startswith("metadata[") and name.endswith("]")
        },
    )
    store = request.app[STORE]
    found = await store.sessions.page(key.organization_id, wanted, query.page(request))
    return json_answer(
        {
            "object": "list",
            "data": [await _view(request, session, key) for session in found.items],
            "has_more": found.has_more,
            "url": "/v1/sessions",
        }
    )


async def end(request: web.Request) -> web.Response:
    key = allow(request, "sessions:write")
    body = await read_json(request)
    return await once(request, key, body, lambda: _end(request, key, body))


async def find_session(request: web.Request, key: ApiKey) -> Session:
    """Return the session that the URL names.

    Raises:
        NotFound: there is none, or it belongs to another organization.
    """
    session = await request.app[STORE].sessions.get(request.match_info["id"])
    if session is None or not key.sees(session):
        raise NotFound("no such session", code="session_not_found")
    return session


async def _create(request: web.Request, key: ApiKey, body: dict[str, Any]) -> web.Response:
    app = request.app
    now = app[CLOCK]()
    asked = schemas.read_session(body)
    glossary = await glossaries.of_new_session(request, key, asked)
    session = opened(asked, key.organization_id, app[SETTINGS], now, glossary, key.environment)
    check_pairs(session, app[TRANSLATES])
    if app[CALLS].count() >= app[SETTINGS].max_sessions:
        raise OverCapacity("this server carries as many sessions as it may", retry_after=30)
    await app[STORE].sessions.add(session, events=[event_of(SessionCreated(session), now)])
    try:
        await app[CALLS].open(session)
    except OverCapacity:
        await app[STORE].sessions.remove(session.id)
        raise
    logger.info("%s opened %s", request[REQUEST_ID], session.id)
    return json_answer(await _view(request, session, key), status=201)


async def _end(request: web.Request, key: ApiKey, body: dict[str, Any]) -> web.Response:
    reason = schemas.read_end(body).reason or COMPLETED
    session = await find_session(request, key)
    if session.status is not Status.ENDED:
        await request.app[CALLS].end(session.id, reason)
        session = await _ended(request, await find_session(request, key), reason)
        logger.info("%s ended %s", request[REQUEST_ID], session.id)
    view = await _view(request, session, key, await _lag(request, session))
    return json_answer({**view, "duration_seconds": view["duration"]})


async def _ended(request: web.Request, session: Session, reason: str) -> Session:
    """Return the session as it has ended.

    One that was not living, because a crash took it before it began, is ended here.
    """
    if session.status is Status.ENDED:
        return session
    now = request.app[CLOCK]()
    ended = attrs.evolve(
        session, status=Status.ENDED, ended_at=now, end_reason=reason, reconnect_deadline=None
    )
    await request.app[STORE].sessions.save(ended, None, events=[event_of(SessionEnded(ended), now)])
    return ended


async def _lag(request: web.Request, session: Session) -> CallLag | None:
    """Return the lag of a session; not for lists, as it takes the whole transcript."""
    if session.started_at is None:
        return None
    utterances = await request.app[STORE].transcripts.of_session(session.id)
    return await asyncio.to_thread(call_lag, utterances)  # of a long call it takes a while


async def _view(
    request: web.Request, session: Session, key: ApiKey, lag: CallLag | None = None
) -> JsonObject:
    app = request.app
    legs = await app[CALLS].legs(session.id)
    if not legs and session.status is not Status.CREATED:
        legs = await app[STORE].legs.of_session(session.id)
    stream = None if session.status is Status.ENDED else _stream(request, session, key)
    view = objects.session_object(session, app[CLOCK](), legs=legs, stream=stream, lag=lag)
    terms = glossaries.session_view(await app[STORE].glossaries.of_session(session.id))
    return {**view, **terms, "translation": objects.translation_object(app[CARDS])}


def _stream(request: web.Request, session: Session, key: ApiKey) -> Stream:
    settings = request.app[SETTINGS]
    expires_at = int(request.app[CLOCK]() + settings.token_lifetime)
    token = request.app[STORE].tokens.issue(session.id, expires_at, key.environment)
    return Stream(settings.stream_url(session.id), token, expires_at)
