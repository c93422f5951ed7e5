"""When nobody was heard, and when there was nobody to hear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from kallglot.analysis.conversation import Conversation
from kallglot.analysis.spans import Span, union
from kallglot.model.leg import Leg

__all__ = ["dead_air", "holds", "sounds"]

#: Seconds of silence from which on it is dead air.
DEAD_AFTER: Final = 5.0


def sounds(talk: Conversation) -> list[Span]:
    """Return when anybody was heard, or a translation."""
    spoken = [(one.start, one.end) for one in talk.utterances]
    rendered = [
        (each.spoken_at, each.spoken_until)
        for one in talk.utterances
        for each in one.renderings
        if each.spoken_at is not None and each.spoken_until is not None
    ]
    return union([*spoken, *rendered])


def dead_air(heard: Iterable[Span], holds: Iterable[Span]) -> list[Span]:
    """Return the long silences between the first sound and the last, holds left out."""
    covered = union([*heard, *holds])
    gaps = ((before[1], after[0]) for before, after in pairwise(covered))
    return [gap for gap in gaps if gap[1] - gap[0] >= DEAD_AFTER]


def holds(legs: Sequence[Leg], started_at: float) -> list[Span]:
    """Return when somebody waited alone for another whose call had dropped and came back."""
    changes = [(leg.connected_at - started_at, leg.participant, 1) for leg in legs]
    changes += [
        (leg.disconnected_at - started_at, leg.participant, -1)
        for leg in legs
        if leg.disconnected_at is not None
    ]
    present: Counter[str] = Counter()
    alone_since: float | None = None
    found: list[Span] = []
    for at, participant, change in sorted(changes, key=lambda each: (each[0], -each[2])):
        before = len(+present)
        present[participant] += change
        after = len(+present)
        if before >= 2 > after:
            alone_since = at
        elif before < 2 <= after and alone_since is not None:
            found.append((max(0.0, alone_since), at))
            alone_since = None
    return found
