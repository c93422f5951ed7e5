"""A carrier's requests to its customer: for a document, which are waited for, and webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import TypeAlias

import aiohttp
import attrs
from yarl import URL

from kallglot.testing.faults import WebhookFaults, WebhookFortune
from kallglot.testing.journal import Journal
from kallglot.testing.tasks import Tasks

__all__ = ["Answered", "Poster", "Prepared", "Unanswered"]

#: Seconds that a document may take: then the carrier goes to the fallback URL.
DOCUMENT = 15.0


@attrs.frozen
class Prepared:
    """A request, signed already; `url` is sent as it is written."""

    url: str
    method: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)


@attrs.frozen
class Answered:
    status: int
    text: str = attrs.field(repr=False)
    seconds: float


@attrs.frozen
class Unanswered:
    why: str


#: Makes a request for each attempt, counted from 1: what is signed differs.
Prepare: TypeAlias = Callable[[int], Prepared]


class Poster:
    """Sends; `patience` is how long an answer to a webhook may take, in seconds.

    `retries` are the pauses before each further attempt at a webhook that was not answered 2xx.
    `took` has the seconds that each document took, and each webhook that is timed.
    """

    def __init__(
        self,
        client: aiohttp.ClientSession,
        journal: Journal,
        *,
        patience: float,
        retries: tuple[float, ...] = (),
        faults: WebhookFaults | None = None,
        seed: int = 0,
    ) -> None:
        self._client = client
        self._journal = journal
        self._patience = patience
        self._retries = retries
        self._fortune = WebhookFortune(faults, seed)
        self._tasks = Tasks()
        self.took: list[float] = []

    async def ask(self, call: str, prepared: Prepared) -> Answered | Unanswered:
        """Send once, and return the answer."""
        answer = await self._send(prepared, DOCUMENT)
        match answer:
            case Answered(status, _, seconds):
                self.took.append(seconds)
                what = f"voice webhook answered {status} in {1000 * seconds:.0f} ms"
                self._journal.note(call, what, url=prepared.url, text=answer.text)
            case Unanswered(why):
                self._journal.note(call, f"voice webhook failed: {why}", url=prepared.url)
        return answer

    def tell(self, call: str, what: str, prepare: Prepare, *, is_timed: bool = False) -> None:
        """Send in the background, as often and as late as fortune has it."""
        after = self._fortune.deliveries()
        if not after:
            self._journal.note(call, f"webhook {what} is lost")
        for seconds in after:
            self._tasks.spawn(self._tell(call, what, prepare, seconds, is_timed=is_timed))

    async def _tell(
        self, call: str, what: str, prepare: Prepare, after: float, *, is_timed: bool
    ) -> None:
        for attempt, pause in enumerate((after, *self._retries), 1):
            await asyncio.sleep(pause)
            answer = await self._send(prepare(attempt), self._patience)
            match answer:
                case Answered(status, _, seconds):
                    said = f"webhook {what} answered {status} in {1000 * seconds:.0f} ms"
                    self._journal.note(call, said)
                    if is_timed:
                        self.took.append(seconds)
                    if 200 <= status < 300:
                        return
                case Unanswered(why):
                    self._journal.note(call, f"webhook {what} failed: {why}")

    async def _send(self, prepared: Prepared, patience: float) -> Answered | Unanswered:
        began = perf_counter()
        try:
            async with (
                asyncio.timeout(patience),
                self._client.request(
                    prepared.method,
                    URL(prepared.url, encoded=True),
                    data=prepared.body or None,
                    headers=prepared.headers,
                    allow_redirects=False,
                ) as answer,
            ):
                text = await answer.text(errors="replace")
                return Answered(answer.status, text, perf_counter() - began)
        except TimeoutError:
            return Unanswered(f"no answer within {patience:g} s")
        except (aiohttp.ClientError, ValueError) as error:
            return Unanswered(str(error) or type(error).__name__)

    async def drain(self) -> None:
        """Wait until every webhook has been told, or given up."""
        await self._tasks.drain()

    async def close(self) -> None:
        await self._tasks.close()
