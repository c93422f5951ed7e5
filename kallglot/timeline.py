"""The clock of a session.

Three clocks meet in a call: the loop's, which never jumps; the wall's, which is stored and shown;
and the session's own, which starts with its first audio and dates everything that is said.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Timeline"]


class Timeline:
    """Tells the time to everybody in a session.

    `now` is the loop's time, `wall` the wall-clock time: read together once, so that a wall
    clock that is set during a call moves nothing in it.
    """

    def __init__(self, now: Callable[[], float], wall: float) -> None:
        self.now = now
        self._offset = wall - now()
        self._started: float | None = None

    def wall(self) -> float:
        """Return seconds since the epoch."""
        return self.now() + self._offset

    def start(self, wall: float) -> None:
        """Say when the session's first audio was heard."""
        self._started = wall

    def session_time(self, now: float) -> float:
        """Return a loop time as seconds since the session's first audio, never below 0."""
        wall = now + self._offset
        return 0.0 if self._started is None else max(0.0, wall - self._started)
