"""The way to a carrier's REST API: what asks over the network, and decides nothing.

One `CarrierLine` belongs to one connection, and all share one session of aiohttp.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Final

import aiohttp
import attrs
from yarl import URL

from kallglot import breaker
from kallglot.breaker import CLOSED, Breaker, Patience
from kallglot.carriers import retrying
from kallglot.carriers.exchange import Answer, Ask, Silence, Try
from kallglot.carriers.retrying import Insistence
from kallglot.errors import CarrierUnreachable

__all__ = ["CarrierLine", "Conduct"]

logger = logging.getLogger(__name__)

#: Seconds; a request that was not connected is known not to have gone out.
CONNECT_WITHIN: Final = 3.0
#: Bytes of an answer that are read; a page of numbers is the longest there is.
LONGEST: Final = 2 * 1024 * 1024


@attrs.frozen
class Conduct:
    """How persistent a line is, and how many requests are under way at most.

    `instead` sends what is for one origin to another: to a simulator, or to a proxy.  It is the
    operator's to say, and never a connection's.
    """

    insistence: Insistence = attrs.field(factory=Insistence)
    patience: Patience = Patience(failures=5, shortest=5.0, longest=60.0)  # noqa: RUF009 - frozen
    most_underway: int = 16
    instead: Mapping[str, str] = attrs.field(factory=dict)

    def url(self, url: str) -> str:
        for origin, other in self.instead.items():
            if url.startswith(f"{origin}/"):
                return other + url.removeprefix(origin)
        return url


class CarrierLine:
    """Sends requests for one connection, and leaves a carrier alone that keeps failing."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        name: str,
        conduct: Conduct | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`name` is for the log: the connection's id."""
        self._session = session
        self._name = name
        self._conduct = conduct or Conduct()
        self._chance = chance
        self._breaker: Breaker = CLOSED
        self._underway = 0
        self._slots = asyncio.Semaphore(self._conduct.most_underway)

    @property
    def is_trusted(self) -> bool:
        """Whether the carrier has not failed so often that it is left alone."""
        return breaker.room(self._breaker, time.monotonic(), 1) > 0

    async def send(self, ask: Ask) -> Answer:
        """Send a request, again if it may be, and return the last answer, good or bad.

        Raises:
            CarrierUnreachable: there was none, or the carrier is being left alone for now.
        """
        async with self._slots:
            return await self._insist(ask)

    async def _insist(self, ask: Ask) -> Answer:
        was_sent, tries = False, 0
        while True:
            outcome = await self._once(ask, was_sent)
            tries += 1
            was_sent = was_sent or retrying.may_be_done(outcome)
            wait = retrying.pause(
                outcome, tries, ask.repeat, time.time(), self._chance(), self._conduct.insistence
            )
            if wait is not None:
                logger.info("%s: asked again in %.1f s", self._name, wait)
                await asyncio.sleep(wait)
                continue
            match outcome:
                case Answer():
                    return outcome
                case Silence(why):
                    raise CarrierUnreachable(why, was_sent=was_sent)

    async def _once(self, ask: Ask, was_sent: bool) -> Try:
        room = breaker.room(self._breaker, time.monotonic(), self._conduct.most_underway)
        if self._underway >= room:
            raise CarrierUnreachable("the carrier keeps failing", was_sent=was_sent)
        self._underway += 1
        try:
            outcome = await self._ask(ask)
        finally:
            self._underway -= 1
        if retrying.is_failure(outcome):
            self._breaker = breaker.failed(self._breaker, time.monotonic(), self._conduct.patience)
        else:
            self._breaker = breaker.succeeded(self._breaker)
        return outcome

    async def _ask(self, ask: Ask) -> Try:
        try:
            async with self._session.request(
                ask.method,
                URL(self._conduct.url(ask.url), encoded=True),
                data=ask.body or None,
                headers=ask.headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=ask.timeout, sock_connect=CONNECT_WITHIN),
            ) as response:
                body = await _read(response)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, headers, body)
        except aiohttp.ConnectionTimeoutError:
            return Silence("no connection in time", was_sent=False)
        except TimeoutError:
            return Silence(f"no answer within {ask.timeout:g} s")
        except aiohttp.ClientConnectorError:
            return Silence("no connection", was_sent=False)
        except (aiohttp.ClientError, OSError):
            return Silence("the connection broke")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read an answer; one that is too long to be one is cut, and is then no JSON."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LONGEST:
            response.close()
            break
    return bytes(body)
