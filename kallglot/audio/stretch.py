"""Speech made shorter without being made higher.

Sound is passed on as it is, except that now and then one or a few periods of the voice are left
out: where the sound goes on most like it did `lag` samples earlier, the two are faded into each
other over a few milliseconds.  This is time-domain overlap-add in which only the splices cost
anything, and between two splices not a sample is changed; at rate 1.0 nothing is delayed either.

The fade keeps the power it should have: two pieces of a vowel add up in phase, two pieces of an
"s" do not, and the correlation tells which it is.

A 20 ms frame costs about 15 us at 8 kHz and 20 us at 16 kHz at rate 1.35, 2 to 4 us at 1.0.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["FASTEST", "Stretcher"]

#: Beyond this, speech from a machine becomes hard to follow.
FASTEST = 1.35

#: Seconds that a splice leaves out: two periods of a high voice to one of a low one.
_SHORTEST = 0.004
_LONGEST = 0.016
#: Seconds over which two places are compared, and over which they are faded into each other.
_COMPARED = 0.012
_FADED = 0.008
#: How much less alike the longest splice may be than the shortest: longer ones are rarer.
_PATIENCE = 0.05

_Samples = npt.NDArray[np.int16]
_Floats = npt.NDArray[np.float32]


class Stretcher:
    """A voice on its way from one tempo to another; 16-bit PCM in pieces of any length."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._shortest = round(_SHORTEST * rate_hz)
        self._longest = round(_LONGEST * rate_hz)
        self._compared = round(_COMPARED * rate_hz)
        self._faded = round(_FADED * rate_hz)
        self._bias: _Floats = np.linspace(
            0.0, _PATIENCE, self._longest - self._shortest + 1, dtype=np.float32
        )
        ramp = (np.arange(self._faded) + 0.5) / self._faded
        self._in: _Floats = (0.5 - 0.5 * np.cos(np.pi * ramp)).astype(np.float32)
        self._waiting: _Samples = np.zeros(0, np.int16)
        self._owed = 0.0
        self._left_out = 0

    @property
    def left_out(self) -> float:
        """Seconds by which the output so far is shorter than what went into it."""
        return self._left_out / self._rate_hz

    @property
    def waiting(self) -> float:
        """Seconds that went in and have neither come out nor been left out yet."""
        return len(self._waiting) / self._rate_hz

    def feed(self, pcm: bytes, rate: float) -> bytes:
        """Take more of the voice, to be `rate` times as fast from here on; 1.0 or more."""
        if rate <= 1.0 and not len(self._waiting):
            self._owed = 0.0
            return pcm
        samples = np.concatenate((self._waiting, np.frombuffer(pcm, np.int16)))
        out: list[_Samples] = []
        at = self._pass_on(samples, rate, out)
        self._waiting = samples[at:]
        return np.concatenate(out).tobytes() if out else b""

    def flush(self) -> bytes:
        """Return what was still to come, and start afresh."""
        rest, self._waiting = self._waiting, self._waiting[:0]
        self._owed = 0.0
        return rest.tobytes()

    def _pass_on(self, samples: _Samples, rate: float, out: list[_Samples]) -> int:
        """Append to `out` what is ready of `samples`, and return where the rest starts."""
        if rate <= 1.0:
            self._owed = 0.0
            out.append(samples)
            return len(samples)
        gain = rate - 1.0
        at = 0
        while at < len(samples):
            if self._owed < 0:
                untouched = samples[at : at + math.ceil(-self._owed / gain)]
                out.append(untouched)
                at += len(untouched)
                self._owed += gain * len(untouched)
            elif len(samples) - at < self._longest + self._compared:
                break
            else:
                lag, spliced = self._spliced(samples[at : at + self._longest + self._compared])
                out.append(spliced)
                at += lag + self._faded
                self._left_out += lag
                self._owed += gain * self._faded - lag
        return at

    def _spliced(self, samples: _Samples) -> tuple[int, _Samples]:
        """Return how much to leave out of the start of `samples`, and the fade across it."""
        sound = samples.astype(np.float32)
        lag, likeness = self._best_lag(sound)
        fade_in = self._in
        fade_out = 1.0 - fade_in
        rise = fade_in * sound[lag : lag + self._faded]
        rise += fade_out * sound[: self._faded]
        # Where the two add up in power and not in amplitude, their sum dips in the middle.
        power = fade_in * fade_in + fade_out * fade_out
        rise /= np.sqrt(power + (2 * likeness) * (fade_in * fade_out))
        np.rint(rise, out=rise)
        np.minimum(rise, 32767, out=rise)
        np.maximum(rise, -32768, out=rise)
        return lag, rise.astype(np.int16)

    def _best_lag(self, sound: _Floats) -> tuple[int, float]:
        """Return the lag at which the sound is most like its start, and how like it is, 0..1."""
        start = sound[: self._compared]
        later = sound[self._shortest :]
        products = np.correlate(later, start, "valid")
        sums = np.empty(len(later) + 1)
        sums[0] = 0.0
        np.cumsum(np.square(later), dtype=np.float64, out=sums[1:])
        powers = sums[self._compared :] - sums[: -self._compared]
        own = float(np.dot(start, start))
        # One step of quantisation a sample: digital silence is like nothing, not like anything.
        likeness = products / np.sqrt((powers + self._compared) * (own + self._compared))
        best = int(np.argmax(likeness + self._bias))
        return self._shortest + best, min(1.0, max(0.0, float(likeness[best])))
