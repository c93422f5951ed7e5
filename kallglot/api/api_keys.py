"""`/v1/api_keys`: making and revoking keys, of one's own organization or as an operator of all."""

from __future__ import annotations

import logging
from typing import Final, Literal

import attrs
from aiohttp import web

from kallglot.api import operator_shapes as shapes
from kallglot.api import query
from kallglot.api.answers import json_answer, read_json
from kallglot.api.auditing import actor
from kallglot.api.context import API_KEY, CLOCK, REQUEST_ID, STORE
from kallglot.api.endpoint import PAGE, Answer, Endpoint, Parameter
from kallglot.api.objects import iso, iso_or_none
from kallglot.api.reading import read
from kallglot.api.values import Moment, Short, Wording, unfit
from kallglot.errors import InvalidRequest, NotAllowed, NotFound
from kallglot.store.keys import ENVIRONMENTS, MANAGE, ORDINARY_SCOPES, SCOPES, ApiKey, Scope

__all__ = ["ENDPOINTS", "key_object"]

logger = logging.getLogger(__name__)


@attrs.frozen
class KeyAsked:
    """The body of `POST /v1/api_keys`; what is not said is as with the key that asks.

    `organization_id` is for operators, who belong to none.
    """

    name: Wording | None = None
    environment: Literal["live", "test"] | None = None
    scopes: list[Scope] | None = None
    expires_at: Moment | None = None
    organization_id: Short | None = None


async def create(request: web.Request) -> web.Response:
    maker = request[API_KEY]
    asked = read(await read_json(request), KeyAsked)
    now = request.app[CLOCK]()
    expires_at = _expiry(asked, maker, now)
    made = await request.app[STORE].keys.create(
        await _owner(request, asked, maker),
        now,
        name=asked.name or "",
        environment=_environment(asked, maker),
        scopes=_scopes(asked, maker),
        expires_at=expires_at,
        by=actor(request),
    )
    logger.info("%s made %s", request[REQUEST_ID], made.key.id)
    answer: shapes.ApiKeyWithText = {**key_object(made.key), "key": made.text}
    return json_answer(answer, status=201)


async def list_keys(request: web.Request) -> web.Response:
    key = request[API_KEY]
    organization_id: str | None = key.organization_id
    if key.is_operators:
        organization_id = request.query.get("organization_id")
    found = await request.app[STORE].keys.page(
        organization_id, _visible(key), query.page(request, "key")
    )
    keys: shapes.ApiKeyList = {
        "object": "list",
        "data": [key_object(each) for each in found.items],
        "has_more": found.has_more,
        "url": "/v1/api_keys",
    }
    return json_answer(keys)


async def retrieve(request: web.Request) -> web.Response:
    return json_answer(key_object(await _find(request)))


async def revoke(request: web.Request) -> web.Response:
    """Revoke a key; once more is no fault."""
    key = await _find(request)
    keys = request.app[STORE].keys
    if await keys.revoke(key.id, request.app[CLOCK](), by=actor(request)):
        logger.info("%s revoked %s", request[REQUEST_ID], key.id)
    return json_answer(key_object(await keys.get(key.id) or key))


def key_object(key: ApiKey) -> shapes.ApiKey:
    return {
        "id": key.id,
        "object": "api_key",
        "organization_id": key.organization_id or None,
        "name": key.name or None,
        "environment": "test" if key.environment == "test" else "live",
        "hint": key.hint,
        "scopes": sorted(key.scopes),
        "created_at": iso(key.created_at),
        "expires_at": iso_or_none(key.expires_at),
        "revoked_at": iso_or_none(key.revoked_at),
        "last_used_at": iso_or_none(key.last_used_at),
    }


async def _find(request: web.Request) -> ApiKey:
    """Return the key that the URL names.

    Raises:
        NotFound: there is none, or it is not for this one to see.
    """
    mine = request[API_KEY]
    key = await request.app[STORE].keys.get(request.match_info["id"])
    is_ours = key is not None and (
        mine.is_operators
        or (key.organization_id == mine.organization_id and key.environment in _visible(mine))
    )
    if key is None or not is_ours:
        raise NotFound("no such API key", code="api_key_not_found")
    return key


def _visible(key: ApiKey) -> tuple[str, ...]:
    """Return the environments whose keys a key may see: what is tested knows nothing of live."""
    return ENVIRONMENTS if key.environment == "live" else (key.environment,)


async def _owner(request: web.Request, asked: KeyAsked, maker: ApiKey) -> str:
    if not maker.is_operators:
        if asked.organization_id not in {None, maker.organization_id}:
            raise _no_organization()
        return maker.organization_id
    if asked.organization_id is None:
        raise InvalidRequest(
            "organization_id is missing", code="missing_required_field", param="organization_id"
        )
    if await request.app[STORE].organizations.get(asked.organization_id) is None:
        raise _no_organization()
    return asked.organization_id


def _no_organization() -> NotFound:
    return NotFound("no such organization", code="organization_not_found", param="organization_id")


def _environment(asked: KeyAsked, maker: ApiKey) -> str:
    wanted = asked.environment or maker.environment
    if wanted not in _visible(maker):
        raise NotAllowed("a test key makes test keys", param="environment")
    return wanted


def _scopes(asked: KeyAsked, maker: ApiKey) -> frozenset[str]:
    """Return what the new key may; no key gives what it does not have."""
    grantable = SCOPES if maker.is_operators else maker.scopes
    if asked.scopes is None:
        return frozenset(grantable & ORDINARY_SCOPES)
    if not asked.scopes:
        raise unfit("scopes must be one or more", "scopes")
    beyond = {*asked.scopes} - grantable
    if beyond:
        raise NotAllowed(f"this API key lacks the scope {min(beyond)} itself", param="scopes")
    return frozenset(asked.scopes)


def _expiry(asked: KeyAsked, maker: ApiKey, now: float) -> float | None:
    """Return when the new key expires: it does not outlive who makes it."""
    expires_at = asked.expires_at
    if expires_at is None:
        return maker.expires_at
    if expires_at <= now:
        raise unfit("expires_at must be in the future", "expires_at")
    if maker.expires_at is not None and expires_at > maker.expires_at:
        raise unfit("expires_at must be no later than that of the key that asks", "expires_at")
    return expires_at


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/api_keys",
        create,
        "Make an API key; it is shown this once, so an `Idempotency-Key` is not heeded",
        {201: Answer("The key.", shapes.ApiKeyWithText)},
        scope=MANAGE,
        body=KeyAsked,
        codes=("missing_required_field", "organization_not_found"),
    ),
    Endpoint(
        "GET",
        "/v1/api_keys",
        list_keys,
        "List API keys",
        {200: Answer("A page of them.", shapes.ApiKeyList)},
        scope=MANAGE,
        query=(
            Parameter("organization_id", {"type": "string"}, "For operators: only those of it."),
            *PAGE,
        ),
    ),
    Endpoint(
        "GET",
        "/v1/api_keys/{id}",
        retrieve,
        "Retrieve an API key",
        {200: Answer("The key, but for its text.", shapes.ApiKey)},
        scope=MANAGE,
        codes=("api_key_not_found",),
    ),
    Endpoint(
        "DELETE",
        "/v1/api_keys/{id}",
        revoke,
        "Revoke an API key",
        {200: Answer("The key, which is of no use from now on.", shapes.ApiKey)},
        scope=MANAGE,
        codes=("api_key_not_found",),
    ),
)
