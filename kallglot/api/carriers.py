"""`/providers/{provider}/{suffix}`: what carriers ask and tell, and how we answer.

These are for carriers and need no key: a webhook is believed by its signature, over the bytes as
they came and the public URL of the settings.  Who sends anything else learns nothing by it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import attrs
from aiohttp import web

from kallglot import answering
from kallglot.answering import Door, Origin, Whose
from kallglot.api import sessions
from kallglot.api.accounts import directory_of
from kallglot.api.context import (
    API_KEY,
    CHECKS,
    CLOCK,
    LIMITS,
    PROVIDERS,
    REQUEST_ID,
    SETTINGS,
    STORE,
)
from kallglot.api.desk import DESK, Desk
from kallglot.api.ending import end_session
from kallglot.api.opening import asked_by, opened
from kallglot.carriers.callstate import Ended
from kallglot.carriers.facts import CallIncoming, StepsWanted, StreamFailed
from kallglot.carriers.steps import HangUp, Step
from kallglot.carriers.webhook import Delivery, Document, Webhook, WebhookRequest
from kallglot.errors import (
    EngineError,
    InvalidRequest,
    NotAllowed,
    NotFound,
    RateLimited,
    Refused,
    StoreError,
    WireError,
)
from kallglot.model.organization import Standing
from kallglot.model.phone_number import NumberProfile, PhoneNumber
from kallglot.model.session import Session
from kallglot.providers import Provider
from kallglot.signers import Signers
from kallglot.store.keys import ApiKey

__all__ = ["PATH", "prepare"]

logger = logging.getLogger(__name__)

PATH: Final = "/providers/{provider}/{suffix}"

#: Bytes; webhooks have a few hundred.
LARGEST_BODY: Final = 64 * 1024

#: What is answered here; the other webhooks of a provider are those of commands.
_SERVED: Final = frozenset({"voice", "after", "status", "stream"})

#: Who it is that calls a number of ours.
_CALLER: Final = "customer"


@attrs.frozen
class _Told:
    """A webhook that is believed, and whose it is."""

    provider: Provider
    whose: Whose
    delivery: Delivery
    now: float


def prepare(app: web.Application) -> None:
    """Serve carriers; not documented for whoever uses the API, as nobody but they can ask here."""
    app[DESK] = Desk(Signers(app[STORE], app[PROVIDERS]))
    app.add_routes([web.post(PATH, answer)])


async def answer(request: web.Request) -> web.Response:
    provider, webhook = _webhook(request)
    asked = await _asked(request)
    desk, now = request.app[DESK], request.app[CLOCK]()
    whose = await desk.signers.of(provider, asked, now)
    if not whose:
        return _disbelieved(request, "is not signed by anybody we know")
    try:
        delivery = webhook.read(asked)
    except WireError as error:
        raise InvalidRequest(str(error)) from error
    # Said by somebody else, the same thing is another.
    key = " ".join((provider.name, *sorted(whose), delivery.key))
    if not desk.replays.is_new(key, now):
        if webhook.render is not None:
            return _disbelieved(request, "has come before")
        return _response(webhook.nothing)
    try:
        steps = await _steps(request, webhook, _Told(provider, whose, delivery, now))
        if webhook.render is None or steps is None:
            return _response(webhook.nothing)
        return _response(webhook.render(steps))
    except BaseException:
        desk.replays.withdraw(key)
        raise


def _webhook(request: web.Request) -> tuple[Provider, Webhook]:
    provider = request.app[PROVIDERS].get(request.match_info["provider"])
    suffix = request.match_info["suffix"]
    webhook = None if provider is None else provider.webhook(suffix)
    if provider is None or webhook is None or suffix not in _SERVED:
        raise NotFound("there is nothing at this path")
    return provider, webhook


async def _asked(request: web.Request) -> WebhookRequest:
    body = await request.clone(client_max_size=LARGEST_BODY).read()
    url = f"{request.app[SETTINGS].public_url}{request.raw_path}"
    return WebhookRequest(request.method, url, request.headers, body)


def _disbelieved(request: web.Request, why: str) -> web.Response:
    """Return an answer by which nobody learns what was wrong."""
    logger.info("%s: a webhook %s", request[REQUEST_ID], why)
    return web.Response(status=403)


def _response(document: Document) -> web.Response:
    if not document.body:
        return web.Response(status=document.status)
    return web.Response(
        status=document.status,
        body=document.body,
        headers={"Content-Type": f"{document.media_type}; charset=utf-8"},
    )


async def _steps(request: web.Request, webhook: Webhook, told: _Told) -> Sequence[Step] | None:
    """Take note of what a webhook says; return what comes next, if that is asked."""
    book = request.app[DESK].book
    for fact in told.delivery.facts:
        before, after = book.learn(told.whose, fact)
        if before is not after and isinstance(fact, StreamFailed):
            logger.warning("%s: a stream failed: %s", request[REQUEST_ID], fact.why)
        reason = answering.reason_of(before, after)
        if reason is not None and fact.call_id is not None:
            await _end(request, told, fact.call_id, reason)
    wanted = next((each for each in told.delivery.facts if isinstance(each, StepsWanted)), None)
    if webhook.render is None or wanted is None:
        return None
    call = answering.incoming(told.delivery.facts)
    if call is not None and webhook.suffix == "voice":
        return await _welcome(request, told, call)
    return await _return(request, told, wanted.call_id)


async def _end(request: web.Request, told: _Told, call_id: str, reason: str) -> None:
    session = await _session(request, told, call_id)
    if session is not None:
        logger.info("%s: the call of %s is over: %s", request[REQUEST_ID], session.id, reason)
        await end_session(request, session, reason)


async def _session(request: web.Request, told: _Told, call_id: str) -> Session | None:
    """Return the living session that we opened for a call, if whoever signs may speak of it."""
    session = await request.app[STORE].sessions.expecting(call_id)
    if session is None or session.routing.connection_id not in told.whose:
        return None
    return session


async def _number(request: web.Request, told: _Told, called: str | None) -> PhoneNumber | None:
    """Return the number that was called, if whoever signs may speak of it."""
    number = None if called is None else await request.app[STORE].phone_numbers.find(called)
    if number is None or number.connection_id not in told.whose or number.status != "active":
        return None
    return number


# A call that comes in.


async def _welcome(request: web.Request, told: _Told, call: CallIncoming) -> Sequence[Step]:
    number = await _number(request, told, call.called)
    if number is None or number.profile is None:
        logger.warning("%s: a call to a number without a profile", request[REQUEST_ID])
        return answering.not_in_service()
    book = request.app[DESK].book
    try:
        session = await _session(request, told, call.call_id)  # of an asking before
        if session is None:
            session = await _opened(request, number, number.profile, call, told.now)
    except (Refused, EngineError, StoreError) as error:
        code = error.code if isinstance(error, Refused) else "engine_unavailable"
        logger.warning("%s: no session for a call: %s", request[REQUEST_ID], code)
        return answering.instead(number.profile, code)
    progress = book.call(told.whose, call.call_id).progress
    if isinstance(progress, Ended):  # which was told while the session was being opened
        await end_session(request, session, progress.cause)
        return (HangUp(),)
    return answering.welcomed(number.profile, _door(request, told, session), told.now)


async def _opened(
    request: web.Request, number: PhoneNumber, profile: NumberProfile, call: CallIncoming, at: float
) -> Session:
    """Open the session of a call, as its organization could have done by the API.

    Raises:
        Refused: it cannot be had.
    """
    app = request.app
    request[API_KEY] = key = await _on_behalf(request, number, at)
    if key.standing.status == "suspended":
        raise NotAllowed("this organization is suspended", code="organization_suspended")
    limit = key.standing.quotas.rate_limit
    if app[LIMITS].take(number.organization_id, at, limit).is_spent:
        raise RateLimited("too many requests")
    for name, check in app[CHECKS].items():
        problem = check()
        if problem is not None:
            raise EngineError(f"{name}: {problem}")
    asked = asked_by(profile, number.number)
    directory = await directory_of(request)
    made = opened(
        asked,
        number.organization_id,
        app[SETTINGS],
        at,
        environment=number.environment,
        directory=directory,
    )
    routing = attrs.evolve(
        made.routing, call_id=call.call_id, connection_id=number.connection_id, direction="inbound"
    )
    named = {"from": call.caller, "to": number.number, "call_id": call.call_id}
    metadata = {name: value for name, value in named.items() if value is not None}
    session = attrs.evolve(made, routing=routing, metadata=metadata)
    await sessions.begin(request, session)
    return session


async def _on_behalf(request: web.Request, number: PhoneNumber, now: float) -> ApiKey:
    """Return what whoever has the number may do, as a key of theirs would say it."""
    organizations = request.app[STORE].organizations
    organization = await organizations.get(number.organization_id)
    if organization is None:
        raise NotFound("there is no such organization", code="organization_not_found")
    used = 0
    if organization.quotas.api_credits is not None:
        used = await organizations.credits_used(organization.id, now)
    return ApiKey(
        id=number.id,
        organization_id=organization.id,
        name="calls to a number",
        environment=number.environment,
        hint="",
        scopes=frozenset(),
        created_at=number.created_at,
        standing=Standing(organization.status, organization.quotas, used),
    )


# A stream that is over.


async def _return(request: web.Request, told: _Told, call_id: str) -> Sequence[Step]:
    """Return what comes after a stream: another one, while the caller is awaited."""
    book = request.app[DESK].book
    session = await _session(request, told, call_id)
    call = book.call(told.whose, call_id)
    is_awaited = answering.is_awaited(session, call) and not book.is_let_go(call_id)
    if session is None or not is_awaited:
        return (HangUp(),)
    query = request.query
    origin = answering.return_of(Origin.read(query.get("attempt"), query.get("at")), told.now)
    if origin is None:
        number = await _number(request, told, session.routing.phone_number)
        logger.warning("%s: no stream to %s lasts", request[REQUEST_ID], session.id)
        return answering.given_up(None if number is None else number.profile)
    logger.info("%s: a caller comes back into %s", request[REQUEST_ID], session.id)
    return answering.connected(_door(request, told, session), origin)


def _door(request: web.Request, told: _Told, session: Session) -> Door:
    app = request.app
    settings = app[SETTINGS]
    expires_at = int(app[CLOCK]() + settings.token_lifetime)
    root = f"{settings.public_url}/providers/{told.provider.name}"
    return Door(
        session_id=session.id,
        participant=_CALLER,
        stream_url=settings.stream_url(session.id),
        token=app[STORE].tokens.issue(session.id, expires_at, session.environment),
        after_url=f"{root}/after",
        status_url=f"{root}/stream",
    )
