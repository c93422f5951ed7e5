"""`/healthz` says that the server runs, `/readyz` whether it can take calls.  No key needed."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from kallglot.api import shapes
from kallglot.api.answers import json_answer
from kallglot.api.context import CALLS, CHECKS, STORE
from kallglot.api.endpoint import Answer, Endpoint
from kallglot.errors import StoreError

__all__ = ["ENDPOINTS"]

OK: Final = "ok"


async def alive(_request: web.Request) -> web.Response:
    return json_answer(shapes.Health(status=OK))


async def ready(request: web.Request) -> web.Response:
    """Say what is not ready, and why."""
    checks = {name: check() for name, check in request.app[CHECKS].items()}
    checks["store"] = await _store(request)
    is_ready = not any(checks.values())
    body: shapes.Readiness = {
        "status": "ready" if is_ready else "not_ready",
        "checks": {name: why or OK for name, why in checks.items()},
        "sessions": request.app[CALLS].count(),
    }
    return json_answer(body, status=200 if is_ready else 503)


async def _store(request: web.Request) -> str | None:
    try:
        is_well = await request.app[STORE].is_well()
    except StoreError as error:
        return str(error)
    return None if is_well else "the database does not answer"


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/healthz",
        alive,
        "Ask whether the server runs",
        {200: Answer("It does.", shapes.Health)},
    ),
    Endpoint(
        "GET",
        "/readyz",
        ready,
        "Ask whether calls can be taken",
        {
            200: Answer("They can.", shapes.Readiness),
            503: Answer("They cannot; `checks` says why.", shapes.Readiness),
        },
    ),
)
