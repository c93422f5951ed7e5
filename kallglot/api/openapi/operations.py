"""From an endpoint to an operation of OpenAPI.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kallglot.api.codes import CODES
from kallglot.api.endpoint import Answer, Endpoint, Parameter
from kallglot.api.openapi.bodies import Components, Schema, codes_of, needs_fields, schema_of
from kallglot.api.openapi.tags import resource_of, tag_of

__all__ = ["HEADERS", "REFUSED", "operation"]

#: What ids begin with, by the part of the path before them.
_PREFIXES: Final = {
    "agents": "agt",
    "analyses": "anl",
    "analysis": "anl",
    "api_keys": "key",
    "erasures": "ers",
    "glossaries": "glo",
    "organizations": "org",
    "phone_numbers": "num",
    "provider_connections": "pcon",
    "recordings": "rec",
    "sessions": "sess",
    "webhook_deliveries": "wh_del",
    "webhook_endpoints": "wh",
}

#: Headers of answers.
HEADERS: Final[Mapping[str, Schema]] = {
    "X-Request-ID": {
        "description": "The request's id, which is in the server's log as well.",
        "schema": {"type": "string", "pattern": "^req_"},
    },
    "X-RateLimit-Limit": {
        "description": "How many requests the organization may send in a minute.",
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Remaining": {
        "description": "How many of them are left.",
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Reset": {
        "description": "When they are counted anew, in Unix seconds.",
        "schema": {"type": "integer"},
    },
    "X-API-Credits-Remaining": {
        "description": "How many credits the organization has left, where they are counted.",
        "schema": {"type": "integer"},
    },
    "X-API-Credits-Used": {
        "description": "How many it has used.",
        "schema": {"type": "integer"},
    },
    "Retry-After": {
        "description": "Seconds after which to ask again.",
        "schema": {"type": "integer"},
    },
    "Location": {
        "description": "Where it is.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "ETag": {
        "description": "Names what is answered with, to be sent back as `If-None-Match`.",
        "schema": {"type": "string"},
    },
    "Content-Range": {
        "description": "Which bytes these are.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "This is what the first request with this key was answered.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}

#: What a request may always be refused with.
_ALWAYS: Final = ("internal_error", "store_unavailable")
_WITH_KEY: Final = (
    "invalid_api_key",
    "expired_api_key",
    "revoked_api_key",
    "insufficient_permissions",
    "invalid_request",
    "organization_suspended",
    "rate_limit_exceeded",
)
_WITH_BODY: Final = ("invalid_request", "body_too_large")
_IDEMPOTENT: Final = ("idempotency_mismatch", "idempotency_conflict", "invalid_request")

_LIMITS: Final = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-API-Credits-Remaining",
    "X-API-Credits-Used",
)
_MAY_RETRY: Final = frozenset({202, 409, 429, 503})

_SCHEMES: Final[Mapping[str, list[Schema]]] = {
    "api_key": [{"bearer": []}, {"api_key": []}],
    "stream_token": [{"stream_token": []}, {"bearer_stream_token": []}],
    "signature": [{}],
    "nothing": [{}],
}

#: The schema of every refusal.
REFUSED: Final = "Refused"

_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Yours for this request: sent again within 24 hours, it is answered as it was"
    " the first time, and not carried out again.",
}


def operation(
    endpoint: Endpoint, schemas: Mapping[int, Schema], components: Components
) -> dict[str, Any]:
    """Return the operation; `schemas` has that of each answer which has one."""
    made: dict[str, Any] = {
        "operationId": _operation_id(endpoint),
        "summary": endpoint.summary,
        "tags": [tag_of(endpoint).name],
        "security": _security(endpoint),
        "parameters": [*_parameters(endpoint)],
        "responses": _responses(endpoint, schemas),
    }
    if endpoint.scope is not None:
        made["description"] = f"Needs an API key with the scope `{endpoint.scope}`."
    if endpoint.body is not None:
        made["requestBody"] = {
            "content": {"application/json": {"schema": schema_of(endpoint.body, components)}},
            "required": needs_fields(endpoint.body),
        }
    if endpoint.method == "PATCH" and endpoint.body is not None:
        for field in components[endpoint.body.__name__]["properties"].values():
            field.pop("default", None)  # what is not there stays as it is
    return made


def _codes_of(endpoint: Endpoint) -> list[str]:
    """Return every code that the endpoint may refuse with, in the order of the statuses."""
    codes = {*_ALWAYS, *endpoint.codes}
    if endpoint.scope is not None:
        codes.update(_WITH_KEY)
    if endpoint.body is not None:
        codes.update(_WITH_BODY, codes_of(endpoint.body))
    if endpoint.query:
        codes.add("invalid_field_value")
    if endpoint.is_idempotent:
        codes.update(_IDEMPOTENT)
    return sorted(codes, key=lambda code: (CODES[code].status, code))


def _operation_id(endpoint: Endpoint) -> str:
    name = getattr(endpoint.handle, "__name__", "")
    return f"{resource_of(endpoint)}.{name}"


def _security(endpoint: Endpoint) -> list[Schema]:
    if endpoint.scope is not None:
        return [{"bearer": [endpoint.scope]}, {"api_key": [endpoint.scope]}]
    return [scheme for credential in endpoint.admits for scheme in _SCHEMES[credential]]


def _parameters(endpoint: Endpoint) -> Iterable[Schema]:
    before = ""
    for part in endpoint.path.split("/"):
        if part.startswith("{"):
            yield _path_parameter(part.strip("{}"), before)
        before = part
    yield from (_parameter(each, "query") for each in endpoint.query)
    yield from (_parameter(each, "header") for each in endpoint.headers)
    if endpoint.is_idempotent:
        yield dict(_KEY)


def _path_parameter(name: str, of: str) -> Schema:
    schema = {"type": "string"}
    prefix = _PREFIXES.get(of)
    if prefix is not None:
        schema["pattern"] = f"^{prefix}_[0-9A-HJKMNP-TV-Z]{{26}}$"
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _parameter(parameter: Parameter, place: str) -> Schema:
    made: Schema = {
        "name": parameter.name,
        "in": place,
        "schema": dict(parameter.schema),
        "description": parameter.meaning,
    }
    if parameter.is_object:
        made |= {"style": "deepObject", "explode": True}
    return made


def _responses(endpoint: Endpoint, schemas: Mapping[int, Schema]) -> Schema:
    answered = {
        str(status): _answer(endpoint, status, answer, schemas.get(status))
        for status, answer in endpoint.answers.items()
    }
    refused: dict[str, list[str]] = {}
    for code in _codes_of(endpoint):
        refused.setdefault(str(CODES[code].status), []).append(code)
    for status, codes in refused.items():
        refusal = _refusal(endpoint, int(status), codes)
        if status in answered:
            refusal = _either(answered[status], refusal)
        answered[status] = refusal
    return dict(sorted(answered.items()))


def _answer(endpoint: Endpoint, status: int, answer: Answer, schema: Schema | None) -> Schema:
    content = {
        media: {"schema": schema} if schema is not None and media == "application/json" else {}
        for media in answer.media
    }
    made: Schema = {
        "description": answer.meaning,
        "headers": _headers(endpoint, status),
    }
    return made | ({"content": content} if content else {})


def _refusal(endpoint: Endpoint, status: int, codes: Iterable[str]) -> Schema:
    told = [f"`{code}`: {CODES[code].meaning}" for code in codes]
    schema = {
        "allOf": [
            {"$ref": f"#/components/schemas/{REFUSED}"},
            {"properties": {"error": {"properties": {"code": {"enum": [*codes]}}}}},
        ]
    }
    return {
        "description": "\n\n".join(told),
        "headers": _headers(endpoint, status),
        "content": {"application/json": {"schema": schema}},
    }


def _either(answer: Schema, refusal: Schema) -> Schema:
    """Return what says both of one status."""
    media = "application/json"
    schemas = [each["content"][media]["schema"] for each in (answer, refusal)]
    return {
        "description": f"{answer['description']}\n\n{refusal['description']}",
        "headers": refusal["headers"],
        "content": {media: {"schema": {"anyOf": schemas}}},
    }


def _headers(endpoint: Endpoint, status: int) -> Schema:
    names = ["X-Request-ID"]
    if endpoint.scope is not None:
        names += _LIMITS
    if status in _MAY_RETRY:
        names.append("Retry-After")
    if status in {301, 302, 303, 307, 308}:
        names.append("Location")
    if 304 in endpoint.answers and status in {200, 206, 304}:
        names.append("ETag")
    if status in {206, 416}:
        names.append("Content-Range")
    if endpoint.is_idempotent and status in endpoint.answers:
        names.append("Idempotent-Replayed")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
