"""The boot sequence, from the settings to the open port, and the same backwards.

This is the only file that knows everybody.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import socket
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import attrs
from aiohttp import web

from actors import records
from actors.courier import Posting
from actors.postoffice import PostOffice
from actors.services import Services, Spoken
from actors.supervisor import Address
from actors.switchboard import LivingCalls, Switchboard, Switching
from kallglot import lifecycle
from kallglot.api.app import create_app
from kallglot.api.context import ACCOUNTS, PROVIDERS
from kallglot.api.metrics import Exposed
from kallglot.api.runner import ApiRunner
from kallglot.breaker import Patience
from kallglot.ceiling import CeilingPolicy
from kallglot.config import Settings
from kallglot.errors import EngineError, SettingsError
from kallglot.lifecycle import Limits
from kallglot.metering import Metering
from kallglot.model.session import Session
from kallglot.overlap import OverlapRules
from kallglot.phrases import PHRASES
from kallglot.providers import Provider, discover
from kallglot.reaching import reaching
from kallglot.settingtypes import Address as BindAddress
from kallglot.speech.engines import SpeechRequest
from kallglot.speech.metered import MeteredSpeech
from kallglot.speech.service import SpeechService
from kallglot.state import dump, load
from kallglot.store import Store
from kallglot.store.keys import SCOPES, NewKey
from kallglot.store.lock import only_server_of
from kallglot.store.sessions import LifeState
from kallglot.sweeper import sweeping
from kallglot.timeline import Timeline
from kallglot.webhooks.schedule import Schedule
from kallglot.webhooks.sender import Conduct, Sender

__all__ = ["Premises", "Server", "premises", "running", "settle"]

logger = logging.getLogger(__name__)

#: Seconds that streams get to say goodbye when the server stops.
FAREWELL = 5.0
#: Sessions that are resumed at a time: their writes go to the disk together.
TOGETHER = 64

_INTERRUPTIONS = {
    "insist": OverlapRules("insist"),
    "immediate": OverlapRules("at_once"),
    "never": OverlapRules("never"),
}


@attrs.frozen
class Server:
    """A server that is running.

    `first_key` is the API key that was made because there was none; it is shown once.
    """

    url: str
    settings: Settings
    store: Store
    calls: LivingCalls
    speech: SpeechService
    first_key: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Premises:
    """The data folder and the address of a server, which nobody else has now."""

    settings: Settings
    listener: socket.socket


@contextmanager
def premises(settings: Settings) -> Iterator[Premises]:
    """Take folder and address; worth doing before models are loaded for nothing.

    Raises:
        SettingsError: one of them is taken, or cannot be used.
    """
    with only_server_of(settings.data), _bound(settings.bind) as listener:
        yield Premises(settings.listening_on(listener.getsockname()[1]), listener)


@asynccontextmanager
async def running(
    settings: Settings,
    speech: SpeechService,
    providers: Mapping[str, Provider] | None = None,
    metering: Metering | None = None,
    held: Premises | None = None,
) -> AsyncIterator[Server]:
    """Run a server on a `speech` service that has been started.

    `metering` is for who counts more or has the engines watched, `held` for who took them before.

    Raises:
        SettingsError: the address or the data folder is taken, or cannot be used.
        StoreError: the data folder cannot be used.
    """
    async with AsyncExitStack() as stack:
        held = held or stack.enter_context(premises(settings))
        settings, listener = held.settings, held.listener
        store = await Store.open(settings.data, settings.secret_key or None)
        stack.push_async_callback(store.close)
        first_key = await _first_key(store)
        notices = await _speak_notices(speech)
        metering = metering or Metering()
        await stack.enter_async_context(_delivering(settings, store, metering))

        def make_services(archive: Address, announcer: Address) -> Services:
            return Services(
                speech=MeteredSpeech(speech, metering),
                archive=archive,
                announcer=announcer,
                recordings=settings.data / "recordings",
                limits=_limits(settings),
                overlap=_overlap(settings),
                ceiling=CeilingPolicy(ceiling=settings.lag_ceiling),
                retention=settings.kept,
                notices=notices,
                metering=metering,
            )

        switching = Switching(store, make_services, _timeline, settings.max_sessions)
        switchboard = Switchboard.start(switching)
        stack.push_async_callback(switchboard.stop, within=FAREWELL * 4)
        calls = LivingCalls(switchboard)
        await _resume(store, calls, _limits(settings))
        app = create_app(
            store,
            calls,
            settings,
            cards=speech.cards,
            translates=speech.can_translate,
            checks={"speech": lambda: None if speech.is_ready() else "the engines are loading"},
            providers=discover() if providers is None else providers,
            exposed=Exposed(metering, settings.metrics),
        )
        await stack.enter_async_context(_reaching_carriers(app))
        await stack.enter_async_context(sweeping(store, settings.data, settings.kept))
        await stack.enter_async_context(_listening(app, listener))
        logger.info("listening on %s", url := f"http://{settings.bind.reachable}")
        yield Server(url, settings, store, calls, speech, first_key)
        await _say_goodbye(calls)


def _overlap(settings: Settings) -> OverlapRules:
    rules = _INTERRUPTIONS[settings.interruption]
    return attrs.evolve(rules, resume=settings.interruption_resume)


def settle() -> None:
    """Spare the garbage collector what booting has made; for a process that only serves.

    A full collection looks at every object and stops all calls meanwhile; what was imported need
    not be looked at again.
    """
    gc.collect()
    gc.freeze()
    # The thresholds stay: rarer collections left 4 KiB of every finished call, these leave 1.


def _bound(address: BindAddress) -> socket.socket:
    """Return a socket bound to the address, so that a port that is taken is noticed at once."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"bind is {address}, and that cannot be listened on: {error.strerror};"
            " choose another address with KALLGLOT_BIND=host:port"
        ) from error
    return listener


