"""`/v1/sessions`: opening, looking at, listing and ending sessions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs
from aiohttp import web

from kallglot.api import agents, glossaries, objects, query, quotas, schemas, shapes
from kallglot.api.accounts import directory_of
from kallglot.api.answers import json_answer, read_json
from kallglot.api.context import (
    API_KEY,
    CALLS,
    CARDS,
    CLOCK,
    REQUEST_ID,
    SETTINGS,
    STORE,
    TRANSLATES,
)
from kallglot.api.ending import end_session
from kallglot.api.endpoint import PAGE, Answer, Endpoint, Parameter
from kallglot.api.idempotency import forgetting, keeping, once
from kallglot.api.objects import Stream
from kallglot.api.opening import opened
from kallglot.api.pairs import check_pairs
from kallglot.errors import NotFound, OverCapacity
from kallglot.lag.summary import CallLag, call_lag
from kallglot.model.session import Session, Status
from kallglot.store.database import Statement
from kallglot.store.glossaries import SessionGlossary
from kallglot.store.keys import ApiKey
from kallglot.store.sessions import SessionFilter
from kallglot.webhooks.events import SessionCreated, SessionEnded, event_of

__all__ = ["ENDPOINTS", "begin", "find_session", "shown"]

logger = logging.getLogger(__name__)

COMPLETED = "completed"
NOT_OPENED = "not_opened"


async def create(request: web.Request) -> web.Response:
    key = request[API_KEY]
    body = await read_json(request)
    return await once(request, key, body, lambda: _create(request, key, body))


async def retrieve(request: web.Request) -> web.Response:
    key = request[API_KEY]
    session = await find_session(request, key)
    lag = await _lag(request, session)
    return json_answer(await shown(request, session, key, lag))


async def list_sessions(request: web.Request) -> web.Response:
    key = request[API_KEY]
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
    found = await store.sessions.page(key.organization_id, wanted, query.page(request, "sess"))
    sessions: shapes.SessionList = {
        "object": "list",
        "data": [await shown(request, session, key) for session in found.items],
        "has_more": found.has_more,
        "url": "/v1/sessions",
    }
    return json_answer(sessions)


async def end(request: web.Request) -> web.Response:
    key = request[API_KEY]
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
    await agents.demand_agent(request, key, asked.ai_agent)
    session = opened(
        asked,
        key.organization_id,
        app[SETTINGS],
        now,
        glossary,
        key.environment,
        await directory_of(request),
    )
    answer = json_answer(_new_view(request, session, key), status=201)
    await begin(request, session, lambda: keeping(request, answer))
    return answer


async def begin(
    request: web.Request,
    session: Session,
    also: Callable[[], Sequence[Statement]] = tuple,
) -> None:
    """Let a session begin to live, at its organization's expense.

    `also` is asked for what is written with it, once nothing is known that speaks against it.

    Raises:
        Refused: it cannot be translated, or there is no room, or too little credit.
    """
    app = request.app
    check_pairs(session, app[TRANSLATES])
    if app[CALLS].count() >= app[SETTINGS].max_sessions:
        raise OverCapacity("this server carries as many sessions as it may", retry_after=30)
    await app[STORE].sessions.add(
        session,
        events=[event_of(SessionCreated(session), session.created_at)],
        also=[*quotas.spending(request), *quotas.seating(request), *also()],
    )
    quotas.spent(request)
    try:
        await app[CALLS].open(session)
    except BaseException:
        await _close(request, session)
        raise
    logger.info("%s opened %s", request[REQUEST_ID], session.id)


async def _close(request: web.Request, session: Session) -> None:
    """End a session that could not begin; it has been announced, so it does not just go."""
    now = request.app[CLOCK]()
    ended = attrs.evolve(session, status=Status.ENDED, ended_at=now, end_reason=NOT_OPENED)
    await request.app[STORE].sessions.save(
        ended,
        None,
        events=[event_of(SessionEnded(ended), now)],
        also=[*quotas.refunding(request, session.created_at), *forgetting(request)],
    )


async def _end(request: web.Request, key: ApiKey, body: dict[str, Any]) -> web.Response:
    reason = schemas.read_end(body).reason or COMPLETED
    session = await find_session(request, key)
    if session.status is not Status.ENDED:
        session = await end_session(request, session, reason)
        logger.info("%s ended %s", request[REQUEST_ID], session.id)
    view = await shown(request, session, key, await _lag(request, session))
    ended: shapes.EndedSession = {**view, "duration_seconds": view["duration"]}
    return json_answer(ended)


async def _lag(request: web.Request, session: Session) -> CallLag | None:
    """Return the lag of a session; not for lists, as it takes the whole transcript."""
    if session.started_at is None:
        return None
    utterances = await request.app[STORE].transcripts.of_session(session.id)
    return await asyncio.to_thread(call_lag, utterances)  # of a long call it takes a while


async def shown(
    request: web.Request, session: Session, key: ApiKey, lag: CallLag | None = None
) -> shapes.SessionView:
    """Return a session as who has this key sees it."""
    app = request.app
    legs = await app[CALLS].legs(session.id)
    if not legs and session.status is not Status.CREATED:
        legs = await app[STORE].legs.of_session(session.id)
    stream = None if session.status is Status.ENDED else _stream(request, session, key)
    view = objects.session_object(session, app[CLOCK](), legs=legs, stream=stream, lag=lag)
    terms = glossaries.session_view(await app[STORE].glossaries.of_session(session.id))
    return {**view, **terms, "translation": objects.translation_object(app[CARDS])}


def _new_view(request: web.Request, session: Session, key: ApiKey) -> shapes.SessionView:
    """Return a session that is about to be opened as it will be then."""
    app, taken = request.app, None
    if session.glossary.terms:
        taken = SessionGlossary(session.glossary.id, len(session.glossary.terms), ())
    stream = _stream(request, session, key)
    view = objects.session_object(session, app[CLOCK](), stream=stream)
    terms = glossaries.session_view(taken)
    return {**view, **terms, "translation": objects.translation_object(app[CARDS])}


def _stream(request: web.Request, session: Session, key: ApiKey) -> Stream:
    settings = request.app[SETTINGS]
    expires_at = int(request.app[CLOCK]() + settings.token_lifetime)
    token = request.app[STORE].tokens.issue(session.id, expires_at, key.environment)
    return Stream(settings.stream_url(session.id), token, expires_at)


_CREATE_CODES: Final = (
    "ai_agent_not_found",
    "connection_not_found",
    "engine_unavailable",
    "feature_not_available",
    "glossary_not_found",
    "insufficient_api_credits",
    "no_default_provider",
    "organization_inactive",
    "over_capacity",
    "phone_number_not_found",
    "provider_error",
    "sip_not_enabled",
)

_FILTERS: Final = (
    Parameter("status", {"type": "string", "enum": list(Status)}, "Only those of this status."),
    Parameter("created_after", {"type": "string"}, "ISO 8601, or Unix seconds."),
    Parameter("created_before", {"type": "string"}, "ISO 8601, or Unix seconds."),
    Parameter(
        "metadata",
        {"type": "object", "additionalProperties": {"type": "string"}},
        "Only those with these values in their metadata: `metadata[order]=17`.",
    ),
)

ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/sessions",
        create,
        "Create a session",
        {201: Answer("The session.", shapes.SessionView)},
        scope="sessions:write",
        body=schemas.SessionAsked,
        codes=_CREATE_CODES,
        is_idempotent=True,
    ),
    Endpoint(
        "GET",
        "/v1/sessions",
        list_sessions,
        "List sessions",
        {200: Answer("A page of them.", shapes.SessionList)},
        scope="sessions:read",
        query=(*_FILTERS, *PAGE),
    ),
    Endpoint(
        "GET",
        "/v1/sessions/{id}",
        retrieve,
        "Retrieve a session",
        {200: Answer("The session.", shapes.SessionView)},
        scope="sessions:read",
        codes=("session_not_found",),
    ),
    Endpoint(
        "POST",
        "/v1/sessions/{id}/end",
        end,
        "End a session",
        {200: Answer("The session; also if it had ended before.", shapes.EndedSession)},
        scope="sessions:write",
        body=schemas.EndAsked,
        codes=("session_not_found",),
        is_idempotent=True,
    ),
)
