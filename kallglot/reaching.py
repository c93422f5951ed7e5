"""The way to the carriers' REST APIs: one session of aiohttp, and a line for each account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from kallglot.accounts import Accounts
from kallglot.carriers.line import CarrierLine
from kallglot.providers import Provider

__all__ = ["reaching"]


@asynccontextmanager
async def reaching(providers: Mapping[str, Provider]) -> AsyncIterator[Accounts]:
    """Return the accounts of these providers, which can be asked meanwhile."""
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), trust_env=True, auto_decompress=True
    ) as session:
        yield Accounts(providers, lambda name: CarrierLine(session, name))