@asynccontextmanager
async def _reaching_carriers(app: web.Application) -> AsyncIterator[None]:
    async with reaching(app[PROVIDERS]) as accounts:
        app[ACCOUNTS] = accounts
        yield


@asynccontextmanager
async def _listening(app: web.Application, listener: socket.socket) -> AsyncIterator[None]:
    runner = ApiRunner(app, access_log=None, shutdown_timeout=FAREWELL)
    await runner.setup()
    try:
        await web.SockSite(runner, listener, backlog=1024).start()
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _delivering(settings: Settings, store: Store, metering: Metering) -> AsyncIterator[None]:
    """Have webhooks delivered, until everybody else has stopped who may have something to tell."""
    webhooks = settings.webhooks
    async with Sender(Conduct(webhooks.timeout, webhooks.allow_private)) as sender:
        posting = Posting(
            store,
            sender,
            schedule=Schedule(scale=webhooks.retry_scale),
            patience=Patience().scaled(webhooks.retry_scale),
            metering=metering,
            kept=webhooks.kept,
        )
        office = PostOffice.start(posting)
        try:
            yield
        finally:
            await office.stop(within=FAREWELL * 2)


async def _first_key(store: Store) -> str | None:
    """Make the first organization and its key, if there is none."""
    if await store.keys.all():
        return None
    organizations = await store.organizations.all()
    organization = (
        organizations[0] if organizations else await store.organizations.add("default", time.time())
    )
    made: NewKey = await store.keys.create(
        organization.id, time.time(), name="first", scopes=SCOPES
    )
    return made.text


async def _speak_notices(speech: SpeechService) -> dict[tuple[str, str], Spoken]:
    """Have what must be said when the engines are down spoken while they are up."""
    spoken = {}
    for (occasion, language), text in PHRASES.items():
        try:
            request = SpeechRequest(text, language, 8000)
            pcm = b"".join([chunk.pcm async for chunk in speech.synthesise(request, within=10)])
            spoken[occasion, language] = Spoken(pcm, 8000)
        except EngineError as error:
            logger.warning("no spoken notice %s in %s: %s", occasion, language, error)
    return spoken


async def _resume(store: Store, calls: LivingCalls, limits: Limits) -> None:
    """Go on with what a server before this one has left.

    What its legs' end means is in the store before anybody can ask.
    """
    gate = asyncio.Semaphore(TOGETHER)

    async def resume(left: Session, stored: LifeState | None) -> None:
        async with gate:
            now = time.time()
            deadline = left.created_at + limits.connect_within
            state = lifecycle.Created(deadline) if stored is None else load(stored)
            state = lifecycle.restored(state, now, limits)
            session = records.updated(left, state, now)
            await store.sessions.save(session, dump(state))
            legs = tuple(await store.legs.of_session(session.id))
            await calls.resume(session, state, legs)
            logger.info("resumed %s, which is %s", session.id, records.in_words(state))

    living = await store.sessions.list_living()
    await asyncio.gather(*(resume(left, stored) for left, stored in living))


async def _say_goodbye(calls: LivingCalls) -> None:
    """Close every stream with a code that says that the server will be back."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FAREWELL):
            await calls.suspend()


def _limits(settings: Settings) -> Limits:
    return Limits(
        connect_within=settings.connect_window,
        reconnect_within=settings.reconnect_window,
        silent_for=settings.inactivity,
    )


def _timeline() -> Timeline:
    return Timeline(asyncio.get_running_loop().time, time.time())
