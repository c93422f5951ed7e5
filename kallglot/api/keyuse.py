"""Writing when keys were last used, once a minute and not while anybody waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web

from kallglot.api.context import STORE
from kallglot.errors import StoreError
from kallglot.store import Store

__all__ = ["write_uses"]

logger = logging.getLogger(__name__)

PERIOD = 60.0


async def write_uses(app: web.Application) -> AsyncIterator[None]:
    """Write it every minute, and when the server stops."""
    store = app[STORE]
    writing = asyncio.create_task(_for_ever(store))
    yield
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing
    await _write(store)


async def _for_ever(store: Store) -> None:
    while True:
        await asyncio.sleep(PERIOD)
        await _write(store)


async def _write(store: Store) -> None:
    try:
        await store.keys.write_uses()
    except StoreError as error:
        logger.warning("when keys were last used was not written: %s", error)
