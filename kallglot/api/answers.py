"""JSON in and out of HTTP."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from kallglot.errors import InvalidRequest

__all__ = ["json_answer", "read_json"]


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
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("the body is not JSON") from error
    if not isinstance(value, dict):
        raise InvalidRequest("the body is not a JSON object")
    return value
