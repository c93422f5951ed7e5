"""`/v1/webhook_endpoints`: who is told of events."""

from __future__ import annotations

import logging
from typing import Final, Literal

import attrs
from aiohttp import web

from kallglot.api import deliveries, query
from kallglot.api import webhook_shapes as shapes
from kallglot.api.answers import json_answer, read_json
from kallglot.api.auditing import noted
from kallglot.api.context import API_KEY, CLOCK, REQUEST_ID, SETTINGS, STORE
from kallglot.api.endpoint import PAGE, Answer, Endpoint, Parameter
from kallglot.api.objects import iso, iso_or_none
from kallglot.api.reading import read
from kallglot.api.shapes import Deleted
from kallglot.api.values import EventTypes, Metadata, Overlap, WebhookUrl, Wording, unfit
from kallglot.errors import IllegalMove, NotFound
from kallglot.ids import new_id
from kallglot.model import webhook
from kallglot.model.webhook import EVERYTHING, EndpointStatus
from kallglot.store.endpoints import NewEndpoint
from kallglot.store.keys import ApiKey
from kallglot.webhooks.addresses import UnfitUrl, check_url
from kallglot.webhooks.events import trial_event

__all__ = ["ENDPOINTS", "MOST_ENDPOINTS", "find_endpoint"]

logger = logging.getLogger(__name__)

#: How many endpoints an organization may have; every event is kept once for each.
MOST_ENDPOINTS = 50

_EVERYTHING: Final = EventTypes(EVERYTHING)
_NO_URL: Final = WebhookUrl("")
_DAY: Final = Overlap(86_400)


@attrs.frozen
class EndpointAsked:
    """The body of `POST /v1/webhook_endpoints`."""

    url: WebhookUrl = attrs.field(repr=False)
    events: EventTypes = _EVERYTHING
    description: Wording | None = None
    metadata: Metadata | None = attrs.field(default=None, repr=False)
    status: EndpointStatus = "enabled"


@attrs.frozen
class EndpointChanged:
    """The body of `PATCH /v1/webhook_endpoints/{id}`; what is not there stays as it is."""

    url: WebhookUrl = attrs.field(default=_NO_URL, repr=False)
    events: EventTypes = _EVERYTHING
    description: Wording | None = None
    metadata: Metadata | None = attrs.field(default=None, repr=False)
    status: EndpointStatus = "enabled"


@attrs.frozen
class RotationAsked:
    """The body of `POST /v1/webhook_endpoints/{id}/rotate_secret`."""

    overlap_seconds: Overlap = _DAY


async def create(request: web.Request) -> web.Response:
    key = request[API_KEY]
    asked = read(await read_json(request), EndpointAsked)
    _check(request, asked.url)
    store = request.app[STORE]
    if await store.endpoints.count(key.organization_id, key.environment) >= MOST_ENDPOINTS:
        raise IllegalMove(
            f"there are {MOST_ENDPOINTS} webhook endpoints already",
            code="too_many_webhook_endpoints",
        )
    endpoint = webhook.Endpoint(
        id=new_id("wh"),
        organization_id=key.organization_id,
        environment=key.environment,
        url=asked.url,
        created_at=request.app[CLOCK](),
        events=asked.events,
        description=asked.description,
        metadata=asked.metadata,
        status=asked.status,
    )
    made = await store.endpoints.add(
        endpoint, noted(request, "webhook_endpoint.created", endpoint.id, events=[*asked.events])
    )
    logger.info("%s made %s", request[REQUEST_ID], made.endpoint.id)
    return json_answer(_with_secret(made), status=201)


async def list_endpoints(request: web.Request) -> web.Response:
    key = request[API_KEY]
    found = await request.app[STORE].endpoints.page(
        key.organization_id, key.environment, query.page(request, "wh")
    )
    endpoints: shapes.EndpointList = {
        "object": "list",
        "data": [_object(endpoint) for endpoint in found.items],
        "has_more": found.has_more,
        "url": "/v1/webhook_endpoints",
    }
    return json_answer(endpoints)


async def retrieve(request: web.Request) -> web.Response:
    return json_answer(_object(await find_endpoint(request)))


async def update(request: web.Request) -> web.Response:
    endpoint = await find_endpoint(request)
    body = await read_json(request)
    asked = read(body, EndpointChanged)
    changes: dict[str, object] = {name: getattr(asked, name) for name in body}
    if "url" in changes:
        _check(request, asked.url)
    if asked.status == "enabled" and "status" in changes:
        changes["disabled_reason"] = None
    if changes:
        note = noted(request, "webhook_endpoint.updated", endpoint.id, fields=sorted(body))
        await request.app[STORE].endpoints.change(endpoint.id, changes, note)
    return json_answer(_object(await find_endpoint(request)))


async def delete(request: web.Request) -> web.Response:
    """Delete an endpoint and the log of what it was told."""
    endpoint = await find_endpoint(request)
    await request.app[STORE].endpoints.remove(
        endpoint.id, noted(request, "webhook_endpoint.deleted", endpoint.id)
    )
    logger.info("%s deleted %s", request[REQUEST_ID], endpoint.id)
    return json_answer(Deleted(id=endpoint.id, object="webhook_endpoint", deleted=True))


async def rotate_secret(request: web.Request) -> web.Response:
    endpoint = await find_endpoint(request)
    asked = read(await read_json(request), RotationAsked)
    overlap, now = asked.overlap_seconds, request.app[CLOCK]()
    note = noted(request, "webhook_endpoint.secret_rotated", endpoint.id, overlap_seconds=overlap)
    made = await request.app[STORE].endpoints.rotate(endpoint, float(overlap), now, note)
    logger.info("%s rotated the secret of %s", request[REQUEST_ID], endpoint.id)
    return json_answer(_with_secret(made))


