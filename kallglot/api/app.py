"""The application: every resource, and what surrounds them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from aiohttp import web

from kallglot.accounts import Accounts
from kallglot.api import (
    agents,
    analyses,
    api_keys,
    audit_log,
    carriers,
    connections,
    deliveries,
    encodings,
    erasures,
    eventstream,
    export,
    glossaries,
    health,
    metrics,
    number_market,
    organizations,
    phone_numbers,
    recordings,
    reference,
    routes,
    session_verbs,
    sessions,
    stream,
    transcripts,
    usage,
    webhooks,
)
from kallglot.api.context import (
    ACCOUNTS,
    CALLS,
    CARDS,
    CHECKS,
    CLOCK,
    LIMITS,
    PROVIDERS,
    SETTINGS,
    STORE,
    TRANSLATES,
    Check,
    Clock,
)
from kallglot.api.crossing import preflight
from kallglot.api.endpoint import Endpoint, route
from kallglot.api.errors import answer_errors
from kallglot.api.headers import compress, sign
from kallglot.api.keyuse import write_uses
from kallglot.api.limits import RateLimits
from kallglot.api.metrics import EXPOSED, Exposed
from kallglot.api.reference import REFERENCE, Reference
from kallglot.calls import Calls
from kallglot.config import Settings
from kallglot.metering import Metering
from kallglot.providers import Provider
from kallglot.speech.engines import EngineCard
from kallglot.store import Store

__all__ = ["create_app"]

LARGEST_BODY = 256 * 1024

#: Everything that can be asked.
ENDPOINTS: tuple[Endpoint, ...] = (
    *sessions.ENDPOINTS,
    *session_verbs.ENDPOINTS,
    *stream.ENDPOINTS,
    *transcripts.ENDPOINTS,
    *recordings.ENDPOINTS,
    *export.ENDPOINTS,
    *erasures.ENDPOINTS,
    *analyses.ENDPOINTS,
    *routes.ENDPOINTS,
    *connections.ENDPOINTS,
    *number_market.ENDPOINTS,
    *phone_numbers.ENDPOINTS,
    *agents.ENDPOINTS,
    *usage.ENDPOINTS,
    *glossaries.ENDPOINTS,
    *eventstream.ENDPOINTS,
    *webhooks.ENDPOINTS,
    *deliveries.ENDPOINTS,
    *api_keys.ENDPOINTS,
    *organizations.ENDPOINTS,
    *audit_log.ENDPOINTS,
    *health.ENDPOINTS,
    *metrics.ENDPOINTS,
    *reference.ENDPOINTS,
)


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
    `/metrics` shows, and to whom.  Carriers can be asked when `ACCOUNTS` has been put in that know
    the way to them.
    """
    app = web.Application(
        middlewares=[answer_errors, compress, preflight], client_max_size=LARGEST_BODY
    )
    app[STORE] = store
    app[CALLS] = calls
    app[SETTINGS] = settings
    app[PROVIDERS] = {} if providers is None else providers
    app[CARDS] = {} if cards is None else cards
    app[ACCOUNTS] = Accounts(app[PROVIDERS])
    app[CHECKS] = {} if checks is None else checks
    app[TRANSLATES] = translates
    app[CLOCK] = clock
    app[EXPOSED] = Exposed(Metering()) if exposed is None else exposed
    app[LIMITS] = RateLimits(settings.rate_limit)
    app[REFERENCE] = Reference(ENDPOINTS, settings.public_url)
    app.add_routes(map(route, ENDPOINTS))
    carriers.prepare(app)
    eventstream.prepare(app)
    analyses.prepare(app)
    encodings.prepare(app)
    app.on_shutdown.append(eventstream.say_goodbye)
    app.on_response_prepare.append(sign)
    app.cleanup_ctx.append(write_uses)
    return app
