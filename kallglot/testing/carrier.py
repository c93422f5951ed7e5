"""What the simulated carriers have in common: people, numbers, a journal and an API on a port."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import ClassVar, Self

import aiohttp
from aiohttp import web

from kallglot.testing.faults import ApiFaults
from kallglot.testing.inventory import Inventory
from kallglot.testing.journal import Entry, Journal
from kallglot.testing.line import Line
from kallglot.testing.manner import Manner
from kallglot.testing.people import Person
from kallglot.testing.poster import Poster
from kallglot.testing.rooms import Rooms
from kallglot.testing.serving import serving

__all__ = ["Carrier"]


class Carrier(ABC):
    """A carrier, while its context lasts.

    `people` are who answers which number, and `anybody` who answers all others.  `api` is what the
    REST API is to answer next instead of the truth.
    """

    #: Seconds that a webhook may take, and the pauses before it is tried again.
    patience: ClassVar[float] = 15.0
    retries: ClassVar[tuple[float, ...]] = ()

    #: Set when the context is entered.
    poster: Poster
    _client: aiohttp.ClientSession

    def __init__(
        self, manner: Manner | None, port: int, show: Callable[[Entry], None] | None
    ) -> None:
        self.manner = manner or Manner()
        self.people: dict[str, Person] = {}
        self.anybody = Person()
        self.numbers = Inventory()
        self.rooms = Rooms()
        self.api = ApiFaults()
        self.api_url = ""
        self.journal = Journal(lambda: asyncio.get_running_loop().time(), show)
        self._port = port
        self._lines = 0
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            connector = aiohttp.TCPConnector(limit=0)
            self._client = await stack.enter_async_context(
                aiohttp.ClientSession(connector=connector)
            )
            self.poster = Poster(
                self._client,
                self.journal,
                patience=self.patience,
                retries=self.retries,
                faults=self.manner.webhooks,
                seed=self.manner.seed,
            )
            stack.push_async_callback(self.poster.close)
            stack.push_async_callback(self._close_calls)
            self.api_url = await stack.enter_async_context(serving(self._app(), self._port))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def person(self, number: str) -> Person:
        """Return who answers a number."""
        return self.people.get(number, self.anybody)

    @property
    def voice_webhooks(self) -> list[float]:
        """How many seconds the server took to say what to do with a call, for each."""
        return self.poster.took

    async def settled(self) -> None:
        """Wait until every webhook has been told, or given up."""
        await self.poster.drain()

    @abstractmethod
    def _app(self) -> web.Application:
        """Return the REST API."""

    @abstractmethod
    async def _close_calls(self) -> None: ...

    def _line(self, call: str, person: Person) -> Line:
        self._lines += 1
        return Line(
            self._client,
            person,
            self.journal,
            call,
            pace=self.manner.pace,
            faults=self.manner.media,
            seed=self.manner.seed + 1000 * self._lines,
        )
