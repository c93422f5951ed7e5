"""Errors as HTTP: the one place where an error becomes a status.

A code has one status.  `invalid_request` is 400: what came is no request that we know, because
it is not JSON, has a field that does not exist, or asks for two things at once.  The other codes
of `InvalidRequest` are 422: a field is missing or has a value it may not have.
"""

from __future__ import annotations

import logging
import math
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from kallglot.api.answers import json_answer
from kallglot.api.context import REQUEST_ID
from kallglot.errors import (
    EngineError,
    IllegalMove,
    InvalidRequest,
    NoRoute,
    NotAllowed,
    NotAuthenticated,
    NotAvailable,
    NotFound,
    OverCapacity,
    ProviderError,
    RateLimited,
    Refused,
    StoreError,
)
from kallglot.ids import new_id

__all__ = ["answer_errors"]

logger = logging.getLogger(__name__)

#: What a refusal becomes, by class; the first that fits.
_REFUSALS: tuple[tuple[type[Refused], int, str], ...] = (
    (InvalidRequest, 422, "validation_error"),
    (NotFound, 404, "not_found_error"),
    (IllegalMove, 409, "conflict_error"),
    (NoRoute, 422, "invalid_request_error"),
    (NotAuthenticated, 401, "authentication_error"),
    (NotAllowed, 403, "permission_error"),
    (NotAvailable, 403, "permission_error"),
    (RateLimited, 429, "rate_limit_error"),
    (OverCapacity, 503, "server_error"),
    (Refused, 400, "invalid_request_error"),
)

#: Codes that differ from their class.
_CODES: dict[str, tuple[int, str]] = {
    "invalid_request": (400, "validation_error"),
    "idempotency_mismatch": (400, "invalid_request_error"),
    "recording_deleted": (410, "not_found_error"),
}

#: What a failure becomes.
_FAILURES: dict[type[Exception], tuple[int, str, str]] = {
    StoreError: (503, "store_unavailable", "the store cannot be used at the moment"),
    EngineError: (503, "engine_unavailable", "speech cannot be used at the moment"),
    ProviderError: (502, "provider_error", "the telephone provider failed"),
}

_BUG = (500, "internal_error", "something went wrong here; the log has more under the request id")

#: What aiohttp itself refuses.
_HTTP_CODES = {
    404: ("not_found_error", "not_found"),
    405: ("invalid_request_error", "method_not_allowed"),
    413: ("invalid_request_error", "body_too_large"),
    416: ("invalid_request_error", "range_not_satisfiable"),
}

#: What aiohttp says in a header, and we repeat.
_TELLING = frozenset({"Allow", "Content-Range"})


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every request an id and every error a body."""
    request[REQUEST_ID] = new_id("req")
    try:
        return await handler(request)
    except Exception as error:
        if request.writer.output_size > 0:  # too late for another answer
            raise
        match error:
            case Refused():
                return _answer_refusal(request, error)
            case web.HTTPException():
                return _answer_http(request, error)
            case _:
                logger.exception("%s failed", request[REQUEST_ID])
                return _answer_failure(request, error)


def _answer_failure(request: web.Request, failure: Exception) -> web.Response:
    status, code, message = next(
        (answer for kind, answer in _FAILURES.items() if isinstance(failure, kind)), _BUG
    )
    return _answer(request, status, type="server_error", code=code, message=message)


def _answer_refusal(request: web.Request, refusal: Refused) -> web.Response:
    status, kind = _CODES.get(refusal.code) or next(
        (status, kind) for known, status, kind in _REFUSALS if isinstance(refusal, known)
    )
    response = _answer(
        request,
        status,
        type=kind,
        code=refusal.code,
        message=str(refusal),
        param=refusal.param,
        retry_after=refusal.retry_after,
    )
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _answer_http(request: web.Request, error: web.HTTPException) -> web.Response:
    if error.status < 400:
        raise error
    kind, code = _HTTP_CODES.get(error.status, ("invalid_request_error", "invalid_request"))
    response = _answer(request, error.status, type=kind, code=code, message=error.reason.lower())
    for name in _TELLING & error.headers.keys():
        response.headers[name] = error.headers[name]
    return response


def _answer(request: web.Request, status: int, **fields: Any) -> web.Response:
    retry_after = fields.get("retry_after")
    if retry_after is not None:
        fields["retry_after"] = math.ceil(retry_after)
    body = {name: value for name, value in fields.items() if value is not None}
    response = json_answer({"error": {**body, "request_id": request[REQUEST_ID]}}, status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(retry_after))
    return response
