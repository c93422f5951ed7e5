"""A courier that fails is followed by another, and loses nothing."""

from __future__ import annotations

import pytest

from actors.postoffice import PostOffice
from kallglot.errors import StoreError
from kallglot.webhooks.sender import Conduct, Sender

pytestmark = pytest.mark.real_time


class Stumbling(Sender):
    """Has a fault that shows now and then."""

    def __init__(self, faults) -> None:
        super().__init__(Conduct(timeout=1.0, allow_private=True))
        self.faults = faults

    async def post(self, url, body, headers):
        if self.faults:
            self.faults -= 1
            raise ZeroDivisionError
        return await super().post(url, body, headers)


async def test_after_a_fault_there_is_another_courier(world, receiver, monkeypatch):
    monkeypatch.setattr(PostOffice, "pause", 0.01)
    endpoint = await world.hook(receiver)
    async with world.delivering(Stumbling(faults=3)):
        await world.session()
        await receiver.until(lambda: receiver.accepted)
    assert await world.statuses(endpoint) == ["delivered"]


async def test_while_the_store_fails_deliveries_wait_for_it(world, receiver, monkeypatch):
    """What came of an attempt may be lost with it: then it is made again, under the same id."""
    monkeypatch.setattr("actors.courier.RECOVERY", 0.01)
    endpoint = await world.hook(receiver)
    deliveries = world.store.deliveries
    record, agenda, failures = deliveries.record, deliveries.agenda, ["record", "agenda"]

    async def fail(name, work):
        if name in failures:
            failures.remove(name)
            work.close()
            raise StoreError("the disk is full")
        return await work

    monkeypatch.setattr(
        deliveries, "record", lambda *args, **kw: fail("record", record(*args, **kw))
    )
    monkeypatch.setattr(deliveries, "agenda", lambda: fail("agenda", agenda()))
    async with world.delivering():
        await world.session()
        await receiver.until(lambda: len(receiver.accepted) == 2)
    first, second = receiver.got
    assert first.delivery_id == second.delivery_id
    assert await world.statuses(endpoint) == ["delivered"]
