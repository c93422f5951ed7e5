"""The server under the application: what it refuses itself is refused in our words.

What is no HTTP never comes as far as the application, so neither its errors nor its headers do.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError

from kallglot.api.answers import json_answer
from kallglot.api.codes import CODES
from kallglot.api.headers import mark
from kallglot.ids import new_id

__all__ = ["ApiRunner"]

_REFUSAL = "this is no HTTP request that can be read"
_PACKED = "send the body as it is, or with Content-Encoding gzip or deflate"
_FAILURE = "something went wrong here; the log has more"


class ApiRunner(web.AppRunner):
    """Runs the application on a server that answers as the application does."""

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        # aiohttp lets nobody say which class talks HTTP, and makes each in `Server.__call__`.
        server.__class__ = _Server
        return server


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _RequestHandler(self, loop=self._loop, **self._kwargs)


class _RequestHandler(web.RequestHandler):
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return what is answered; aiohttp's own answer names it, and quotes what was sent."""
        super().handle_error(request, status, exc, message)  # says it to the log
        code = "invalid_request" if status < 500 else "internal_error"
        says = _says(status, exc)
        request_id = new_id("req")
        error: dict[str, Any] = {"type": CODES[code].type, "code": code, "message": says}
        response = json_answer({"error": {**error, "request_id": request_id}}, status)
        mark(response.headers, request_id)
        response.force_close()
        return response


def _says(status: int, exc: BaseException | None) -> str:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _FAILURE
    return _PACKED if isinstance(exc, ContentEncodingError) else _REFUSAL
