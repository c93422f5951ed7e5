"""What a telephone has heard or said, and when."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["Span", "Tape", "audible"]

#: Below this peak, about -46 dBFS, a frame counts as silence.
QUIET = 160
#: Seconds of silence that do not yet part two sounds.
PAUSE = 0.4


@attrs.frozen
class Span:
    """From one moment to another, in seconds."""

    since: float
    until: float

    @property
    def length(self) -> float:
        return self.until - self.since

    def overlaps(self, other: Span) -> bool:
        return self.since < other.until and other.since < self.until


class Tape:
    """Sound on a time line; where nothing was written there is silence."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._began: float | None = None
        self._pcm = bytearray()

    @property
    def began(self) -> float:
        """When the first sound was written; 0 if none was."""
        return 0.0 if self._began is None else self._began

    @property
    def until(self) -> float:
        return self.began + len(self._pcm) / (2 * self.rate_hz)

    def write(self, pcm: bytes, at: float) -> None:
        """Append sound that begins at `at`, which is never before the end of the tape."""
        if self._began is None:
            self._began = at
        missing = 2 * round((at - self._began) * self.rate_hz) - len(self._pcm)
        self._pcm += bytes(max(0, missing))
        self._pcm += pcm

    def between(self, span: Span) -> bytes:
        first, last = (
            max(0, 2 * round((at - self.began) * self.rate_hz)) for at in (span.since, span.until)
        )
        return bytes(self._pcm[first:last])

    def audible(self, within: Span | None = None, pause: float = PAUSE) -> list[Span]:
        """Return when something was to be heard; pauses up to `pause` are part of it."""
        whole = Span(self.began, self.until)
        asked = whole if within is None else within
        since = max(asked.since, self.began)
        samples = np.frombuffer(self.between(asked), np.int16)
        return [
            Span(since + span.since, since + span.until)
            for span in audible(samples, self.rate_hz, pause)
        ]


def audible(samples: npt.NDArray[np.int16], rate_hz: int, pause: float = PAUSE) -> list[Span]:
    """Return when something is to be heard, to 10 ms; pauses up to `pause` are part of it."""
    width = rate_hz // 100
    frames = samples[: len(samples) // width * width].reshape(-1, width)
    loud = np.flatnonzero(np.abs(frames.astype(np.int32)).max(axis=1, initial=0) > QUIET)
    if not loud.size:
        return []
    breaks = np.flatnonzero(np.diff(loud) > pause * 100) + 1
    return [Span(int(run[0]) / 100, (int(run[-1]) + 1) / 100) for run in np.split(loud, breaks)]
