"""`/healthz` says that the server runs, `/readyz` whether it can take calls.  No key needed."""

from __future__ import annotations

from aiohttp import web

from kallglot.api.answers import json_answer
from kallglot.api.context import CALLS, CHECKS, STORE
from kallglot.errors import StoreError

__all__ = ["routes"]

OK = "ok"


def routes() -> list[web.RouteDef]:
    return [web.get("/healthz", alive), web.get("/readyz", ready)]


async def alive(_request: web.Request) -> web.Response:
    return json_answer({"status": OK})


async def ready(request: web.Request) -> web.Response:
    """Say what is not ready, and why."""
    checks = {name: check() for name, check in request.app[CHECKS].items()}
    checks["store"] = await _store(request)
    is_ready = not any(checks.values())
    body = {
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
