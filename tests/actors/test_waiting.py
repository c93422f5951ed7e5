"""A session that waits for its first call, as thousands may, costs an actor and no more."""

import asyncio

import pykka
import pytest


def living() -> list[str]:
    return sorted(str(ref) for ref in pykka.ActorRegistry.get_all() if ref.is_alive())


async def test_who_is_on_a_call_comes_to_life_with_the_first_leg(new_call):
    call = new_call()
    before = living()
    await call.calls.open(call.session)
    await call.settle()
    assert [name for name in living() if name not in before] == ["session"]
    await call.connect(call.customer)
    await call.connect(call.agent)
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Good day"
    await call.end()


@pytest.mark.parametrize("reason", ["completed", "customer_hangup"])
async def test_one_that_nobody_calls_can_be_ended(new_call, reason):
    call = new_call()
    await call.calls.open(call.session)
    await call.end(reason)
    assert (call.row.status, call.row.end_reason) == ("ended", reason)


async def test_one_that_waited_for_nothing_ends_by_itself(new_call):
    call = new_call()
    await call.calls.open(call.session)
    await asyncio.sleep(3601)
    assert (call.row.status, call.row.end_reason) == ("ended", "never_connected")
