"""Is it the person who is heard, or the loudspeaker next to their microphone?

What is played to somebody may come back from their room: later, quieter, duller, and through the
codec of a telephone.  It is found by correlating what is heard with what was played.

1. *Where.*  The two are whitened, so that all frequencies count alike and a voice does not look
   like every other voice, and correlated over all delays at once.  The correlograms of successive
   blocks are added up: the delay of a call stays the same, chance does not.
2. *How much.*  At that delay a linear filter from the played to the heard is fitted for each
   frequency.  What the filter explains is echo, and what is left over is the person.  So somebody
   who speaks while they are spoken to is heard: their words are not explained by ours.

An echo is a property of a line: where none was found in a while, it is looked for less often.

Signal levels are relative to full scale.  All is at 8 kHz.
"""

from __future__ import annotations

import functools
import math

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["ECHO", "EchoGuard"]

#: From this on, what is heard is nothing but an echo.
ECHO = 0.6

RATE_HZ = 8000
_Samples = npt.NDArray[np.int16]
_Floats = npt.NDArray[np.float32]

#: Samples that are looked at together, by which the next look is later, and of one spectrum.
_WINDOW = 4096
_HOP = 2048
_FRAME = 1024
_STEP = 256
#: Delays that are looked for: a little below zero, for clocks that are a little wrong.
_LEAST = -400
_MOST = 10000
_FFT = 16384
#: How much a correlogram counts when the next one comes.
_KEPT = 0.7
#: How many standard deviations a delay stands out by chance, at most.
_STANDS_OUT = 7.0
#: Power of a sample below which nothing is heard, -60 dB, and this much below the loudest.
_SILENCE = (32768 * 10 ** (-60 / 20)) ** 2
_AUDIBLE = 10 ** (-20 / 10)
#: Samples by which sound may be early or late and yet follow, and by which a network holds it up.
_SLACK = 480
_HELD_UP = 4000
#: Seconds of judgements that are kept.
_REMEMBERED = 30.0
#: Pieces of sound that are put aside until somebody looks at them.
_MOST_WAITING = 32
#: After so many looks in a row that found no echo, a line has none, and who is heard on it may be
#: trusted for so many seconds.
_CLEAN = 8
_TRUST = 1.5


