"""Delivers events to webhook endpoints: looks what is due, sends it, keeps what came of it.

All its state that matters is in the store.  Killed at any moment and started again, it sends what
was under way once more, under the same ids: at least once, and in the order of each session.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, assert_never

import attrs

from actors.runtime import AsyncioActor
from kallglot.breaker import Patience
from kallglot.errors import StoreError
from kallglot.messages import Fact, Request
from kallglot.metering import Metering
from kallglot.model.webhook import Attempt, Endpoint, Errand
from kallglot.store.store import Store
from kallglot.webhooks import signatures
from kallglot.webhooks.ordering import Rounds
from kallglot.webhooks.schedule import Schedule
from kallglot.webhooks.sender import Sender
from kallglot.webhooks.verdicts import (
    Delivered,
    GivenUp,
    Reply,
    Retried,
    Unanswered,
    Verdict,
    fault_of,
    judge,
)

__all__ = ["Courier", "Posting"]

logger = logging.getLogger(__name__)

#: Seconds after which it looks what is due even if nobody told it that something is.
PATROL: Final = 5.0
#: Seconds between two removals of what has been in the log for long enough.
SWEEP: Final = 3600.0
#: Seconds that attempts under way get to come out when it stops.
GRACE: Final = 3.0
#: Seconds after which it looks again when the store has failed.
RECOVERY: Final = 1.0


@attrs.frozen
class Posting:
    """What a courier works with; `kept` is how many seconds the log is."""

    store: Store
    sender: Sender
    schedule: Schedule = attrs.field(factory=Schedule)
    patience: Patience = attrs.field(factory=Patience)
    metering: Metering = attrs.field(factory=Metering)
    kept: float = 30 * 86_400.0
    wall: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random


@attrs.frozen
class _Bag:
    """What may be sent to an endpoint; without secrets it cannot be signed."""

    endpoint: Endpoint
    secrets: tuple[str, ...] = attrs.field(repr=False)
    errands: tuple[Errand, ...]


@attrs.frozen
class _Look(Request):
    """See what is due."""


@attrs.frozen
class _Sweep(Request):
    """Remove what has been in the log for long enough."""


@attrs.frozen
class _NewsCame(Fact):
    """Something has been committed that may have to be delivered."""


@attrs.frozen
class _Looked(Fact):
    """That is to be done next; `wake_at` is when something else will be."""

    bags: tuple[_Bag, ...]
    wake_at: float


@attrs.frozen
class _Attempted(Fact):
    """An attempt has come out, and that is kept."""

    errand: Errand
    verdict: Verdict
    at: float


@attrs.frozen
class _Unkept(Fact):
    """An attempt has come out, and nobody knows: it is made again."""

    errand: Errand
    error: StoreError


@attrs.frozen
class _Unseen(Fact):
    """It could not be seen what is due."""

    error: Exception


@attrs.frozen
class _Broken(Fact):
    """Something went wrong that was not the far end's doing."""

    error: Exception


