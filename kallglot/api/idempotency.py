"""Requests that may be sent twice and are carried out once: `Idempotency-Key`."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from kallglot.api.context import CLOCK, STORE
from kallglot.errors import InvalidRequest
from kallglot.store.database import Statement
from kallglot.store.idempotency import Answer, Claim
from kallglot.store.keys import ApiKey

__all__ = ["forgetting", "keeping", "once"]

HEADER = "Idempotency-Key"
LONGEST = 255

#: The claim of a request whose answer has not been kept.
_CLAIM = web.RequestKey("claim", Claim)
_IS_KEPT = web.RequestKey("is_kept", bool)


async def once(
    request: web.Request,
    key: ApiKey,
    body: dict[str, Any],
    work: Callable[[], Awaitable[web.Response]],
) -> web.Response:
    """Do the work, or answer as it was answered the first time.

    Work that must not be done twice, whatever happens, writes `keeping` in its own transaction;
    otherwise a server that is killed after the work and before the answer does it again.

    Raises:
        InvalidRequest: the key was used for another request.
        IllegalMove: the first request is still being worked on.
    """
    name = request.headers.get(HEADER)
    if name is None:
        return await work()
    if not 0 < len(name) <= LONGEST or not name.isascii() or not name.isprintable():
        raise InvalidRequest(
            f"{HEADER} must be 1 to {LONGEST} printable characters of ASCII", param=HEADER
        )
    kept = request.app[STORE].idempotency
    claim = Claim(key.organization_id, key.environment, name, _fingerprint(request, body))
    answer = await kept.claim(claim, request.app[CLOCK]())
    if answer is not None:
        return web.Response(
            status=answer.status,
            body=answer.body,
            content_type="application/json",
            headers={"Idempotent-Replayed": "true"},
        )
    request[_CLAIM] = claim
    try:
        response = await work()
        if response.status < 400 and not request.get(_IS_KEPT):
            await kept.keep(claim, _answer(response), request.app[CLOCK]())
    finally:
        kept.release(claim)
    return response


def keeping(request: web.Request, response: web.Response) -> list[Statement]:
    """Return what keeps the answer, to be written with what was done; nothing without a key."""
    claim = request.get(_CLAIM)
    if claim is None:
        return []
    request[_IS_KEPT] = True
    kept = request.app[STORE].idempotency
    return kept.keeping(claim, _answer(response), request.app[CLOCK]())


def forgetting(request: web.Request) -> list[Statement]:
    """Return what takes back `keeping`, for work that came to nothing after all."""
    claim = request.get(_CLAIM)
    return [] if claim is None else request.app[STORE].idempotency.forgetting(claim)


def _fingerprint(request: web.Request, body: dict[str, Any]) -> bytes:
    text = f"{request.method} {request.path}\n".encode()
    return hashlib.sha256(text + msgspec.json.encode(body, order="sorted")).digest()


def _answer(response: web.Response) -> Answer:
    body = response.body
    assert isinstance(body, bytes)
    return Answer(response.status, body)