class _Past:
    """The last few seconds of a sound, at 8 kHz, by the session's time.

    What comes a little early or late follows what came before without a gap.  What comes earlier
    than that shows that all before it was earlier too: it had been held up by the network.

    Sound comes fifty times a second and is looked at much less often, so it is only put aside, and
    `settle` makes samples of it.
    """

    def __init__(self, seconds: float) -> None:
        self._size = round(seconds * RATE_HZ)
        self._next = 0
        self.begin = self.end = 0
        self._waiting: list[tuple[bytes, float, int]] = []

    @functools.cached_property
    def _ring(self) -> _Samples:
        """The samples; made when the first are put into it, for most calls need none."""
        return np.zeros(self._size, np.int16)

    def append(self, pcm: bytes, at: float, rate_hz: int) -> None:
        self._waiting.append((pcm, at, rate_hz))
        if len(self._waiting) >= _MOST_WAITING:
            self.settle()

    def settle(self) -> None:
        """Take what was put aside; has to be done before anything else is."""
        pieces: list[bytes] = []
        end, rate, size = self.end, 0, 2
        for pcm, at, rate_hz in self._waiting:
            if rate_hz != rate or not -_SLACK <= at * RATE_HZ - end <= _SLACK:
                self._put(_at_8_khz(b"".join(pieces), rate))
                pieces.clear()
                self._go_to(round(at * RATE_HZ))
                end, rate, size = self.end, rate_hz, 2 * max(1, rate_hz // RATE_HZ)
            pieces.append(pcm)
            end += len(pcm) // size
        self._waiting.clear()
        self._put(_at_8_khz(b"".join(pieces), rate))

    def _go_to(self, start: int) -> None:
        """Prepare for sound that does not simply follow what there is."""
        late = start - self.end
        if _SLACK < late < len(self._ring):
            self._put(np.zeros(late, np.int16))
        elif not -_HELD_UP < late <= _SLACK:
            self.begin = self.end = start
        elif late < -_SLACK:
            self.begin += late
            self.end += late

    def _put(self, samples: _Samples) -> None:
        size = len(self._ring)
        self._next += len(samples)
        self.end += len(samples)
        self.begin = max(self.begin, self.end - size)
        samples = samples[-size:]
        at = (self._next - len(samples)) % size
        first = samples[: size - at]
        self._ring[at : at + len(first)] = first
        self._ring[: len(samples) - len(first)] = samples[len(first) :]

    def forget(self, after: int) -> None:
        """Forget what was to sound after that time."""
        gone = self.end - min(self.end, max(self.begin, after))
        self._next -= gone
        self.end -= gone

    def between(self, first: int, last: int) -> _Floats:
        """Return the samples from `first` to `last`; silence where nothing is known."""
        out = np.zeros(last - first, np.float32)
        low, high = max(first, self.begin), min(last, self.end)
        if high > low:
            at = (self._next - self.end + low) % len(self._ring)
            part = self._ring[at : at + high - low]
            turned = low - first + len(part)
            out[low - first : turned] = part
            out[turned : high - first] = self._ring[: high - first - turned]
        return out


@attrs.define(eq=False)
class _Judgement:
    """A stretch of what was heard: its power, and the part of it that no echo explains.

    Unless `is_sure`, it was not looked at, or no echo was found that may yet be found.
    """

    at: int
    power: float
    own: float
    was_judged: bool = False
    is_sure: bool = False


class EchoGuard:
    """Tells, for one participant, whether what is heard is what was played to them.

    Tell it everything in the order in which it happens, and ask now and then while voice activity
    finds speech, up to two seconds later.  `played` and `heard` cost next to nothing; it is the
    asking that takes time: 0.5 ms for each quarter of a second in which there may be an echo, or
    less where somebody has already been heard.  Times are the session's, in seconds.
    """

    def __init__(self, keep: float = 2.5) -> None:
        #: Whether an echo could do harm; while it could not, nothing is noted or looked for.
        self.is_wanted = True
        self._played = _Past(keep + 1.75)
        self._heard = _Past(keep)
        self._next = 0
        self._correlogram: _Floats | None = None
        self._judgements: list[_Judgement] = []
        self._clean = 0
        self._was_heard = False

    @property
    def trust(self) -> float:
        """Seconds for which it need not be asked again about the same turn."""
        return _TRUST if self._was_heard and self._clean >= _CLEAN else 0.0

    def played(self, pcm: bytes, at: float, rate_hz: int = RATE_HZ) -> None:
        """Note what is to be heard by the participant from `at` on; 16-bit PCM."""
        if self.is_wanted:
            self._played.append(pcm, at, rate_hz)

    def silenced(self, at: float) -> None:
        """Note that what was to be played after `at` was not."""
        self._played.settle()
        self._played.forget(round(at * RATE_HZ))

    def heard(self, pcm: bytes, at: float, rate_hz: int = RATE_HZ) -> None:
        """Note what is heard of the participant; its first sample was spoken at `at`."""
        if self.is_wanted:
            self._heard.append(pcm, at, rate_hz)

    def is_echo(self, start: float, end: float) -> float:
        """Return how likely what is heard from `start` to `end` is nothing but an echo, 0..1.

        Where it can be no echo any more, the rest is not looked at, and it may be even less likely.
        """
        if not self.is_wanted:
            return 0.0
        first, last = round(start * RATE_HZ), round(end * RATE_HZ)
        self._look(first, last)
        self._was_heard = False
        asked = [one for one in self._judgements if first - _HOP <= one.at < last]
        loudest = max((one.power for one in asked), default=0.0)
        audible = [one for one in asked if one.power >= max(_SILENCE, loudest * _AUDIBLE)]
        if not audible:
            return 0.0
        self._was_heard = self._judge_all(audible, loudest)
        own = max(one.own / loudest for one in audible)
        share = sum(one.own for one in audible) / sum(one.power for one in audible)
        return float(np.clip(1.0 - max(own, share), 0.0, 1.0))

    def _look(self, first: int, last: int) -> None:
        """Note how loud it was where that is not known yet."""
        self._played.settle()
        self._heard.settle()
        at = max(self._next, first - _HOP, self._heard.begin)
        while at + _WINDOW <= min(last, self._heard.end):
            heard = self._heard.between(at, at + _WINDOW)
            power = float(np.dot(heard, heard)) / _WINDOW
            self._judgements.append(_Judgement(at, power, power))
            at += _HOP
        self._next = at
        oldest = self._heard.end - round(_REMEMBERED * RATE_HZ)
        if self._judgements and self._judgements[0].at < oldest:
            self._judgements = [one for one in self._judgements if one.at >= oldest]

    def _judge_all(self, audible: list[_Judgement], loudest: float) -> bool:
        """Judge what has not been judged yet, until it is certain that somebody was heard."""
        if any(_is_heard(one, loudest) for one in audible):
            return True
        if self._clean >= _CLEAN:
            audible = sorted(audible, key=lambda one: -one.power)
        for one in audible:
            if not one.was_judged:
                self._judge(one)
                if _is_heard(one, loudest):
                    return True
        return False

    def _judge(self, one: _Judgement) -> None:
        one.was_judged = one.is_sure = True
        at = one.at
        played = self._played.between(at - _MOST, at + _WINDOW - _LEAST)
        if at < self._heard.begin or float(np.dot(played, played)) <= _SILENCE * len(played):
            return
        heard = self._heard.between(at, at + _WINDOW)
        delay = self._delay(heard, played)
        if delay is None:
            self._clean += 1
            one.is_sure = self._clean >= _CLEAN
        else:
            self._clean = 0
            from_ = _MOST - delay
            one.own *= _unexplained(heard, played[from_ : from_ + _WINDOW])

    def _delay(self, heard: _Floats, played: _Floats) -> int | None:
        """Return by how many samples what was played comes back, if it does."""
        cross = np.conj(np.fft.rfft(heard, _FFT)) * np.fft.rfft(played, _FFT)
        cross *= 1.0 / (np.sqrt(np.abs(cross)) + 1.0)
        correlogram = np.fft.irfft(cross)[: _MOST - _LEAST].astype(np.float32)
        spread = _spread(correlogram)
        if not spread:
            return None
        correlogram /= spread
        if self._correlogram is not None:
            correlogram += self._correlogram * _KEPT
        self._correlogram = correlogram
        best = int(np.argmax(correlogram))
        stands_out = correlogram[best] / _spread(correlogram)
        return _MOST - best if stands_out > _STANDS_OUT else None


def _spread(correlogram: _Floats) -> float:
    """Return the standard deviation of what is zero on average."""
    return math.sqrt(float(np.dot(correlogram, correlogram)) / len(correlogram))


def _is_heard(one: _Judgement, loudest: float) -> bool:
    """Tell whether it is certain that there is more than an echo."""
    return one.is_sure and one.own > (1.0 - ECHO) * loudest


def _unexplained(heard: _Floats, played: _Floats) -> float:
    """Return the part of the heard power that no linear filter makes out of what was played."""
    ours, theirs = _spectra(played), _spectra(heard)
    products = np.sum(np.conj(ours) * theirs, axis=0)
    powers = np.sum(np.abs(ours) ** 2, axis=0)
    filtered = ours * (products / (powers + 1.0))
    return float(np.sum(np.abs(theirs - filtered) ** 2) / (np.sum(np.abs(theirs) ** 2) + 1.0))


_HANN: _Floats = np.hanning(_FRAME).astype(np.float32)


def _spectra(sound: _Floats) -> npt.NDArray[np.complex128]:
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[::_STEP]
    return np.fft.rfft(frames * _HANN, axis=1)


def _at_8_khz(pcm: bytes, rate_hz: int) -> _Samples:
    """Return PCM at 8 kHz; averaging is good enough for a comparison."""
    samples = np.frombuffer(pcm, np.int16)
    by = rate_hz // RATE_HZ
    if by <= 1:
        return samples
    whole = len(samples) // by * by
    slower: _Samples = samples[:whole].reshape(-1, by).mean(axis=1).astype(np.int16)
    return slower