class Courier(AsyncioActor):
    """Who carries events to endpoints."""

    def __init__(self, posting: Posting) -> None:
        super().__init__("courier")
        self._posting = posting
        self._rounds = Rounds(posting.patience)
        self._sending: set[asyncio.Task[Any]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._is_looking = False
        self._is_to_look_again = False
        self._counted_at = -math.inf

    async def prepare(self) -> None:
        self._await_news()
        self._look()
        self.ref.tell(_Sweep())

    async def on_receive(self, message: Any) -> Any:
        match message:
            case _NewsCame():
                self._await_news()
                self._look()
            case _Look():
                self._look()
            case _Looked(bags, wake_at):
                self._set_out(bags, wake_at)
            case _Attempted(errand, verdict, at):
                is_success = isinstance(verdict, Delivered)
                self._rounds.done(errand, at, is_success=is_success)
                self._look()
            case _Unkept(errand, error):
                self._rounds.drop(errand)
                self._recover(error)
            case _Unseen(error):
                self._is_looking = False
                self._recover(error)
            case _Broken(error):
                self._recover(error)
            case _Sweep():
                self.remind(SWEEP, message)
                self.later(self._forget(), failed=_Broken)
            case _:
                return await super().on_receive(message)

    async def release(self) -> None:
        """Let what is under way come out; the rest is sent when there is a courier again."""
        if self._alarm is not None:
            self._alarm.cancel()
        if not self._sending:
            return
        _, left = await asyncio.wait(self._sending, timeout=GRACE)
        for task in left:
            task.cancel()
        if left:
            logger.info("%d webhooks were cut short, and will be sent again", len(left))
            await asyncio.wait(left)

    # Looking what is due.

    def _await_news(self) -> None:
        self.later(_news(self._posting.store.events.news()), failed=_Broken)

    def _look(self) -> None:
        """Look once more, after the look that is under way if there is one."""
        self._is_to_look_again = self._is_looking
        if not self._is_looking:
            self._is_looking = True
            self._rounds.look()
            self.later(self._find_due(), failed=_Unseen)

    async def _find_due(self) -> _Looked:
        now = self._posting.wall()
        await self._count(now)
        bags, wake_at = [], math.inf
        for endpoint_id, due_at in await self._posting.store.deliveries.agenda():
            closed_until = self._rounds.closed_until(endpoint_id)
            if due_at > now:
                wake_at = min(wake_at, due_at)
            elif self._rounds.room(endpoint_id, now):
                limit = self._rounds.window(endpoint_id, now) + 1
                errands = await self._posting.store.deliveries.next(endpoint_id, limit)
                later = [errand.due_at for errand in errands if errand.due_at > now]
                wake_at = min([wake_at, *later])
                bags += await self._packed(endpoint_id, errands, now)
            elif closed_until is not None and closed_until > now:
                wake_at = min(wake_at, closed_until)
        return _Looked(tuple(bags), wake_at)

    async def _packed(self, endpoint_id: str, errands: list[Errand], now: float) -> list[_Bag]:
        """Put together what may be sent to an endpoint, with what that takes."""
        fresh = self._rounds.fresh(endpoint_id, errands, now)
        endpoint = await self._posting.store.endpoints.get(endpoint_id) if fresh else None
        if endpoint is None:
            return []
        try:
            secrets = await self._posting.store.endpoints.secrets(endpoint_id, now)
        except StoreError:
            logger.exception("what goes to %s cannot be signed", endpoint_id)
            secrets = ()
        return [_Bag(endpoint, secrets, tuple(fresh))]

    async def _count(self, now: float) -> None:
        if now - self._counted_at < PATROL:
            return
        self._counted_at = now
        backlog = await self._posting.store.deliveries.backlog()
        age = 0.0 if backlog.oldest is None else now - backlog.oldest
        self._posting.metering.webhooks_waiting(backlog.pending, age)

    # Sending it.

    def _set_out(self, bags: tuple[_Bag, ...], wake_at: float) -> None:
        self._is_looking = False
        now = self._posting.wall()
        for bag in bags:
            for errand in self._rounds.start(bag.endpoint.id, bag.errands, now):
                self._send(self._attempt(bag, errand))
        if self._is_to_look_again:
            self._look()
        else:
            self._wake(min(max(0.0, wake_at - now), PATROL))

    def _send(self, attempt: Coroutine[Any, Any, _Attempted | _Unkept]) -> None:
        """Do it beside the mailbox; unlike what is done `later`, it may outlast it."""
        task = asyncio.get_running_loop().create_task(attempt)
        self._sending.add(task)
        task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[_Attempted | _Unkept]) -> None:
        self._sending.discard(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or not self.ref.is_alive():
            return
        self.ref.tell(_Broken(error) if isinstance(error, Exception) else task.result())

    async def _attempt(self, bag: _Bag, errand: Errand) -> _Attempted | _Unkept:
        posting, began = self._posting, self._posting.wall()
        reply: Reply = Unanswered("not sent: its signing secret cannot be opened")
        if bag.secrets:
            headers = _headers(errand, bag.secrets, began)
            reply = await posting.sender.post(bag.endpoint.url, errand.body, headers)
        now = posting.wall()
        verdict = judge(reply, errand, now, posting.schedule, posting.chance())
        status = None if isinstance(reply, Unanswered) else reply.status
        attempt = Attempt(began, max(0.0, now - began), status, fault_of(reply))
        try:
            await self._keep(errand, attempt, verdict)
        except StoreError as error:
            return _Unkept(errand, error)
        return _Attempted(errand, verdict, now)

    async def _keep(self, errand: Errand, attempt: Attempt, verdict: Verdict) -> None:
        record, metering = self._posting.store.deliveries.record, self._posting.metering
        match verdict:
            case Delivered():
                await record(errand, attempt, "delivered")
                metering.webhook("delivered", attempt.duration)
                logger.debug("%s delivered to %s", errand.id, errand.endpoint_id)
            case Retried(at):
                await record(errand, attempt, "pending", at)
                metering.webhook("retried", attempt.duration)
                logger.info(
                    "%s to %s failed: %s; tried again in %.0f s",
                    errand.id,
                    errand.endpoint_id,
                    attempt.error,
                    at - attempt.at,
                )
            case GivenUp(is_gone):
                await record(errand, attempt, "failed", is_gone=is_gone)
                metering.webhook("given_up", attempt.duration)
                logger.warning(
                    "%s to %s is given up: %s", errand.id, errand.endpoint_id, attempt.error
                )
                if is_gone:
                    logger.warning("%s is disabled: it says that it is gone", errand.endpoint_id)
            case _:
                assert_never(verdict)

    # The rest.

    def _wake(self, after: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self.remind(after, _Look())

    def _recover(self, error: Exception) -> None:
        """Go on in a while if it was the store; what else breaks is a fault, and ends this."""
        match error:
            case StoreError():
                logger.warning("webhooks wait for the store: %s", error)
                self._wake(RECOVERY)
            case _:
                raise error

    async def _forget(self) -> None:
        before = self._posting.wall() - self._posting.kept
        while await self._posting.store.deliveries.forget(before):
            pass


async def _news(news: asyncio.Future[None]) -> _NewsCame:
    await news
    return _NewsCame()


def _headers(errand: Errand, secrets: tuple[str, ...], now: float) -> Mapping[str, str]:
    return signatures.headers(
        errand.body,
        secrets,
        now,
        delivery=errand.id,
        retry=errand.attempt_count,
        happened=errand.created_at,
    )
