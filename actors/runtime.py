"""Pykka actors that live on an asyncio loop.

Pykka leaves three hooks for new kinds of actors: how to make an inbox, how to make a future, and
how to start the loop that takes messages out of the one and puts answers into the other.  This
module fills them in with a deque, an asyncio future and an asyncio task.

Three rules differ from `pykka.ThreadingActor`, all for the sake of supervision:

* An unexpected exception ends the actor even when it was asked; Pykka would only answer with it.
  `Refused` is an answer and ends nothing.
* `release` runs however the actor ends, so that what it holds is let go in one place.
* Whoever watches an actor is told `ActorStopped`, with the cause.

And one for the sake of speed: what an actor can handle without waiting, it may handle while it is
told, see `AsyncioActor.at_once`.  Waking a task takes longer than all that a frame of audio needs.

The hooks around an actor's life are called `prepare` and `release`, because Pykka's `on_start`
and `on_stop` are not coroutines and no type checker lets a subclass change that.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

import attrs
import pykka
from pykka._envelope import Envelope
from pykka.messages import _ActorStop

from actors.mailbox import AsyncioFuture, Mailbox
from kallglot import log
from kallglot.errors import Refused
from kallglot.messages import Fact, Question, Request

__all__ = ["ActorRef", "ActorStopped", "AsyncioActor"]

logger = logging.getLogger(__name__)

A = TypeVar("A", bound="AsyncioActor")
R = TypeVar("R")

#: How many messages an actor handles before it lets others run.  A handler that awaits nothing
#: never yields to the loop by itself.
BATCH = 32

#: Tasks of living actors.  The loop itself only keeps weak references.
_tasks: set[asyncio.Task[None]] = set()


@attrs.frozen
class ActorStopped(Fact):
    """A watched actor has ended; `cause` is None when it was stopped on purpose."""

    ref: ActorRef[Any]
    cause: BaseException | None


@attrs.frozen
class Watch(Request):
    """Tell `watcher` when you end."""

    watcher: ActorRef[Any]


@attrs.frozen
class _Failed(Fact):
    """A message that was handled at once has ended in an exception."""

    error: Exception


class ActorRef(pykka.ActorRef[A], Generic[A]):
    """Where to send an actor its messages."""

    def __init__(self, actor: A, name: str) -> None:
        super().__init__(actor)
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __str__(self) -> str:
        return self.name

    def tell(self, message: Any) -> None:
        """Send `message`; it may have been handled when this returns.

        Raises:
            pykka.ActorDeadError: the actor has ended.
        """
        actor = self._actor_weakref()
        if actor is not None and type(message) in actor.quick and actor.take_at_once(message):
            return
        if self.actor_stopped.is_set():
            raise pykka.ActorDeadError(f"{self} not found")
        self.actor_inbox.put(Envelope(message))

    async def ask(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, question: Question[R], *, timeout: float = 5.0
    ) -> R:
        """Return the answer to `question`.

        Raises:
            TimeoutError: there was no answer within `timeout` seconds.
            pykka.ActorDeadError: there will be no answer.
            Exception: whatever the actor answered with.
        """
        async with asyncio.timeout(timeout):
            return cast("R", await super().ask(question, block=False))

    async def stop(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, *, within: float = 5.0
    ) -> None:
        """Have the actor handle what is in its mailbox and end; after `within` seconds, kill it.

        An actor that stops itself uses `AsyncioActor.stop` instead: it cannot wait for its own end.
        """
        actor = self._actor_weakref()
        if actor is None or not self.is_alive():
            return
        actor.stop()
        if not await actor.ended(within):
            actor.kill()
            await actor.ended()

    async def ended(self) -> None:
        """Wait until the actor has ended."""
        actor = self._actor_weakref()
        if actor is not None:
            await actor.ended()

    def watch(self, watcher: ActorRef[Any]) -> None:
        """Have `watcher` told when the actor ends; at once if it has ended."""
        try:
            self.tell(Watch(watcher))
        except pykka.ActorDeadError:
            watcher.tell(ActorStopped(self, None))


class AsyncioActor(pykka.Actor):
    """An actor that runs as a task of the loop it was started on."""

    #: How many media messages may wait.
    media_limit: ClassVar[int] = 50

    #: Messages that an idle actor handles while it is told them, with `at_once`.
    quick: ClassVar[frozenset[type]] = frozenset()

    #: Exceptions that are answers.  Any other ends the actor.
    answers: ClassVar[tuple[type[Exception], ...]] = (Refused,)

    def __init__(self, name: str | None = None) -> None:
        super().__init__()
        self.mailbox = Mailbox(media_limit=self.media_limit)
        self.actor_inbox = self.mailbox
        self.ref: ActorRef[Any] = ActorRef(self, name or type(self).__name__)
        self._actor_ref = self.ref
        self._watchers: list[ActorRef[Any]] = []
        self._work: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._context = copy_context()
        self._thread = threading.get_ident()
        self._cause: BaseException | None = None

    @classmethod
    def start(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls, *args: Any, **kwargs: Any
    ) -> ActorRef[Self]:
        return cast("ActorRef[Self]", super().start(*args, **kwargs))

    def __str__(self) -> str:
        return self.ref.name

    # What subclasses override.

    async def prepare(self) -> None:
        """Get ready; runs before the first message."""

    async def on_receive(self, message: Any) -> Any:
        """Handle `message`; what is returned answers a question."""
        logger.warning("%s does not understand %r", self, message)

    def at_once(self, message: Any) -> bool:
        """Handle one of the `quick` messages; False leaves it to `on_receive`, in its turn.

        Runs while somebody else is telling it, but never while this actor does anything else, and
        in this actor's context; what it raises ends this actor and not the teller.
        """
        return False

    async def release(self) -> None:
        """Let go of what the actor holds; runs however the actor ends."""

    # What subclasses use.

    def later(self, work: Coroutine[Any, Any, Any], failed: Callable[[Exception], Any]) -> None:
        """Do `work` beside the mailbox, and tell this actor what comes of it.

        The result arrives as a message unless it is None; so does `failed(error)` if `work`
        raises.  Work left when the actor ends is cancelled.
        """
        task = asyncio.get_running_loop().create_task(self._tell_outcome(work, failed))
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        task.add_done_callback(lambda _: work.close())  # it may have been cancelled before it began

    def remind(self, after: float, message: Any) -> asyncio.TimerHandle:
        """Tell this actor `message` after that many seconds, unless it has ended by then."""
        return asyncio.get_running_loop().call_later(after, self._remember, message)

    def kill(self) -> None:
        """End the actor now, leaving its mailbox unread."""
        if self._task is not None:
            self._task.cancel()

    async def ended(self, within: float | None = None) -> bool:
        """Wait until the actor has ended, and tell whether it has."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=within)
        return self._task is None or self._task.done()

    def take_at_once(self, message: Any) -> bool:
        """Handle a message for its teller, and tell whether it has been handled."""
        mailbox = self.mailbox
        if not mailbox.is_idle or threading.get_ident() != self._thread:
            return False
        mailbox.is_idle = False
        try:
            return self._context.run(self.at_once, message)
        except Exception as error:
            mailbox.put(Envelope(_Failed(error)))
            return True
        finally:
            mailbox.is_idle = mailbox.empty()

    # What Pykka asks of a new kind of actor.

    @staticmethod
    def _create_actor_inbox() -> Mailbox:
        return Mailbox()

    @staticmethod
    def _create_future() -> AsyncioFuture[Any]:
        return AsyncioFuture()

    def _start_actor_loop(self) -> None:
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._live(), name=str(self), context=self._context)
        _tasks.add(self._task)
        self._task.add_done_callback(self._bury)

    # The life of an actor.

    async def _live(self) -> None:
        log.actor.set(self.ref.name)
        try:
            await self.prepare()
            await self._receive()
        except asyncio.CancelledError as error:
            self._cause = error
        except Exception as error:
            self._cause = error
            logger.exception("%s failed", self)
        finally:
            self.actor_stopped.set()
            await self._drop_work()
            try:
                await self.release()
            except Exception:
                logger.exception("%s failed to release what it holds", self)

    async def _receive(self) -> None:
        handled = 0
        while not self.actor_stopped.is_set():
            if self.mailbox.empty():
                await self.mailbox.arrival()
                handled = 0
            elif handled == BATCH:
                await asyncio.sleep(0)
                handled = 0
            await self._handle(self.mailbox.get())
            handled += 1

    async def _handle(self, envelope: Envelope[Any]) -> None:
        message, reply_to = envelope.message, envelope.reply_to
        if isinstance(message, _ActorStop):
            self.actor_stopped.set()
        elif isinstance(message, Watch):
            self._watchers.append(message.watcher)
        elif reply_to is None:
            await self._obey(message)
        else:
            try:
                reply_to.set(await self.on_receive(message))
            except Exception as error:
                reply_to.set_exception((type(error), error, error.__traceback__))
                if not isinstance(error, self.answers):
                    raise

    async def _obey(self, message: Any) -> None:
        try:
            if isinstance(message, _Failed):
                raise message.error
            await self.on_receive(message)
        except self.answers as refusal:
            logger.warning("%s refused %r: %s", self, message, refusal)

    async def _tell_outcome(
        self, work: Coroutine[Any, Any, Any], failed: Callable[[Exception], Any]
    ) -> None:
        try:
            outcome = await work
        except Exception as error:
            outcome = failed(error)
        if outcome is not None and self.ref.is_alive():
            self.ref.tell(outcome)

    def _remember(self, message: Any) -> None:
        if self.ref.is_alive():
            self.ref.tell(message)

    async def _drop_work(self) -> None:
        for task in self._work:
            task.cancel()
        if self._work:
            await asyncio.wait(self._work)

    def _bury(self, task: asyncio.Task[None]) -> None:
        """Do what is due even for a task that was cancelled before it ran."""
        _tasks.discard(task)
        self.actor_stopped.set()
        pykka.ActorRegistry.unregister(self.ref)
        self._turn_away_the_rest()
        for watcher in self._watchers:
            if watcher.is_alive():
                watcher.tell(ActorStopped(self.ref, self._cause))

    def _turn_away_the_rest(self) -> None:
        while not self.mailbox.empty():
            envelope = self.mailbox.get()
            if isinstance(envelope.message, Watch):
                self._watchers.append(envelope.message.watcher)
            elif envelope.reply_to is not None:
                error = pykka.ActorDeadError(f"{self} ended before it came to the message")
                envelope.reply_to.set_exception((type(error), error, None))
