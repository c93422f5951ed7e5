from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kallglot.model.session import Mode, Participant, Session
from kallglot.store import Store
from tests.fakes.clock import START


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = await Store.open(":memory:")
    yield store
    await store.close()


@pytest.fixture
async def organization(store: Store) -> str:
    return (await store.organizations.add("Example", START)).id


@pytest.fixture
async def session(store: Store, organization: str) -> Session:
    session = Session(
        id="sess_1",
        organization_id=organization,
        mode=Mode.ASSISTIVE,
        participants=(Participant("customer", "customer", "de", "Ada", "low"),),
        created_at=START,
    )
    await store.sessions.add(session)
    return session
