"""What handlers work with: typed keys into the application and the request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from aiohttp import web

from kallglot.accounts import Accounts
from kallglot.api.limits import Allowance, RateLimits
from kallglot.calls import Calls
from kallglot.config import Settings
from kallglot.providers import Provider
from kallglot.speech.engines import EngineCard
from kallglot.store import Store
from kallglot.store.keys import ApiKey

__all__ = [
    "ACCOUNTS",
    "ALLOWANCE",
    "API_KEY",
    "CALLS",
    "CARDS",
    "CHECKS",
    "CLOCK",
    "LIMITS",
    "PROVIDERS",
    "REQUEST_ID",
    "SETTINGS",
    "STORE",
    "TRANSLATES",
    "Check",
    "Clock",
]

#: Wall-clock time, in seconds since the epoch.
Clock: TypeAlias = Callable[[], float]

#: Returns why a part of the server is not ready, or None if it is.
Check: TypeAlias = Callable[[], str | None]

STORE = web.AppKey("store", Store)
CALLS: web.AppKey[Calls] = web.AppKey("calls")
SETTINGS = web.AppKey("settings", Settings)
CARDS: web.AppKey[Mapping[str, EngineCard]] = web.AppKey("cards")
#: Whether some model translates from a language to another.
TRANSLATES: web.AppKey[Callable[[str, str], bool]] = web.AppKey("translates")
ACCOUNTS = web.AppKey("accounts", Accounts)
CHECKS: web.AppKey[Mapping[str, Check]] = web.AppKey("checks")
PROVIDERS: web.AppKey[Mapping[str, Provider]] = web.AppKey("providers")
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
LIMITS = web.AppKey("limits", RateLimits)

REQUEST_ID = web.RequestKey("request_id", str)
API_KEY = web.RequestKey("api_key", ApiKey)
ALLOWANCE = web.RequestKey("allowance", Allowance)
