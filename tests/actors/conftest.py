"""A switchboard with a session on it, on a loop whose time jumps."""

from __future__ import annotations

import asyncio
from pathlib import Path

import attrs
import pytest

from actors.services import Services
from actors.switchboard import LivingCalls, Switchboard, Switching
from kallglot.lifecycle import Limits
from kallglot.metering import Metering
from kallglot.model.session import Mode, Participant, Session
from kallglot.overlap import OverlapRules
from kallglot.timeline import Timeline
from tests.fakes.speech import FakeSpeech
from tests.fakes.store import FakeStore
from tests.fakes.telephone import Telephone

EPOCH = 1_790_000_000.0


class Call:
    """A session, who is on it, and what it leaves in the store."""

    def __init__(self, calls: LivingCalls, store: FakeStore, speech: FakeSpeech, session) -> None:
        self.calls = calls
        self.store = store
        self.speech = speech
        self.session = session
        self.customer = Telephone("de", call_id="CA1")
        self.agent = Telephone("en", call_id="CA2")
        self._attached: set[asyncio.Task] = set()

    async def begin(self) -> None:
        await self.calls.open(self.session)
        await self.connect(self.customer)
        await self.connect(self.agent)
        await self.customer.is_silent(0.1)

    async def connect(self, telephone: Telephone) -> asyncio.Task:
        task = asyncio.create_task(self.calls.attach(self.session.id, telephone.arrival))
        self._attached.add(task)
        await asyncio.sleep(0.01)
        return task

    async def end(self, reason: str = "completed") -> None:
        await self.calls.end(self.session.id, reason)

    async def settle(self) -> None:
        await asyncio.sleep(0.1)

    @property
    def row(self) -> Session:
        return self.store.session_rows[self.session.id]

    @property
    def said(self) -> list:
        return sorted(self.store.utterances.values(), key=lambda one: one.sequence)

    @property
    def announced(self) -> list[str]:
        return [event.type for event in self.store.events]


@pytest.fixture
async def speech():
    speech = FakeSpeech()
    speech.knows(
        {
            ("de", "en"): {"Guten Tag": "Good day", "Auf Wiederhören": "Goodbye"},
            ("en", "de"): {"How are you": "Wie geht es Ihnen"},
        }
    )
    return speech


@pytest.fixture
async def store():
    return FakeStore()


@pytest.fixture
def people():
    return (Participant("customer", "customer", "de"), Participant("agent", "agent", "en"))


@pytest.fixture
def session(people):
    return Session("sess_1", "org_1", Mode.BIDIRECTIONAL, people, created_at=EPOCH)


@pytest.fixture
def overlap():
    return OverlapRules()


@pytest.fixture
def metering():
    return Metering()


@pytest.fixture
async def switchboard(store, speech, overlap, metering, tmp_path: Path):
    def make_services(archive, announcer):
        return Services(
            speech,
            archive,
            announcer,
            tmp_path,
            limits=Limits(),
            overlap=overlap,
            metering=metering,
        )

    loop = asyncio.get_running_loop()
    switching = Switching(
        store, make_services, lambda: Timeline(loop.time, EPOCH + loop.time()), capacity=5
    )
    ref = Switchboard.start(switching)
    yield ref
    await ref.stop()


@pytest.fixture
async def new_call(switchboard, store, speech, session):
    def make(**changed):
        return Call(LivingCalls(switchboard), store, speech, attrs.evolve(session, **changed))

    return make


@pytest.fixture
async def call(new_call):
    call = new_call()
    await call.begin()
    return call
