"""A store, a receiver, and a post office between them whose waits are short."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from actors.courier import Posting
from actors.postoffice import PostOffice
from kallglot.breaker import Patience
from kallglot.ids import new_id
from kallglot.metering import Metering
from kallglot.model.session import Mode, Participant, Session
from kallglot.model.webhook import Delivery, Endpoint
from kallglot.store import Store
from kallglot.store.deliveries import DeliveryFilter
from kallglot.store.paging import Page
from kallglot.webhooks.events import SessionCreated, SessionStarted, event_of
from kallglot.webhooks.schedule import Schedule
from kallglot.webhooks.sender import Conduct, Sender
from tests.webhooks.receiver import Receiver, receiving

#: Retries after milliseconds.
SCALE = 0.0002


@attrs.define
class World:
    """What there is to deliver, and to whom."""

    store: Store
    organization: str
    metering: Metering = attrs.field(factory=Metering)

    async def endpoint(self, url: str, **fields: object) -> tuple[Endpoint, str]:
        endpoint = Endpoint(new_id("wh"), self.organization, "live", url, time.time(), **fields)
        made = await self.store.endpoints.add(endpoint)
        return made.endpoint, made.secret

    async def hook(self, receiver: Receiver, **fields: object) -> Endpoint:
        endpoint, receiver.secret = await self.endpoint(receiver.url, **fields)
        return endpoint

    async def session(self) -> Session:
        session = Session(
            id=new_id("sess"),
            organization_id=self.organization,
            mode=Mode.BIDIRECTIONAL,
            participants=(Participant("customer", "customer", "de"),),
            created_at=time.time(),
        )
        await self.store.sessions.add(
            session, events=[event_of(SessionCreated(session), time.time())]
        )
        return session

    async def happens(self, session: Session, times: int = 1) -> None:
        for _ in range(times):
            await self.store.events.add(event_of(SessionStarted(session), time.time()))

    async def deliveries(self, endpoint: Endpoint) -> list[Delivery]:
        """What an endpoint was told or is to be, in order."""
        wanted, page = DeliveryFilter(), Page(100)
        found = []
        while True:
            part = await self.store.deliveries.page(endpoint.id, wanted, page)
            found += part.items
            if not part.has_more:
                return found[::-1]
            page = Page(100, starting_after=found[-1].id)

    async def statuses(self, endpoint: Endpoint) -> list[str]:
        return [delivery.status for delivery in await self.deliveries(endpoint)]

    @asynccontextmanager
    async def delivering(self, sender: Sender | None = None, **posting: object):
        """Deliver for as long as this lasts."""
        conduct = Conduct(timeout=0.5, allow_private=True)
        async with sender or Sender(conduct) as chosen:
            settled = {
                "schedule": Schedule(scale=SCALE),
                "patience": Patience().scaled(SCALE),
                "metering": self.metering,
                **posting,
            }
            office = PostOffice.start(Posting(self.store, chosen, **settled))
            try:
                yield office
            finally:
                await office.stop(within=10.0)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = await Store.open(":memory:")
    yield store
    await store.close()


@pytest.fixture
async def world(store: Store) -> World:
    return World(store, (await store.organizations.add("Example", time.time())).id)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver
