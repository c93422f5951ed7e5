"""The root of the supervision tree: the archive, the announcer, and every living session.

Switchboard
├── archive, announcer      restarted; their state is in the store
└── session …               never restarted: it ends, and says why
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pykka

from actors.announcer import Announcer
from actors.archive import Archive, EndCrashed, Settle
from actors.runtime import ActorRef
from actors.services import Services
from actors.session import (
    AttachLeg,
    DescribeLegs,
    HangUpOn,
    MetadataChanged,
    PressureChanged,
    Session,
    Suspend,
)
from actors.supervisor import Address, ChildSpec, Restart, Supervisor
from kallglot import lifecycle
from kallglot.calls import Arrival
from kallglot.errors import NotFound, OverCapacity
from kallglot.messages import EndSession, Fact, Question, Receiver, Request
from kallglot.model.leg import Leg
from kallglot.model.session import Session as SessionRecord
from kallglot.pressure import Level
from kallglot.store.store import Store
from kallglot.timeline import Timeline

__all__ = ["LivingCalls", "Switchboard", "Switching"]

logger = logging.getLogger(__name__)

#: Seconds that a far end is given to take note that it was hung up on.
HANG_UP_WITHIN = 5.0

#: The children that are no sessions.
_PERMANENT = frozenset({"archive", "announcer"})


@attrs.frozen
class Switching:
    """What the switchboard needs to know.

    `make_services` is called with the addresses of the archive and the announcer.
    """

    store: Store
    make_services: Callable[[Address, Address], Services]
    make_timeline: Callable[[], Timeline]
    capacity: int


@attrs.frozen
class OpenSession(Question[None]):
    """Let a session live: a new one, or with `state` one that lived before."""

    session: SessionRecord
    state: lifecycle.State | None = None
    legs: tuple[Leg, ...] = ()


@attrs.frozen
class FindSession(Question[ActorRef[Session] | None]):
    """Where is that session, if it lives?"""

    session_id: str


@attrs.frozen
class SuspendAll(Question[list[ActorRef[Session]]]):
    """The server stops: take no more calls, and let those that live suspend themselves."""


@attrs.frozen
class SettleStore(Request):
    """Tell `told` once everything that the archive has been told is in the store."""

    told: Receiver


@attrs.frozen
class StoreSettled(Fact):
    """It is."""


class Switchboard(Supervisor):
    """Everybody's parent."""

    def __init__(self, switching: Switching) -> None:
        super().__init__("switchboard")
        self._switching = switching
        archive, announcer = self.address("archive"), self.address("announcer")
        self._services = switching.make_services(archive, announcer)
        self._is_closed = False

    async def prepare(self) -> None:
        wall = self._switching.make_timeline().wall
        args = (self._switching.store, self.address("announcer"), wall)
        self._services.speech.on_pressure(self._feel)
        self.spawn(ChildSpec("announcer", Announcer, (), Restart.ON_FAILURE))
        self.spawn(ChildSpec("archive", Archive, args, Restart.ON_FAILURE, stop_within=10.0))

    async def on_receive(self, message: Any) -> Any:
        match message:
            case OpenSession():
                self._open(message)
            case PressureChanged():
                for session in self._sessions():
                    if session.is_alive():
                        session.tell(message)
            case FindSession(session_id):
                return self.children.get(session_id)
            case SettleStore(told):
                self.address("archive").tell(Settle(told, StoreSettled()))
            case SuspendAll():
                self._is_closed = True
                sessions = [session for session in self._sessions() if session.is_alive()]
                for session in sessions:
                    session.tell(Suspend())
                return sessions
            case _:
                return await super().on_receive(message)

    async def on_child_stopped(self, name: str, cause: BaseException | None) -> None:
        if cause is None:
            return
        if self._is_closed:  # it may have failed because everything around it ends
            logger.warning("%s was cut short; the next start of the server goes on with it", name)
            return
        logger.error("%s failed and is over", name)
        self.address("archive").tell(EndCrashed(name))

    async def release(self) -> None:
        """Stop all sessions at the same time, and then who keeps what they say last."""
        sessions = [name for name in self.children if name not in _PERMANENT]
        try:
            await asyncio.gather(*map(self.retire, sessions))
        finally:
            await super().release()

    def _feel(self, level: Level) -> None:
        if self.ref.is_alive():
            self.ref.tell(PressureChanged(level))

    def _sessions(self) -> list[ActorRef[Any]]:
        return [ref for name, ref in self.children.items() if name not in _PERMANENT]

    def _open(self, message: OpenSession) -> None:
        is_new = message.state is None
        if self._is_closed or (is_new and len(self._sessions()) >= self._switching.capacity):
            raise OverCapacity("this server carries as many calls as it may", retry_after=30)
        if is_new and self._services.speech.pressure >= Level.REFUSE:
            raise OverCapacity("the engines of this server have all they can do", retry_after=20)
        timeline = self._switching.make_timeline()
        limits = self._services.limits
        if message.state is None:
            deadline = message.session.created_at + limits.connect_within
            state: lifecycle.State = lifecycle.Created(deadline)
        else:
            state = message.state
        args = (message.session, state, self._services, timeline, message.legs)
        self.spawn(ChildSpec(message.session.id, Session, args, stop_within=10.0))


