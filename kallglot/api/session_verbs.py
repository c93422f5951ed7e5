"""What can be done to a session beside ending it: changing its metadata, calling, hanging up."""

from __future__ import annotations

import logging
from typing import Any, Final

import attrs
from aiohttp import web

from kallglot import routing
from kallglot.api import sessions, shapes
from kallglot.api.accounts import directory_of
from kallglot.api.answers import json_answer, read_json
from kallglot.api.context import API_KEY, CALLS, REQUEST_ID, STORE
from kallglot.api.desk import let_go
from kallglot.api.endpoint import Answer, Endpoint
from kallglot.api.idempotency import once
from kallglot.api.merging import merged
from kallglot.api.reading import read
from kallglot.api.schemas import RoutingBody
from kallglot.api.values import Dialled, Metadata, PhoneNumber, Short, unfit
from kallglot.errors import IllegalMove, InvalidRequest, NoRoute, NotAvailable
from kallglot.model.session import Routing, Session, Status
from kallglot.routing import Directory, RoutingAsked
from kallglot.store.keys import ApiKey

__all__ = ["ENDPOINTS", "DialAsked", "HangUpAsked", "SessionChanges"]

logger = logging.getLogger(__name__)

#: How often metadata that others change at the same time are merged anew.
PATIENCE = 20


@attrs.frozen
class SessionChanges:
    """The body of `PATCH /v1/sessions/{id}`.

    Each key of `metadata` replaces the one of that name, null takes it away, and those that are
    not named stay.  `metadata: null` takes all of them away.
    """

    metadata: Metadata | None = attrs.field(repr=False)


@attrs.frozen
class DialAsked:
    """The body of `POST /v1/sessions/{id}/dial`: whom to call, and as whom.

    `routing` is that of the session unless it is given; `caller_id` is one of our numbers.
    """

    to: Dialled = attrs.field(repr=False)
    participant: Short | None = None
    caller_id: PhoneNumber | None = attrs.field(default=None, repr=False)
    routing: RoutingBody | None = None


@attrs.frozen
class HangUpAsked:
    """The body of `POST /v1/sessions/{id}/hangup`: one leg, somebody's legs, or else all."""

    leg_id: Short | None = None
    participant: Short | None = None


async def change(request: web.Request) -> web.Response:
    key = request[API_KEY]
    body = await read_json(request)
    changes = read(body, SessionChanges).metadata
    for _ in range(PATIENCE):
        session = await sessions.find_session(request, key)
        after = None if changes is None else merged(session.metadata, changes)
        if after is not None:
            read({"metadata": after}, SessionChanges)
        store = request.app[STORE].sessions
        if await store.change_metadata(session.id, session.metadata, after):
            await request.app[CALLS].note_metadata(session.id, after)
            return await _answer(request, attrs.evolve(session, metadata=after), key)
    raise IllegalMove("others keep changing the metadata of this session", retry_after=1)


async def dial(request: web.Request) -> web.Response:
    key = request[API_KEY]
    body = await read_json(request)
    return await once(request, key, body, lambda: _dial(request, key, body))


async def hang_up(request: web.Request) -> web.Response:
    key = request[API_KEY]
    asked = read(await read_json(request), HangUpAsked)
    if asked.leg_id is not None and asked.participant is not None:
        raise InvalidRequest("send leg_id or participant, not both", param="participant")
    session = await sessions.find_session(request, key)
    _demand_living(session)
    if asked.participant is not None:
        _demand_participant(session, asked.participant)
    await let_go(request, session.id, asked.leg_id, asked.participant)
    await request.app[CALLS].hang_up(session.id, asked.leg_id, asked.participant)
    logger.info("%s hung up on %s", request[REQUEST_ID], session.id)
    return await _answer(request, await sessions.find_session(request, key), key)


async def _dial(request: web.Request, key: ApiKey, body: dict[str, Any]) -> web.Response:
    asked = read(body, DialAsked)
    session = await sessions.find_session(request, key)
    _demand_living(session)
    if asked.participant is not None:
        _demand_participant(session, asked.participant)
    directory = await directory_of(request)
    if asked.caller_id is not None and directory.number(asked.caller_id) is None:
        raise unfit("caller_id must be a number of this server", "caller_id")
    route = _route(asked, session, directory)
    raise NotAvailable(f"this server cannot place calls over {route.provider} yet")


def _route(asked: DialAsked, session: Session, directory: Directory) -> Routing:
    """Return how the call would go out: as is asked, as the session does, or by default.

    Raises:
        NotFound: `connection_not_found`, `phone_number_not_found`.
        NoRoute: `sip_not_enabled`, or `no_default_provider` when nothing resolves.
    """
    if asked.routing is not None:
        return routing.resolve(asked.routing.asked(), directory)
    if asked.to.startswith("sip"):
        return routing.resolve(RoutingAsked(type=routing.SIP), directory)
    found = session.routing
    if found.provider is None:
        found = routing.resolve(None, directory)
    if found.provider is None:
        raise NoRoute("the session has no routing, and there is no default connection")
    return found


def _demand_living(session: Session) -> None:
    if session.status in {Status.ENDING, Status.ENDED}:
        raise IllegalMove("the session has ended")


def _demand_participant(session: Session, participant: str) -> None:
    keys = [person.key for person in session.participants]
    if participant not in keys:
        raise unfit(f"participant must be one of {', '.join(keys)}", "participant")


async def _answer(request: web.Request, session: Session, key: ApiKey) -> web.Response:
    return json_answer(await sessions.shown(request, session, key))


_NO_ROUTE: Final = (
    "connection_not_found",
    "no_default_provider",
    "phone_number_not_found",
    "sip_not_enabled",
)

ENDPOINTS: Final = (
    Endpoint(
        "PATCH",
        "/v1/sessions/{id}",
        change,
        "Change the metadata of a session, living or ended",
        {200: Answer("The session.", shapes.SessionView)},
        scope="sessions:write",
        body=SessionChanges,
        codes=("illegal_state", "session_not_found"),
    ),
    Endpoint(
        "POST",
        "/v1/sessions/{id}/dial",
        dial,
        "Call somebody into a session; this version says no more than how the call would go",
        {202: Answer("The session, with the leg that is being connected.", shapes.SessionView)},
        scope="sessions:write",
        body=DialAsked,
        codes=("feature_not_available", "illegal_state", "session_not_found", *_NO_ROUTE),
        is_idempotent=True,
    ),
    Endpoint(
        "POST",
        "/v1/sessions/{id}/hangup",
        hang_up,
        "Hang up on one leg, on somebody, or on all; who was on them may come back",
        {200: Answer("The session, which goes on.", shapes.SessionView)},
        scope="sessions:write",
        body=HangUpAsked,
        codes=("illegal_state", "leg_not_found", "session_not_found"),
    ),
)
