"""`/v1/organizations`: what operators settle about those who use the server."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated, Any, Final

import attrs
from aiohttp import web

from kallglot import disposal
from kallglot.api import operator_shapes as shapes
from kallglot.api import query
from kallglot.api.answers import json_answer, read_json
from kallglot.api.auditing import actor
from kallglot.api.context import CLOCK, REQUEST_ID, SETTINGS, STORE
from kallglot.api.ending import end_all
from kallglot.api.endpoint import PAGE, Answer, Endpoint
from kallglot.api.objects import iso
from kallglot.api.reading import read
from kallglot.api.shapes import Deleted, says
from kallglot.api.values import Count, Days, Reason, Wording, unfit
from kallglot.errors import NotFound
from kallglot.model.organization import Organization, OrganizationStatus, Quotas
from kallglot.model.session import Status
from kallglot.store.audit import note
from kallglot.store.keys import OPERATOR

__all__ = ["ENDPOINTS"]

logger = logging.getLogger(__name__)

#: Why sessions end that an operator ends, unless another reason is given.
BY_OPERATOR: Final = "ended_by_operator"
SUSPENDED: Final = "organization_suspended"

#: What is an organization's own, and no quota.
_OWN: Final = frozenset({"name", "status"})


@attrs.frozen
class QuotasAsked:
    """How much an organization may; null is as much as it likes."""

    rate_limit: Count | None = None
    max_concurrent_sessions: Count | None = None
    api_credits: Count | None = None


@attrs.frozen
class RetentionAsked:
    """For how many days what is kept; 0 is for ever, null as long as the server keeps it."""

    recording_days: Days | None = None
    transcript_days: Days | None = None
    event_days: Days | None = None


@attrs.frozen
class OrganizationAsked:
    """The body of `POST /v1/organizations`."""

    name: Wording
    quotas: QuotasAsked | None = None
    retention: RetentionAsked | None = None


@attrs.frozen
class OrganizationChanged:
    """The body of `PATCH /v1/organizations/{id}`; what is not there stays as it is."""

    name: Wording | None = None
    status: OrganizationStatus | None = None
    quotas: QuotasAsked | None = None
    retention: RetentionAsked | None = None


@attrs.frozen
class EndAllAsked:
    """The body of `POST /v1/organizations/{id}/end_sessions`."""

    reason: Annotated[Reason | None, says("`ended_by_operator` unless given.")] = None


async def create(request: web.Request) -> web.Response:
    asked = read(await read_json(request), OrganizationAsked)
    store, now = request.app[STORE], request.app[CLOCK]()
    quotas = Quotas(**_given(asked.quotas))
    made = await store.organizations.add(asked.name, now, quotas=quotas, by=actor(request))
    if asked.retention is not None:
        await _retain(request, made.id, _given(asked.retention))
    logger.info("%s made %s", request[REQUEST_ID], made.id)
    return json_answer(await _object(request, made), status=201)


async def list_organizations(request: web.Request) -> web.Response:
    found = await request.app[STORE].organizations.page(query.page(request, "org"))
    organizations: shapes.OrganizationList = {
        "object": "list",
        "data": [await _object(request, each) for each in found.items],
        "has_more": found.has_more,
        "url": "/v1/organizations",
    }
    return json_answer(organizations)


async def retrieve(request: web.Request) -> web.Response:
    return json_answer(await _object(request, await _find(request)))


async def update(request: web.Request) -> web.Response:
    organization = await _find(request)
    body = await read_json(request)
    asked = read(body, OrganizationChanged)
    store, now = request.app[STORE], request.app[CLOCK]()
    for name in body.keys() & _OWN:
        if body[name] is None:
            raise unfit(f"{name} must not be null", name)
    wanted: dict[str, object] = {name: getattr(asked, name) for name in body.keys() & _OWN}
    wanted |= _given(asked.quotas, body.get("quotas"))
    changes = {name: wanted[name] for name in wanted if wanted[name] != _value(organization, name)}
    if changes:
        await store.organizations.change(organization.id, changes, now, by=actor(request))
    if asked.retention is not None:
        await _retain(request, organization.id, _given(asked.retention, body["retention"]))
    if asked.status == "suspended":
        await _end_what_nobody_is_in(request, organization)
    return json_answer(await _object(request, await _find(request)))


async def end_sessions(request: web.Request) -> web.Response:
    """End all living sessions of an organization; what is asked for again ends what is new."""
    organization = await _find(request)
    reason = read(await read_json(request), EndAllAsked).reason or BY_OPERATOR
    store, now = request.app[STORE], request.app[CLOCK]()
    living = await store.sessions.living_of(organization.id)
    await store.audit.add(
        note(
            actor(request),
            "organization.sessions_ended",
            organization.id,
            now,
            organization.id,
            reason=reason,
            sessions=len(living),
        )
    )
    await end_all(request, living, reason)
    logger.info("%s ended %d sessions of %s", request[REQUEST_ID], len(living), organization.id)
    ended: shapes.EndedSessions = {
        "object": "ended_sessions",
        "organization_id": organization.id,
        "reason": reason,
        "ended": len(living),
    }
    return json_answer(ended)


async def delete(request: web.Request) -> web.Response:
    """Delete a suspended organization, and all that is its own."""
    organization = await _find(request)
    await disposal.delete_organization(
        request.app[STORE],
        request.app[SETTINGS].data,
        organization.id,
        request.app[CLOCK](),
        actor(request),
    )
    logger.info("%s deleted %s", request[REQUEST_ID], organization.id)
    return json_answer(Deleted(id=organization.id, object="organization", deleted=True))


def _given(asked: Any, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what was asked for; with the body, only what is in it."""
    if asked is None:
        return {}
    fields: dict[str, Any] = attrs.asdict(asked)
    return fields if body is None else {name: fields[name] for name in body}


