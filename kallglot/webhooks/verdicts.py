"""What an answer means for a delivery, and the lack of one.  Pure."""

from __future__ import annotations

from typing import TypeAlias, assert_never

import attrs

from kallglot.model.webhook import Errand
from kallglot.webhooks.schedule import Schedule

__all__ = [
    "Answered",
    "Delivered",
    "GivenUp",
    "Reply",
    "Retried",
    "Unanswered",
    "Verdict",
    "fault_of",
    "judge",
]

#: The receiver says that nobody is there any more, and nobody will be.
GONE = 410


@attrs.frozen
class Answered:
    """The receiver has answered with a status."""

    status: int


@attrs.frozen
class Unanswered:
    """It has not; `why` is short, and says nothing that is secret."""

    why: str


Reply: TypeAlias = Answered | Unanswered


@attrs.frozen
class Delivered:
    """The receiver has it."""


@attrs.frozen
class Retried:
    """It is tried again at that time."""

    at: float


@attrs.frozen
class GivenUp:
    """It is not tried again by itself; `is_gone`: nor is the receiver told of anything else."""

    is_gone: bool = False


Verdict: TypeAlias = Delivered | Retried | GivenUp


def fault_of(reply: Reply) -> str | None:
    """Return why a reply is a failure; None if it is none."""
    match reply:
        case Unanswered(why):
            return why
        case Answered(status) if 200 <= status < 300:
            return None
        case Answered(status) if 300 <= status < 400:
            return f"answered {status}, and redirects are not followed"
        case Answered(status):
            return f"answered {status}"
        case _:
            assert_never(reply)


def judge(reply: Reply, errand: Errand, now: float, schedule: Schedule, chance: float) -> Verdict:
    """Return what becomes of a delivery after another attempt; `chance` is from 0 to 1."""
    if fault_of(reply) is None:
        return Delivered()
    if reply == Answered(GONE):
        return GivenUp(is_gone=True)
    again = schedule.after(errand.tries + 1, errand.created_at, now, chance)
    return GivenUp() if again is None else Retried(again)
