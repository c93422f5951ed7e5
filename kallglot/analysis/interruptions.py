"""Who began to speak while they still heard somebody else.

"Mhm" interrupts nobody.  Nor does somebody who began at the same time, or on the last words.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from kallglot.analysis.conversation import Conversation
from kallglot.analysis.spans import last_begun
from kallglot.overlap import is_assent

__all__ = ["LAST_WORDS", "interruptions"]

#: Seconds within which two people have begun at the same time.
TOGETHER: Final = 0.3

#: Seconds before the end from which on a reply is early, and no interruption.
LAST_WORDS: Final = 0.5


def interruptions(talk: Conversation) -> Counter[str]:
    """Count how often each of the speakers interrupted."""
    counts: Counter[str] = Counter()
    for turn in talk.turns:
        hearing = last_begun(talk.heard[turn.speaker], turn.start)
        if hearing is None or is_assent(turn.text, turn.language):
            continue
        since, until = hearing
        if turn.start - since >= TOGETHER and until - turn.start >= LAST_WORDS:
            counts[turn.speaker] += 1
    return counts
