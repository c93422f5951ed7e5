"""What comes of ringing several people at once.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

import attrs

__all__ = ["Called", "Outcome", "Rung", "ring"]

Outcome: TypeAlias = Literal["answers", "busy", "no-answer", "rejects", "unreachable"]


class Called(Protocol):
    """Somebody whose telephone rings; see `kallglot.testing.people.Person`."""

    @property
    def outcome(self) -> Outcome: ...

    @property
    def after(self) -> float: ...


@attrs.frozen
class Rung:
    """How long it rang, in seconds, and who answered, by number; or why nobody did."""

    after: float
    status: Literal["answered", "busy", "no-answer", "failed"]
    index: int = 0


def ring(people: Sequence[Called], timeout: float) -> Rung:
    """Ring everybody: the first who answers has the call."""
    answering = [
        (person.after, index)
        for index, person in enumerate(people)
        if person.outcome == "answers" and person.after <= timeout
    ]
    if answering:
        after, index = min(answering)
        return Rung(after, "answered", index)
    if any(person.outcome in ("answers", "no-answer") for person in people):
        return Rung(timeout, "no-answer")
    after = min(max((person.after for person in people), default=0.0), timeout)
    if any(person.outcome in ("busy", "rejects") for person in people):
        return Rung(after, "busy")
    return Rung(after, "failed")
