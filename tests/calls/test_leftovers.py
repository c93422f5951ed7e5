"""When a call has ended, nothing of it is left."""

import asyncio
import gc
from pathlib import Path

import pykka


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def whole_call(world):
    session = await world.create()
    customer, agent = await world.customer(session), await world.agent(session)
    await customer.says("Guten Tag")
    assert await agent.hears("Good day")
    await world.post(f"/v1/sessions/{session['id']}/end")
    for caller in (customer, agent):
        await caller.phone.until(lambda caller=caller: caller.phone.hung_up is not None, within=2)
    await asyncio.sleep(0.2)


def tasks() -> list[str]:
    return sorted(task.get_name() for task in asyncio.all_tasks() if "Task-" not in task.get_name())


async def test_every_actor_task_and_file_is_gone(world):
    await whole_call(world)  # whatever is opened once, is opened now
    gc.collect()
    before = descriptors(), tasks(), len(pykka.ActorRegistry.get_all())
    for _ in range(2):
        await whole_call(world)
    gc.collect()
    assert (descriptors(), tasks(), len(pykka.ActorRegistry.get_all())) == before
    assert all(not ear.is_open for ear in world.speech.ears)
