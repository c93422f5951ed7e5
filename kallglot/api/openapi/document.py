"""The whole reference as one OpenAPI 3.1 document.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from kallglot import __version__
from kallglot.api import shapes
from kallglot.api.endpoint import Endpoint
from kallglot.api.openapi.bodies import Components, Schema
from kallglot.api.openapi.examples import Examples, put_into
from kallglot.api.openapi.operations import HEADERS, REFUSED, operation
from kallglot.api.openapi.tags import TAGS

__all__ = ["document"]

_ABOUT: Final = """\
Calls between people who each speak their own language.

Create a session, connect the calls to its stream, and end it; transcripts, recordings and events \
come with it.

* **Keys.** Send an API key as `Authorization: Bearer sk_live_…` or as `X-API-Key`. Each key \
belongs to one organization and to its `live` or its `test` environment, and sees nothing of any \
other: what is somebody else's is answered with 404.
* **Errors.** Every answer from 400 on has the body `{"error": {"type", "code", "message", \
"param"?, "request_id", "retry_after"?}}`. Go by `code`. Unknown fields are refused.
* **Lists** are the newest first, in pages of `limit`; `starting_after` and `ending_before` take \
the id of the item to go on from, and `has_more` says whether there is more.
* **Retries.** With an `Idempotency-Key` a `POST` that is sent twice is carried out once.
* **Limits.** `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` come with \
every answer to a key; 429 has `Retry-After`.
* **Times** are ISO 8601 in UTC.

The stream is described in `/asyncapi.json`.
"""

_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, `sk_live_…`."},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "stream_token": {
        "type": "apiKey",
        "in": "query",
        "name": "token",
        "description": "A session's `stream.token`, `kst_live_…`.",
    },
    "bearer_stream_token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A session's `stream.token` as a header.",
    },
}

_TEMPLATE: Final = "#/components/schemas/{name}"


def document(
    endpoints: Sequence[Endpoint],
    payloads: Mapping[str, Any],
    public_url: str,
    examples: Examples,
    events: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the reference of these endpoints.

    `payloads` are the types of events by name, `events` an example of each.
    """
    wanted = [answer.shape for each in endpoints for answer in each.answers.values()]
    kinds = list(dict.fromkeys((kind for kind in wanted if kind is not None), None))
    kinds = [*kinds, shapes.Refused, *payloads.values()]
    schemas, named = msgspec.json.schema_components(kinds, ref_template=_TEMPLATE)
    by_kind = dict(zip(map(id, kinds), schemas, strict=True))
    components: Components = {}
    paths = _paths(endpoints, by_kind, components, examples)
    shared = components.keys() & named.keys()
    assert not shared, f"bodies and answers have types of the same name: {sorted(shared)}"
    components |= named
    assert REFUSED in components
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kallglot",
            "version": __version__,
            "summary": "Calls between people who each speak their own language.",
            "description": _ABOUT,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": public_url}],
        "tags": [{"name": tag.name, "description": tag.description} for tag in TAGS],
        "paths": paths,
        "webhooks": {
            name: _webhook(name, by_kind[id(kind)], events.get(name))
            for name, kind in payloads.items()
        },
        "components": {
            "schemas": dict(sorted(components.items())),
            "headers": dict(HEADERS),
            "securitySchemes": _SCHEMES,
        },
    }


def _paths(
    endpoints: Iterable[Endpoint],
    by_kind: Mapping[int, Schema],
    components: Components,
    examples: Examples,
) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    seen: Counter[str] = Counter()
    for endpoint in endpoints:
        schemas = {
            status: by_kind[id(answer.shape)]
            for status, answer in endpoint.answers.items()
            if answer.shape is not None
        }
        made = operation(endpoint, schemas, components)
        seen[made["operationId"]] += 1
        if seen[made["operationId"]] > 1:  # an older path to the same
            made["operationId"] += f".{seen[made['operationId']]}"
        put_into(made, endpoint, examples)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = made
    return paths


def _webhook(name: str, schema: Schema, example: Any) -> Schema:
    content = {"schema": schema} | ({} if example is None else {"example": example})
    return {
        "post": {
            "operationId": f"on.{name}",
            "summary": name,
            "tags": ["Webhooks"],
            "requestBody": {"content": {"application/json": content}, "required": True},
            "responses": {"2XX": {"description": "It was taken; anything else is tried again."}},
        }
    }
