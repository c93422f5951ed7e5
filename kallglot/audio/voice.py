"""The recent past of one voice, and which second of the session each sample belongs to.

Frames arrive with the jitter of a network but were spoken evenly, so a voice counts samples:
a frame follows the one before it unless it comes so late that something must be missing.  Then
the voice starts a new run.  Nothing can have been said after it arrived, so a run is dated by its
least delayed frame: a burst after a stall moves the run back to where it belongs.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from kallglot.audio.past import Past

__all__ = ["Intake", "Voice"]

#: Seconds by which a frame may be late and still follow the one before it.
SLACK = 0.4


class _Run(NamedTuple):
    """From `start` seconds of the voice on, the session's clock shows `at` plus what follows.

    It cannot be earlier than `earliest`, where the run before it ends.
    """

    start: float
    at: float
    earliest: float


class Voice:
    """The last `keep` seconds of a voice at least, as 16-bit PCM at one rate.

    A *position* counts the seconds of sound since the voice began, without gaps; a *time* is
    the session's.
    """

    def __init__(self, rate_hz: int, keep: float = 20.0) -> None:
        self.rate_hz = rate_hz
        self._keep = int(keep * rate_hz) * 2
        self._past = Past()
        self._runs: deque[_Run] = deque(maxlen=64)

    @property
    def position(self) -> float:
        """Seconds heard so far."""
        return self._past.end / (2 * self.rate_hz)

    def hear(self, pcm: bytes, at: float) -> float | None:
        """Append sound that arrived at the time `at`.

        Returns the position at which a new run starts with it, or None if it only goes on.
        """
        position = self.position
        start = max(0.0, at - len(pcm) / (2 * self.rate_hz))
        late = SLACK * 2
        if self._runs:
            run = self._runs[-1]
            late = start - (run.at + position - run.start)
            if late < 0 and run.at > run.earliest:
                self._runs[-1] = run._replace(at=max(run.earliest, run.at + late))
        new_run = late > SLACK
        if new_run:
            self._runs.append(_Run(position, start, self.time_of(position) if self._runs else 0.0))
        self._past.append(pcm)
        if len(self._past) > self._keep + self.rate_hz:  # half a second more
            self._past.forget(self._past.end - self._keep)
        return position if new_run else None

    def time_of(self, position: float) -> float:
        """Return the session's time at a position."""
        run = next((run for run in reversed(self._runs) if run.start <= position), None)
        if run is None:
            return position
        return run.at + position - run.start

    def times_of(self, start: float, end: float) -> tuple[float, float]:
        """Return the session's times of what lies between two positions, in the run of `end`."""
        run = next((run for run in reversed(self._runs) if run.start < end), _Run(0.0, 0.0, 0.0))
        return run.at + max(0.0, start - run.start), run.at + end - run.start

    def between(self, start: float, end: float) -> bytes:
        """Return the sound between two positions, or what is left of it."""
        return self._past.between(2 * round(start * self.rate_hz), 2 * round(end * self.rate_hz))


class Intake:
    """Lets a voice in at the pace at which people speak.

    A network that stalls delivers a few seconds at once, which is fine; a client that sends a
    file as fast as it can, or a hostile one, is held to little more than real time beyond
    `ahead` seconds.  Little more, so that a voice that once came in a burst has room again soon.
    """

    #: Seconds of audio that may come in a second, in the long run.
    pace = 1.25

    def __init__(self, ahead: float = 3.0) -> None:
        self._ahead = ahead
        self._until: float | None = None
        self.refused = 0.0

    def admits(self, seconds: float, now: float) -> bool:
        """Tell whether `seconds` of audio that arrive at `now` may come in."""
        until = now if self._until is None or self._until < now else self._until
        if until + seconds / self.pace - now > self._ahead:
            self.refused += seconds
            return False
        self._until = until + seconds / self.pace
        return True