class _Settled:
    """Is told when the store is settled."""

    def __init__(self) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self, message: Any, /) -> None:
        if not self.done.done():
            self.done.set_result(None)


class LivingCalls:
    """`kallglot.calls.Calls`, for the API: asks the switchboard and hands out no actor."""

    def __init__(self, switchboard: ActorRef[Switchboard]) -> None:
        self._switchboard = switchboard

    async def open(self, session: SessionRecord) -> None:
        await self._switchboard.ask(OpenSession(session))

    async def resume(
        self, session: SessionRecord, state: lifecycle.State, legs: tuple[Leg, ...]
    ) -> None:
        """Go on with a session that a server before this one has left."""
        await self._switchboard.ask(OpenSession(session, state, legs))

    async def legs(self, session_id: str) -> list[Leg]:
        session = await self._find(session_id)
        if session is None:
            return []
        try:
            return await session.ask(DescribeLegs())
        except pykka.ActorDeadError:
            return []

    async def end(self, session_id: str, reason: str) -> None:
        session = await self._find(session_id)
        if session is not None:
            if session.is_alive():
                session.tell(EndSession(reason))
            await session.ended()

    async def hang_up(
        self, session_id: str, leg_id: str | None = None, participant: str | None = None
    ) -> None:
        session = await self._find(session_id)
        if session is None:
            return
        with contextlib.suppress(pykka.ActorDeadError, TimeoutError):
            legs = await session.ask(HangUpOn(leg_id, participant))
            async with asyncio.timeout(HANG_UP_WITHIN):
                await asyncio.gather(*(leg.ended() for leg in legs))
                await session.ask(DescribeLegs())  # by now it has noticed
                await self._settle()

    async def note_metadata(self, session_id: str, metadata: Mapping[str, Any] | None) -> None:
        session = await self._find(session_id)
        if session is not None and session.is_alive():
            session.tell(MetadataChanged(metadata))

    async def attach(self, session_id: str, arrival: Arrival) -> None:
        session = await self._find(session_id)
        if session is None:
            raise NotFound("there is no such session, or it has ended", code="session_not_found")
        try:
            leg = await session.ask(AttachLeg(arrival))
        except pykka.ActorDeadError:
            raise NotFound("the session has ended", code="session_not_found") from None
        await leg.ended()

    def count(self) -> int:
        actor = self._switchboard._actor_weakref()  # noqa: SLF001 - read, not reached into
        return 0 if actor is None else len(actor.children) - 2

    async def suspend(self) -> None:
        """Close every leg and leave the sessions to the next server; return when they rest.

        Whoever waits no longer has it logged how many do not; they can be resumed all the same.
        """
        sessions = await self._switchboard.ask(SuspendAll())
        resting = [asyncio.ensure_future(session.ended()) for session in sessions]
        try:
            await asyncio.gather(*resting)
        except asyncio.CancelledError:
            logger.warning(
                "%d of %d calls did not come to rest in time and are cut short;"
                " the next start of the server goes on with them",
                sum(one.cancelled() for one in resting),
                len(resting),
            )
            raise

    async def _settle(self) -> None:
        """Wait until what has been told to the archive is in the store."""
        settled = _Settled()
        self._switchboard.tell(SettleStore(settled))
        await settled.done

    async def _find(self, session_id: str) -> ActorRef[Session] | None:
        return await self._switchboard.ask(FindSession(session_id))
