"""Requests to an API: as many as it takes, or so many a second whether it keeps up or not."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import attrs

__all__ = ["Asked", "as_many_as_possible", "steadily"]

BODY = b'{"mode":"bidirectional_translation","source_language":"de","target_language":"en"}'
JSON = {"Content-Type": "application/json"}


@attrs.define
class Asked:
    """What came of it: how long each answer took, in seconds, and how many were no success."""

    seconds: float
    took: list[float] = attrs.field(factory=list)
    failed: int = 0

    @property
    def per_second(self) -> float:
        return len(self.took) / self.seconds


async def as_many_as_possible(
    client: aiohttp.ClientSession, seconds: float, together: int = 16
) -> Asked:
    """Create sessions, `together` at a time, each as soon as one before it is there."""
    asked = Asked(seconds)
    until = time.perf_counter() + seconds

    async def go_on() -> None:
        while time.perf_counter() < until:
            await _create(client, asked, time.perf_counter())

    await asyncio.gather(*(go_on() for _ in range(together)))
    return asked


async def steadily(client: aiohttp.ClientSession, seconds: float, rate: float) -> Asked:
    """Create sessions at a steady rate; an answer's time counts from when it was due."""
    asked = Asked(seconds)
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * rate)):
            due = begun + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(_create(client, asked, due))
    return asked


async def _create(client: aiohttp.ClientSession, asked: Asked, since: float) -> None:
    async with client.post("/v1/sessions", data=BODY, headers=JSON) as answer:
        await answer.read()
        if answer.status == 201:
            asked.took.append(time.perf_counter() - since)
        else:
            asked.failed += 1
