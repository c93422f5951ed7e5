"""The application: every resource, and what surrounds them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from aiohttp import web

from kallglot.api import glossaries, health, metrics, recordings, sessions, stream, transcripts
from kallglot.api.auth import guard
from kallglot.api.context import (
    ALLOWANCE,
    CALLS,
    CARDS,
    CHECKS,
    CLOCK,
    LIMITS,
    PROVIDERS,
    REQUEST_ID,
    SETTINGS,
    STORE,
    TRANSLATES,
    Check,
    Clock,
)
from kallglot.api.endpoint import Endpoint, route
from kallglot.api.errors import answer_errors
from kallglot.api.limits import RateLimits
from kallglot.api.metrics import EXPOSED, Exposed
from kallglot.calls import Calls
from kallglot.config import Settings
from kallglot.metering import Metering
from kallglot.providers import Provider
from kallglot.speech.engines import EngineCard
from kallglot.store import Store

__all__ = ["create_app"]

LARGEST_BODY = 256 * 1024

#: Everything that can be asked.
ENDPOINTS: tuple[Endpoint, ...] = ()


def create_app(
    store: Store,
    calls: Calls,
    settings: Settings,
    *,
    providers: Mapping[str, Provider] | None = None,
    cards: Mapping[str, EngineCard] | None = None,
    checks: Mapping[str, Check] | None = None,
    translates: Callable[[str, str], bool] = lambda _, __: True,
    exposed: Exposed | None = None,
    clock: Clock = time.time,
) -> web.Application:
    """Put the API together.

    `providers` are whose streams are let in; `cards` say which models translate; `checks` what
    else must be ready before calls can be taken.  `exposed` is what
    `/metrics` shows, and to whom.
    """
    app = web.Application(middlewares=[answer_errors], client_max_size=LARGEST_BODY)
    app[STORE] = store
    app[CALLS] = calls
    app[SETTINGS] = settings
    app[PROVIDERS] = {} if providers is None else providers
    app[CARDS] = {} if cards is None else cards
    app[CHECKS] = {} if checks is None else checks
    app[TRANSLATES] = translates
    app[CLOCK] = clock
    app[EXPOSED] = Exposed(Metering()) if exposed is None else exposed
    app[LIMITS] = RateLimits(settings.rate_limit)
    for resource in (sessions, transcripts, recordings, glossaries):
        app.add_routes(map(guard, resource.routes()))
    app.add_routes(map(route, ENDPOINTS))
    for resource in (health, metrics, stream):
        app.add_routes(resource.routes())
    app.add_routes(recordings.open_routes())
    app.on_response_prepare.append(_sign)
    return app


async def _sign(request: web.Request, response: web.StreamResponse) -> None:
    """Put on every answer which request it answers, and what is left to whoever asked."""
    response.headers["X-Request-ID"] = request[REQUEST_ID]
    allowance = request.get(ALLOWANCE)
    if allowance is not None:
        response.headers["X-RateLimit-Limit"] = str(allowance.limit)
        response.headers["X-RateLimit-Remaining"] = str(max(0, allowance.left))
        response.headers["X-RateLimit-Reset"] = str(int(allowance.reset))
