"""A voice that machines understand: text as tones, and tones as text.

Each byte of the text is a chord of two tones for 40 ms, which makes 25 letters a second.  What is
written in a chord is the *step* from the one before it, which is never zero, so that chords can be
told apart without a clock.  That survives mu-law, a resampler, a few missing samples at the front
and a lost packet.  A message is

    sync, language, 0x1f, text, 0x04

and where the end is missing, the text so far is what was understood so far.
"""

from __future__ import annotations

import functools

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["SYMBOL", "Heard", "duration", "hear", "speak"]

#: Seconds per letter.
SYMBOL = 0.04
#: How long the first chord lasts, in letters.
SYNC_LENGTH = 3

_STEPS = 17
_TONES = _STEPS + 1
_SYNC = _STEPS
_LOW_HZ, _SPACING_HZ = 300.0, 85.0
_WINDOW, _HOP = 0.02, 0.005
_SEPARATOR, _END = 0x1F, 0x04
_AMPLITUDE = 0.2
_SILENCE = 0.005
#: The share of the loudness that a chord's two tones must have.
_PURITY = 0.45
#: How many windows must agree.
_ENOUGH = 2

_Floats = npt.NDArray[np.floating]


@attrs.frozen
class Heard:
    """What was understood; `is_complete` when the end was heard, too."""

    text: str
    language: str
    is_complete: bool


def duration(text: str, language: str = "en") -> float:
    """Return how long it takes to say this, in seconds."""
    return (SYNC_LENGTH + len(_message(text, language))) * SYMBOL


def speak(text: str, language: str, rate_hz: int = 8000, *, is_person: bool = True) -> bytes:
    """Return the text as 16-bit PCM.

    Whoever is no person says the same with every other chord upside down: it is understood as
    well, and yet it sounds like somebody else, not like an echo, when both begin in the same way.
    """
    low, high = _waves(rate_hz)
    lows, highs = [_SYNC] * SYNC_LENGTH, [_SYNC] * SYNC_LENGTH
    first, second = 0, 0
    for byte in _message(text, language):
        first = (first + 1 + (byte >> 4)) % _STEPS
        second = (second + 1 + (byte & 15)) % _STEPS
        lows.append(first)
        highs.append(second)
    chords = low[lows] + high[highs]
    if not is_person:
        chords[1::2] *= -1
    return chords.astype(np.int16).tobytes()


def hear(pcm: bytes, rate_hz: int = 8000) -> Heard:
    """Return what was said; the text is empty where there were no messages."""
    texts: list[str] = []
    language = ""
    is_complete = True
    for message in _messages(_chords(pcm, rate_hz)):
        is_complete = message.endswith(bytes([_END]))
        head, found, text = message.rstrip(bytes([_END])).partition(bytes([_SEPARATOR]))
        language = head.decode("ascii", "replace") if found else language
        texts.append(text.decode("utf-8", "ignore"))
    return Heard(" ".join(text for text in texts if text), language, is_complete)


def _message(text: str, language: str) -> bytes:
    return b"%b%c%b%c" % (language.encode(), _SEPARATOR, text.encode(), _END)


def _messages(chords: list[tuple[int, int]]) -> list[bytes]:
    """Turn chords into bytes, anew after each sync; what comes before the first is lost."""
    messages: list[bytearray] = []
    previous = (0, 0)  # never sent first: every step is at least one
    for chord in chords:
        if chord == (_SYNC, _SYNC):
            messages.append(bytearray())
            previous = (0, 0)
        elif messages and _SYNC not in chord and chord != previous:
            upper = (chord[0] - previous[0] - 1) % _STEPS
            lower = (chord[1] - previous[1] - 1) % _STEPS
            messages[-1].append((upper & 15) << 4 | (lower & 15))
            previous = chord
    return [bytes(message) for message in messages]


def _chords(pcm: bytes, rate_hz: int) -> list[tuple[int, int]]:
    """Return the chords in the sound, each once for as long as it lasts."""
    window, hop = round(_WINDOW * rate_hz), round(_HOP * rate_hz)
    sound = np.frombuffer(pcm, np.int16).astype(np.float64) / 32768
    if len(sound) < window:
        return []
    frames = np.lib.stride_tricks.sliding_window_view(sound, window)[::hop]
    power = np.mean(frames**2, axis=1)
    strength = np.abs(frames @ _probes(rate_hz)) ** 2 * 2 / window**2
    lows, highs = strength[:, :_TONES], strength[:, _TONES:]
    low, high = lows.argmax(axis=1), highs.argmax(axis=1)
    is_chord = (power > _SILENCE**2) & ((lows.max(axis=1) + highs.max(axis=1)) > _PURITY * power)
    seen = np.where(is_chord, low * _TONES + high, -1)
    starts = np.flatnonzero(np.diff(seen, prepend=-2))
    lengths = np.diff(starts, append=len(seen))
    return [
        (int(seen[start]) // _TONES, int(seen[start]) % _TONES)
        for start, length in zip(starts, lengths, strict=True)
        if length >= _ENOUGH and seen[start] >= 0
    ]


def _frequencies() -> _Floats:
    return _LOW_HZ + _SPACING_HZ * np.arange(2 * _TONES)


@functools.cache
def _waves(rate_hz: int) -> tuple[_Floats, _Floats]:
    """Return the sound of each low and each high tone."""
    times = np.arange(round(SYMBOL * rate_hz)) / rate_hz
    waves = _AMPLITUDE * 32768 * np.sin(2 * np.pi * _frequencies()[:, None] * times)
    return waves[:_TONES], waves[_TONES:]


@functools.cache
def _probes(rate_hz: int) -> npt.NDArray[np.complex128]:
    times = np.arange(round(_WINDOW * rate_hz)) / rate_hz
    probes: npt.NDArray[np.complex128] = np.exp(-2j * np.pi * times[:, None] * _frequencies())
    return probes
