"""Actors that are responsible for other actors."""

from __future__ import annotations

import asyncio
import enum
import logging
from collections import deque
from typing import Any, ClassVar, TypeVar

import attrs
import pykka
from pykka._envelope import Envelope

from actors.runtime import ActorRef, ActorStopped, AsyncioActor
from kallglot.errors import ChildFailed
from kallglot.messages import Question

__all__ = ["Address", "ChildSpec", "Restart", "Supervisor"]

logger = logging.getLogger(__name__)

R = TypeVar("R")


class Restart(enum.Enum):
    """When a child that has ended is started again."""

    NEVER = "never"
    ON_FAILURE = "on_failure"


@attrs.frozen
class ChildSpec:
    """How to start a child, and how to end it."""

    name: str
    actor_class: type[AsyncioActor]
    args: tuple[Any, ...] = ()
    restart: Restart = Restart.NEVER
    stop_within: float = 5.0


class Address:
    """Where to reach a child by name, whichever actor holds the name at the moment.

    What is told between a crash and the restart waits for the restart; what is told after the
    child has ended for good is dropped.
    """

    #: How many messages wait for a restart.
    limit: ClassVar[int] = 1000

    #: Seconds in which an answer must come.  A part of a session asks when it starts; on a machine
    #: with more calls than it carries the answer comes late, and to give up too soon makes the part
    #: fail, start again and ask again until its session gives up too.
    patience: ClassVar[float] = 30.0

    def __init__(self, name: str) -> None:
        self.name = name
        self._ref: ActorRef[Any] | None = None
        self._waiting: deque[Any] = deque(maxlen=self.limit)

    def __repr__(self) -> str:
        return f"<address of {self.name}>"

    def tell(self, message: Any, /) -> None:
        if self._ref is not None:
            try:
                self._ref.tell(message)
            except pykka.ActorDeadError:
                pass
            else:
                return
        self._waiting.append(message)

    async def ask(self, question: Question[R], *, timeout: float = patience) -> R:
        """Ask whoever holds the name now; raises like `ActorRef.ask`."""
        if self._ref is None:
            raise pykka.ActorDeadError(f"nobody holds the name {self.name}")
        return await self._ref.ask(question, timeout=timeout)

    def move_to(self, ref: ActorRef[Any]) -> None:
        """Let `ref` have what is told from now on, and what has waited."""
        self._ref = ref
        while self._waiting:
            ref.tell(self._waiting.popleft())


class Supervisor(AsyncioActor):
    """An actor that starts children, restarts those that crash, and outlives none of them.

    A child is started again at most `max_restarts` times in `restart_window` seconds; then the
    supervisor gives up and fails itself.  Children end in the reverse order of their start.
    """

    max_restarts: ClassVar[int] = 3
    restart_window: ClassVar[float] = 60.0

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.children: dict[str, ActorRef[Any]] = {}
        #: Where children reach their parent; what they tell it after its end is lost, not wrong.
        self.here = Address(self.ref.name)
        self.here.move_to(self.ref)
        self._addresses: dict[str, Address] = {}
        self._specs: dict[str, ChildSpec] = {}
        self._restarts: deque[float] = deque()

    def spawn(self, spec: ChildSpec) -> ActorRef[Any]:
        """Start the child that `spec` describes."""
        ref = spec.actor_class.start(*spec.args)
        ref.watch(self.ref)
        self.children[spec.name] = ref
        self._specs[spec.name] = spec
        if spec.name in self._addresses:
            self._addresses[spec.name].move_to(ref)
        return ref

    def address(self, name: str) -> Address:
        """Return the address of the child called `name`, which need not have been started yet."""
        if name not in self._addresses:
            self._addresses[name] = Address(name)
            if name in self.children:
                self._addresses[name].move_to(self.children[name])
        return self._addresses[name]

    async def retire(self, name: str) -> None:
        """Stop the child called `name`; whoever is cancelled meanwhile kills it."""
        ref = self.children.pop(name)
        spec = self._specs.pop(name)
        self._addresses.pop(name, None)
        try:
            await ref.stop(within=spec.stop_within)
        except asyncio.CancelledError:
            _kill(ref)
            raise

    async def on_child_stopped(self, name: str, cause: BaseException | None) -> None:
        """React to a child that ended and is not started again."""

    async def on_child_restarted(self, name: str) -> None:
        """Tell a child that was started again what it has to know."""

    async def release(self) -> None:
        """Stop the children; a supervisor that is killed meanwhile leaves none of them alive."""
        try:
            for name in reversed(list(self.children)):
                await self.retire(name)
        except asyncio.CancelledError:
            for ref in self.children.values():
                _kill(ref)
            raise

    async def _handle(self, envelope: Envelope[Any]) -> None:
        if isinstance(envelope.message, ActorStopped):
            await self._mourn(envelope.message)
        else:
            await super()._handle(envelope)

    async def _mourn(self, death: ActorStopped) -> None:
        name = next((n for n, ref in self.children.items() if ref is death.ref), None)
        if name is None:  # retired, or only watched
            await self.on_receive(death)
            return
        spec = self._specs[name]
        del self.children[name], self._specs[name]
        if death.cause is not None and spec.restart is Restart.ON_FAILURE:
            self._count_restart(name, death.cause)
            logger.warning("%s restarts %s", self, name)
            self.spawn(spec)
            await self.on_child_restarted(name)
        else:
            self._addresses.pop(name, None)
            await self.on_child_stopped(name, death.cause)

    def _count_restart(self, name: str, cause: BaseException) -> None:
        now = asyncio.get_running_loop().time()
        self._restarts.append(now)
        while self._restarts[0] < now - self.restart_window:
            self._restarts.popleft()
        if len(self._restarts) > self.max_restarts:
            raise ChildFailed(f"{name} keeps failing") from cause


def _kill(ref: ActorRef[Any]) -> None:
    actor = ref._actor_weakref()  # noqa: SLF001 - as `ActorRef.stop` does
    if actor is not None:
        actor.kill()
