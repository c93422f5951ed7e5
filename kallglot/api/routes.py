"""`/v1/routing/resolve`: which way a session would take, and why."""

from __future__ import annotations

from typing import Final

import attrs
from aiohttp import web

from kallglot.api import telephony_shapes as shapes
from kallglot.api.accounts import directory_of
from kallglot.api.answers import json_answer, read_json
from kallglot.api.endpoint import Answer, Endpoint
from kallglot.api.opening import resolution
from kallglot.api.reading import read
from kallglot.api.schemas import ProviderBody, RoutingBody
from kallglot.errors import InvalidRequest, Refused
from kallglot.model.session import Routing
from kallglot.routing import Directory, Resolution

__all__ = ["ENDPOINTS", "route_object"]


@attrs.frozen
class RouteAsked:
    """The body of `POST /v1/routing/resolve`: `routing` or `provider`, as a session has it."""

    routing: RoutingBody | None = None
    provider: ProviderBody | None = None


async def resolve(request: web.Request) -> web.Response:
    asked = read(await read_json(request), RouteAsked)
    if asked.routing is not None and asked.provider is not None:
        raise InvalidRequest("send routing or provider, not both", param="provider")
    directory = await directory_of(request)
    return json_answer(route_object(resolution(asked, directory), directory))


def route_object(found: Resolution, directory: Directory) -> shapes.Route:
    """Return a resolution as it is shown."""
    refusal = found.outcome if isinstance(found.outcome, Refused) else None
    route = found.outcome if isinstance(found.outcome, Routing) else Routing()
    return {
        "object": "route",
        "rule": found.rule,
        "provider": route.provider,
        "phone_number": route.phone_number,
        "connection_id": route.connection_id,
        "direction": route.direction,
        "connections": [*directory.accounts_of(route)],
        "steps": [
            {"rule": step.rule, "outcome": step.outcome, "reason": step.reason}
            for step in found.steps
        ],
        "error": None if refusal is None else _fault(refusal),
    }


def _fault(refusal: Refused) -> shapes.RouteFault:
    fault: shapes.RouteFault = {"code": refusal.code, "message": str(refusal)}
    if refusal.param is not None:
        fault["param"] = refusal.param
    return fault


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/routing/resolve",
        resolve,
        "Say which way a session would take, and why; nothing is called, and nothing is opened",
        {200: Answer("The route, or what a session would be refused with.", shapes.Route)},
        scope="sessions:read",
        body=RouteAsked,
    ),
)
