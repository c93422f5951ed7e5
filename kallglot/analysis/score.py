"""One figure for how a conversation flowed; it says nothing of what it was about."""

from __future__ import annotations

import statistics
from typing import Final

__all__ = ["score"]

#: Seconds up to which a reply is prompt, and from which on it is not at all.
PROMPT: Final = 1.0
LATE: Final = 6.0


def score(
    turns: int, interrupted: int, response_time: float | None, silent: float, length: float
) -> float | None:
    """Return the mean of three parts from 0 to 1; None where nothing was said.

    They are the share of the conversation that was no dead air, the share of turns that
    interrupted nobody, and how prompt replies were, if there were any.
    """
    if not turns:
        return None
    parts = [1 - interrupted / turns, 1 - silent / length if length > 0 else 1.0]
    if response_time is not None:
        parts.append(min(1.0, max(0.0, (LATE - response_time) / (LATE - PROMPT))))
    return statistics.fmean(parts)
