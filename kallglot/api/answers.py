"""JSON in and out of HTTP."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from aiohttp import web

from kallglot.errors import InvalidRequest

__all__ = ["json_answer", "read_json"]

JSON = "application/json"
#: What is said of bytes when nothing is known of them.
UNKNOWN = "application/octet-stream"


def json_answer(value: object, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )


async def read_json(request: web.Request) -> dict[str, Any]:
    """Return the body, which is an object; an empty body is an empty one.

    Raises:
        InvalidRequest: the body is anything else.
    """
    body = await request.read()
    if not body.strip():
        return {}
    _check_type(request)
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("the body is not JSON") from error
    if not isinstance(value, dict):
        raise InvalidRequest("the body is not a JSON object")
    return value


def _check_type(request: web.Request) -> None:
    """Refuse what says that it is something else; what says nothing is given the benefit."""
    given = request.headers.get("Content-Type", JSON).partition(";")[0].strip().lower()
    is_json = given in {JSON, UNKNOWN} or re.fullmatch(r"application/[^/]+\+json", given)
    if not is_json:
        raise InvalidRequest(f"send the body with Content-Type: {JSON}")
