"""What can be asked of the API: the one description that both serves and documents an endpoint.

A resource lists its endpoints; `route` makes of each what aiohttp routes, and the reference is
made from the same list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs
from aiohttp import web
from aiohttp.typedefs import Handler

from kallglot.api import query
from kallglot.api.auth import admit

__all__ = ["PAGE", "Answer", "Credential", "Endpoint", "Parameter", "route"]

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

#: What lets somebody in where no scope says that a key must.
Credential: TypeAlias = Literal["api_key", "stream_token", "signature", "nothing"]


@attrs.frozen
class Parameter:
    """A parameter of the query, or a header; `schema` is its JSON Schema."""

    name: str
    schema: Mapping[str, Any]
    meaning: str

    @property
    def is_object(self) -> bool:
        """Whether it is written member by member: `metadata[order]=17`."""
        return self.schema.get("type") == "object"


@attrs.frozen
class Answer:
    """What may be answered: a `TypedDict` as JSON, or bytes of `media`, or nothing."""

    meaning: str
    shape: Any = None
    media: Sequence[str] = ("application/json",)


@attrs.frozen
class Endpoint:
    """One request and its answers.

    `scope` is what a key must be allowed to do; None lets everybody in.  `body` is the frozen
    class that the body is read as.  `codes` are the errors it has beyond those that any request
    may be answered with.  Without a scope, `admits` says what lets somebody in, which the handler
    looks at itself.
    """

    method: Method
    path: str
    handle: Handler
    summary: str
    answers: Mapping[int, Answer]
    scope: str | None = None
    body: type[Any] | None = None
    query: Sequence[Parameter] = ()
    headers: Sequence[Parameter] = ()
    codes: Sequence[str] = ()
    is_idempotent: bool = False
    admits: Sequence[Credential] = ("nothing",)


#: The query of a list.
PAGE: Final = (
    Parameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, "How many."
    ),
    Parameter("starting_after", {"type": "string"}, "The id after which the page starts."),
    Parameter("ending_before", {"type": "string"}, "The id before which the page ends."),
)


def route(endpoint: Endpoint) -> web.RouteDef:
    """Return the route; with a scope it is open only to those with a key that has it."""
    handle, scope = endpoint.handle, endpoint.scope
    if scope is None:
        return web.RouteDef(endpoint.method, endpoint.path, handle, {})

    objects = frozenset(each.name for each in endpoint.query if each.is_object)
    names = frozenset(each.name for each in endpoint.query) - objects

    async def guarded(request: web.Request) -> web.StreamResponse:
        await admit(request, scope)
        query.demand_known(request, names, objects)
        return await handle(request)

    return web.RouteDef(endpoint.method, endpoint.path, guarded, {})
