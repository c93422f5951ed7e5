"""Average token delay (Kano et al. 2023): from each piece of the source to the piece it became.

Sound is cut into tokens of 300 ms, the source anew at every point where something came out; a
word of text is a token of no length.  The n-th token of the translation is taken for the n-th of
the source, or the last that had been heard; where the translation got longer than what it is made
of, the surplus does not count.  The figure is the mean time between the ends of the two.

It is the one of these figures that minds how long the translation itself takes to be said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import attrs

__all__ = ["TOKEN", "Output", "average_token_delay", "queued"]

#: How long a token is, in seconds.
TOKEN: Final = 0.3

#: Tokens shorter than this share of a token are an error of rounding.
_CRUMB: Final = 1e-6


@attrs.frozen
class Output:
    """A piece that came out: sound of some duration, or a unit of text, which has none.

    `heard` is how much of the source had been heard for it; `start` when it began.
    """

    heard: float
    start: float
    duration: float = 0.0


def average_token_delay(outputs: Sequence[Output], token: float = TOKEN) -> float:
    """Return ATD; pieces for which equally much had been heard belong together.

    Raises:
        ValueError: nothing came out.
    """
    if not outputs:
        raise ValueError("nothing came out")
    source: list[float] = []  # where each token of the source ends
    said, total, heard = 0, 0.0, 0.0
    for until, pieces in groupby(outputs, key=lambda output: output.heard):
        surplus = max(0, said - len(source))
        source += _ends(heard, until - heard, token)
        heard = max(heard, until)
        for piece in pieces:
            for end in _ends(piece.start, piece.duration, token) or [piece.start]:
                said += 1
                matching = min(said - surplus, len(source))
                total += end - (source[matching - 1] if matching else 0.0)
    return total / said


def queued(
    delays: Sequence[float],
    elapsed: Sequence[float] | None = None,
    durations: Sequence[float] | None = None,
) -> Iterator[Output]:
    """Yield what came out if each piece waits for the end of the one before.

    `elapsed` is as SimulEval writes it: the delay plus all the time that was computed until then.
    """
    end = computed = 0.0
    for index, delay in enumerate(delays):
        until_now = computed if elapsed is None else elapsed[index] - delay
        start = max(delay, end) + max(0.0, until_now - computed)
        computed = max(computed, until_now)
        duration = 0.0 if durations is None else durations[index]
        yield Output(delay, start, duration)
        end = start + duration


def _ends(start: float, duration: float, token: float) -> list[float]:
    """Return where the tokens of a stretch end; the last may be short."""
    count = max(0, math.ceil(duration / token - _CRUMB))
    return [min(start + number * token, start + duration) for number in range(1, count + 1)]
