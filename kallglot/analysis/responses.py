"""How long people took to reply, from when they had heard the other to the end."""

from __future__ import annotations

from kallglot.analysis.conversation import Conversation
from kallglot.analysis.interruptions import LAST_WORDS
from kallglot.analysis.spans import last_begun

__all__ = ["response_times"]


def response_times(talk: Conversation) -> dict[str, list[float]]:
    """Return, for each of the speakers, the seconds before each of their replies.

    A turn is a reply if its speaker has heard somebody since they last spoke, and it did not
    interrupt.  One that came a little early took no time at all.
    """
    times: dict[str, list[float]] = {key: [] for key in talk.speakers}
    spoken_until: dict[str, float] = {}
    for turn in talk.turns:
        hearing = last_begun(talk.heard[turn.speaker], turn.start)
        before = spoken_until.get(turn.speaker, 0.0)
        if hearing is not None and before < hearing[1] < turn.start + LAST_WORDS:
            times[turn.speaker].append(max(0.0, turn.start - hearing[1]))
        spoken_until[turn.speaker] = max(before, turn.end)
    return times