def _value(organization: Organization, name: str) -> object:
    return getattr(organization if name in _OWN else organization.quotas, name)


async def _retain(
    request: web.Request, organization_id: str, changes: Mapping[str, int | None]
) -> None:
    if not changes:
        return
    await request.app[STORE].retention.change(
        organization_id,
        changes,
        request.app[SETTINGS].kept,
        note(
            actor(request),
            "organization.retention_updated",
            organization_id,
            request.app[CLOCK](),
            organization_id,
            **changes,
        ),
    )


async def _end_what_nobody_is_in(request: web.Request, organization: Organization) -> None:
    """End the sessions that have no call yet: nobody who is let in could end them."""
    created = await request.app[STORE].sessions.living_of(organization.id, Status.CREATED)
    await end_all(request, created, SUSPENDED)


async def _find(request: web.Request) -> Organization:
    found = await request.app[STORE].organizations.get(request.match_info["id"])
    if found is None:
        raise NotFound("no such organization", code="organization_not_found")
    return found


async def _object(request: web.Request, organization: Organization) -> shapes.Organization:
    store, quotas = request.app[STORE], organization.quotas
    kept = await store.retention.of(organization.id)
    return {
        "id": organization.id,
        "object": "organization",
        "name": organization.name,
        "status": organization.status,
        "quotas": {
            "rate_limit": quotas.rate_limit,
            "max_concurrent_sessions": quotas.max_concurrent_sessions,
            "api_credits": quotas.api_credits,
        },
        "retention": {
            "recording_days": kept.recording_days,
            "transcript_days": kept.transcript_days,
            "event_days": kept.event_days,
        },
        "api_credits_used": await store.organizations.credits_used(
            organization.id, request.app[CLOCK]()
        ),
        "created_at": iso(organization.created_at),
    }


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/organizations",
        create,
        "Make an organization",
        {201: Answer("The organization; it has no keys yet.", shapes.Organization)},
        scope=OPERATOR,
        body=OrganizationAsked,
    ),
    Endpoint(
        "GET",
        "/v1/organizations",
        list_organizations,
        "List organizations",
        {200: Answer("A page of them.", shapes.OrganizationList)},
        scope=OPERATOR,
        query=PAGE,
    ),
    Endpoint(
        "GET",
        "/v1/organizations/{id}",
        retrieve,
        "Retrieve an organization",
        {200: Answer("The organization.", shapes.Organization)},
        scope=OPERATOR,
        codes=("organization_not_found",),
    ),
    Endpoint(
        "PATCH",
        "/v1/organizations/{id}",
        update,
        "Change an organization; suspending one ends its sessions that have no call yet",
        {200: Answer("The organization.", shapes.Organization)},
        scope=OPERATOR,
        body=OrganizationChanged,
        codes=("invalid_field_value", "organization_not_found"),
    ),
    Endpoint(
        "POST",
        "/v1/organizations/{id}/end_sessions",
        end_sessions,
        "End all living sessions of an organization, calls under way too, live and test",
        {200: Answer("How many there were; all have ended.", shapes.EndedSessions)},
        scope=OPERATOR,
        body=EndAllAsked,
        codes=("organization_not_found",),
    ),
    Endpoint(
        "DELETE",
        "/v1/organizations/{id}",
        delete,
        "Delete a suspended organization whose sessions have ended, and all that is its own",
        {200: Answer("It is deleted.", Deleted)},
        scope=OPERATOR,
        codes=("illegal_state", "organization_not_found"),
    ),
)
