"""Tasks in the background whose crashes are not lost."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

__all__ = ["Tasks"]


class Tasks:
    """Tasks that are cancelled together; the first crash among them is raised by `close`."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._crashes: list[BaseException] = []

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note)
        return task

    def _note(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        crash = None if task.cancelled() else task.exception()
        if crash is not None:
            self._crashes.append(crash)

    def cancel(self) -> None:
        """Cancel all but whoever asks."""
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()

    async def drain(self) -> None:
        """Wait until nothing is left to be done."""
        while others := self._tasks - {asyncio.current_task()}:
            await asyncio.wait(others)

    async def close(self) -> None:
        """Cancel everything, and raise what has crashed."""
        self.cancel()
        await self.drain()
        await asyncio.sleep(0)  # the callbacks of the last ones
        if self._crashes:
            raise self._crashes[0]
