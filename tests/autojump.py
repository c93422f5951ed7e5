"""A loop on which time passes only while nobody has anything to do.

`asyncio.sleep(300)` takes no time at all, and still everything that is due before it happens
before it.  Not for tests that wait for threads or sockets: the loop does not see those coming.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class AutojumpSelector(selectors.DefaultSelector):
    jump: Any = staticmethod(lambda seconds: None)

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout:
            self.jump(timeout)
        return ready


class AutojumpLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        selector = AutojumpSelector()
        super().__init__(selector)
        self._now = 0.0
        selector.jump = self._jump

    def time(self) -> float:
        return self._now

    def _jump(self, seconds: float) -> None:
        self._now += seconds
