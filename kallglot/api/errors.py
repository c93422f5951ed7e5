"""Errors as HTTP: the one place where an error becomes an answer.

Which status a code has is in `kallglot.api.codes`.
"""

from __future__ import annotations

import logging
import math
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from kallglot.api.answers import json_answer
from kallglot.api.codes import CODES, Code
from kallglot.api.context import REQUEST_ID
from kallglot.errors import (
    CarrierRefused,
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

__all__ = ["answer_errors", "status_of"]

logger = logging.getLogger(__name__)


def _is_ours(record: logging.LogRecord) -> bool:
    """Tell whether a record of aiohttp's tells of a fault here, and not of who sent no HTTP."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (HttpProcessingError, web.RequestPayloadError))


# It logs each of those with a traceback, and whoever finds the port may fill the disk so.
logging.getLogger("aiohttp.server").addFilter(_is_ours)

#: What a refusal becomes whose code is not in the table, as a plugin's may be: by class, the first
#: that fits.
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
    (CarrierRefused, 502, "server_error"),
    (Refused, 400, "invalid_request_error"),
)

#: What a failure becomes.
_FAILURES: dict[type[Exception], tuple[str, str]] = {
    StoreError: ("store_unavailable", "the store cannot be used at the moment"),
    EngineError: ("engine_unavailable", "speech cannot be used at the moment"),
    ProviderError: ("provider_error", "the telephone provider failed"),
}

_BUG = ("internal_error", "something went wrong here; the log has more under the request id")

#: What is said of bytes that are not what the headers say.
_BROKEN = "the body is broken off, or not packed as Content-Encoding says"

#: What aiohttp itself refuses.
_HTTP_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    416: "range_not_satisfiable",
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
            case web.RequestPayloadError():
                return _answer_refusal(request, InvalidRequest(_BROKEN))
            case ConnectionResetError() if request.transport is None:
                logger.debug("%s was broken off", request[REQUEST_ID])
                return _answer_refusal(request, InvalidRequest(_BROKEN))  # which nobody reads
            case _:
                logger.exception("%s failed", request[REQUEST_ID])
                return _answer_failure(request, error)


def _answer_failure(request: web.Request, failure: Exception) -> web.Response:
    code, message = next(
        (answer for kind, answer in _FAILURES.items() if isinstance(failure, kind)), _BUG
    )
    return _answer(request, CODES[code].status, type=CODES[code].type, code=code, message=message)


def status_of(refusal: Refused) -> tuple[int, str]:
    """Return the status and the type that a refusal is answered with."""
    match CODES.get(refusal.code):
        case Code(status, kind):
            return status, kind
        case None:
            return next(
                (status, kind) for known, status, kind in _REFUSALS if isinstance(refusal, known)
            )


def _answer_refusal(request: web.Request, refusal: Refused) -> web.Response:
    status, kind = status_of(refusal)
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
    code = _HTTP_CODES.get(error.status, "invalid_request")
    message = error.reason.lower()
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        message = str(error.text).lower()
    response = _answer(request, error.status, type=CODES[code].type, code=code, message=message)
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