async def send_test(request: web.Request) -> web.Response:
    endpoint = await find_endpoint(request)
    if endpoint.status == "disabled":
        raise IllegalMove("the endpoint is disabled")
    event = trial_event(endpoint, request.app[CLOCK]())
    delivery = await request.app[STORE].deliveries.add(event, endpoint.id)
    return json_answer(deliveries.delivery_object(delivery), status=202)


async def list_deliveries(request: web.Request) -> web.Response:
    endpoint = await find_endpoint(request)
    return json_answer(await deliveries.page_of(request, endpoint))


async def reveal_signing_secret(request: web.Request) -> web.Response:
    key = request[API_KEY]
    environment = _environment(key.environment)
    secret: shapes.SigningSecret = {
        "object": "webhook_signing_secret",
        "environment": environment,
        "secret": request.app[STORE].endpoints.direct_secret(key.organization_id, environment),
    }
    return json_answer(secret)


async def find_endpoint(request: web.Request) -> webhook.Endpoint:
    """Return the endpoint that the URL names.

    Raises:
        NotFound: there is none, or it is another organization's.
    """
    key: ApiKey = request[API_KEY]
    endpoint = await request.app[STORE].endpoints.get(request.match_info["id"])
    if endpoint is None or endpoint.is_direct or not key.sees(endpoint):
        raise NotFound("no such webhook endpoint", code="webhook_endpoint_not_found")
    return endpoint


def _check(request: web.Request, url: str) -> None:
    try:
        check_url(url, allow_private=request.app[SETTINGS].webhooks.allow_private)
    except UnfitUrl as error:
        raise unfit(f"url {error}", "url") from error


def _with_secret(made: NewEndpoint) -> shapes.EndpointWithSecret:
    return {**_object(made.endpoint), "secret": made.secret}


def _object(endpoint: webhook.Endpoint) -> shapes.Endpoint:
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "url": endpoint.url,
        "events": [*endpoint.events],
        "description": endpoint.description,
        "metadata": None if endpoint.metadata is None else {**endpoint.metadata},
        "status": endpoint.status,
        "disabled_reason": endpoint.disabled_reason,
        "environment": _environment(endpoint.environment),
        "created_at": iso(endpoint.created_at),
        "previous_secret_expires_at": iso_or_none(endpoint.previous_secret_expires_at),
    }


def _environment(name: str) -> Literal["live", "test"]:
    return "test" if name == "test" else "live"


_CODES: Final = ("invalid_field_value", "webhook_endpoint_not_found")

_OF_DELIVERIES: Final = (
    *PAGE,
    Parameter(
        "status", {"type": "string", "enum": [*deliveries.STATUSES]}, "Only those of that status."
    ),
    Parameter("session_id", {"type": "string"}, "Only those about that session."),
)

ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/webhook_endpoints",
        create,
        "Have a URL told of events from now on",
        {201: Answer("The endpoint, and its secret.", shapes.EndpointWithSecret)},
        scope="webhooks:manage",
        body=EndpointAsked,
        codes=("too_many_webhook_endpoints",),
    ),
    Endpoint(
        "GET",
        "/v1/webhook_endpoints",
        list_endpoints,
        "List webhook endpoints",
        {200: Answer("A page of them.", shapes.EndpointList)},
        scope="webhooks:manage",
        query=PAGE,
    ),
    Endpoint(
        "GET",
        "/v1/webhook_endpoints/{id}",
        retrieve,
        "Retrieve a webhook endpoint",
        {200: Answer("The endpoint.", shapes.Endpoint)},
        scope="webhooks:manage",
        codes=("webhook_endpoint_not_found",),
    ),
    Endpoint(
        "PATCH",
        "/v1/webhook_endpoints/{id}",
        update,
        "Change a webhook endpoint; what waits for one that was disabled goes when it is enabled",
        {200: Answer("The endpoint as it is now.", shapes.Endpoint)},
        scope="webhooks:manage",
        body=EndpointChanged,
        codes=_CODES,
    ),
    Endpoint(
        "DELETE",
        "/v1/webhook_endpoints/{id}",
        delete,
        "Delete a webhook endpoint, what it has not been told yet, and the log of what it was",
        {200: Answer("It is deleted.", Deleted)},
        scope="webhooks:manage",
        codes=("webhook_endpoint_not_found",),
    ),
    Endpoint(
        "POST",
        "/v1/webhook_endpoints/{id}/rotate_secret",
        rotate_secret,
        "Sign with a new secret, and with the one before as well for a while",
        {200: Answer("The endpoint, and its new secret.", shapes.EndpointWithSecret)},
        scope="webhooks:manage",
        body=RotationAsked,
        codes=_CODES,
    ),
    Endpoint(
        "POST",
        "/v1/webhook_endpoints/{id}/test",
        send_test,
        "Send a `webhook.test` event",
        {202: Answer("Its delivery.", shapes.Delivery)},
        scope="webhooks:manage",
        codes=("webhook_endpoint_not_found", "illegal_state"),
    ),
    Endpoint(
        "GET",
        "/v1/webhook_endpoints/{id}/deliveries",
        list_deliveries,
        "List what an endpoint was told, or is to be",
        {200: Answer("A page of deliveries.", shapes.DeliveryList)},
        scope="webhooks:manage",
        query=_OF_DELIVERIES,
        codes=_CODES,
    ),
    Endpoint(
        "GET",
        "/v1/webhook_signing_secret",
        reveal_signing_secret,
        "Retrieve what signs events to URLs given for one thing only, such as one analysis",
        {200: Answer("The secret.", shapes.SigningSecret)},
        scope="webhooks:manage",
    ),
)
