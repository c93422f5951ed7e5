"""`/v1/webhook_deliveries`: what has become of telling an endpoint about an event."""

from __future__ import annotations

from typing import Final, get_args

import msgspec
from aiohttp import web

from kallglot.api import query
from kallglot.api import webhook_shapes as shapes
from kallglot.api.answers import json_answer
from kallglot.api.context import API_KEY, CLOCK, STORE
from kallglot.api.endpoint import Answer, Endpoint
from kallglot.api.objects import iso, iso_or_none
from kallglot.errors import IllegalMove, NotFound
from kallglot.model import webhook
from kallglot.model.webhook import Attempt, Delivery, DeliveryStatus
from kallglot.store.deliveries import DeliveryFilter

__all__ = ["ENDPOINTS", "STATUSES", "delivery_object", "page_of"]

STATUSES: Final[tuple[DeliveryStatus, ...]] = get_args(DeliveryStatus)


async def retrieve(request: web.Request) -> web.Response:
    delivery, _ = await _find(request)
    return json_answer(await _view(request, delivery))


async def redeliver(request: web.Request) -> web.Response:
    """Try a delivery again now, whatever became of it before, and as often as a new one."""
    delivery, endpoint = await _find(request)
    if endpoint.status == "disabled":
        raise IllegalMove("the endpoint is disabled")
    if not await request.app[STORE].deliveries.redeliver(delivery.id, request.app[CLOCK]()):
        raise IllegalMove("the delivery waits for an earlier one of its session")
    again, _ = await _find(request)
    return json_answer(await _view(request, again), status=202)


async def page_of(request: web.Request, endpoint: webhook.Endpoint) -> shapes.DeliveryList:
    """Return the page that the query asks for of what an endpoint was told, or is to be."""
    status = query.choice(request, "status", STATUSES)
    wanted = DeliveryFilter(
        status=next((known for known in STATUSES if known == status), None),
        session_id=request.query.get("session_id"),
    )
    page = query.page(request, "wh_del")
    found = await request.app[STORE].deliveries.page(endpoint.id, wanted, page)
    return {
        "object": "list",
        "data": [delivery_object(delivery) for delivery in found.items],
        "has_more": found.has_more,
        "url": f"/v1/webhook_endpoints/{endpoint.id}/deliveries",
    }


def delivery_object(delivery: Delivery) -> shapes.Delivery:
    return {
        "id": delivery.id,
        "object": "webhook_delivery",
        "endpoint_id": delivery.endpoint_id,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "session_id": delivery.session_id or None,
        "status": delivery.status,
        "attempt_count": delivery.attempt_count,
        "response_status": delivery.response_status,
        "next_attempt_at": iso_or_none(delivery.next_attempt_at),
        "created_at": iso(delivery.created_at),
        "settled_at": iso_or_none(delivery.settled_at),
    }


async def _find(request: web.Request) -> tuple[Delivery, webhook.Endpoint]:
    store = request.app[STORE]
    delivery = await store.deliveries.get(request.match_info["id"])
    endpoint = None if delivery is None else await store.endpoints.get(delivery.endpoint_id)
    if delivery is None or endpoint is None or not request[API_KEY].sees(endpoint):
        raise NotFound("no such delivery", code="webhook_delivery_not_found")
    return delivery, endpoint


async def _view(request: web.Request, delivery: Delivery) -> shapes.DeliveryView:
    body = await request.app[STORE].deliveries.body(delivery.id)
    return {
        **delivery_object(delivery),
        "attempts": [_attempt(attempt) for attempt in delivery.attempts],
        "payload": msgspec.json.decode(body or b"{}"),
    }


def _attempt(attempt: Attempt) -> shapes.Attempt:
    return {
        "at": iso(attempt.at),
        "duration": round(attempt.duration, 3),
        "response_status": attempt.status,
        "error": attempt.error,
    }


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v1/webhook_deliveries/{id}",
        retrieve,
        "Retrieve a delivery, with every attempt and what is sent",
        {200: Answer("The delivery.", shapes.DeliveryView)},
        scope="webhooks:manage",
        codes=("webhook_delivery_not_found",),
    ),
    Endpoint(
        "POST",
        "/v1/webhook_deliveries/{id}/redeliver",
        redeliver,
        "Deliver again, now, also what was delivered or given up",
        {202: Answer("The delivery, which is pending.", shapes.DeliveryView)},
        scope="webhooks:manage",
        codes=("webhook_delivery_not_found", "illegal_state"),
    ),
)
