"""Requests that may be sent twice and are carried out once: `Idempotency-Key`."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from kallglot.api.context import CLOCK, STORE
from kallglot.errors import InvalidRequest
from kallglot.store.idempotency import Answer
from kallglot.store.keys import ApiKey

__all__ = ["once"]

HEADER = "Idempotency-Key"
LONGEST = 255


async def once(
    request: web.Request,
    key: ApiKey,
    body: dict[str, Any],
    work: Callable[[], Awaitable[web.Response]],
) -> web.Response:
    """Do the work, or answer as it was answered the first time.

    Raises:
        InvalidRequest: the key was used for another request.
        IllegalMove: the first request is still being worked on.
    """
    name = request.headers.get(HEADER)
    if name is None:
        return await work()
    if not name or len(name) > LONGEST:
        raise InvalidRequest(f"{HEADER} has 1 to {LONGEST} characters", param=HEADER)
    kept = request.app[STORE].idempotency
    claim = _fingerprint(request, body)
    answer = await kept.claim(key.organization_id, name, claim, request.app[CLOCK]())
    if answer is not None:
        return web.Response(
            status=answer.status,
            body=answer.body,
            content_type="application/json",
            headers={"Idempotent-Replayed": "true"},
        )
    try:
        response = await work()
    except BaseException:
        await kept.release(key.organization_id, name)
        raise
    await kept.keep(key.organization_id, name, Answer(response.status, _body(response)))
    return response


def _fingerprint(request: web.Request, body: dict[str, Any]) -> bytes:
    text = f"{request.method} {request.path}\n".encode()
    return hashlib.sha256(text + msgspec.json.encode(body, order="sorted")).digest()


def _body(response: web.Response) -> bytes:
    body = response.body
    assert isinstance(body, bytes)
    return body
