"""Time that passes when it is told to."""

from __future__ import annotations

__all__ = ["START", "FakeClock"]

START = 1_775_034_000.0  # 2026-04-01T09:00:00Z


class FakeClock:
    """Called, it says what time it is."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
