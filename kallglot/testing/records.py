"""What a simulated carrier knows of a call, in the words that TwiML and TeXML share.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import attrs

from kallglot.testing.steps import Direction, Status

__all__ = ["EVENT_OF", "CallRecord", "Event"]

Event: TypeAlias = Literal["initiated", "ringing", "answered", "completed"]

#: Which event a status belongs to; `queued` is told of as `initiated`.
EVENT_OF: Final[Mapping[Status, Event]] = {
    "queued": "initiated",
    "ringing": "ringing",
    "in-progress": "answered",
    "completed": "completed",
    "busy": "completed",
    "failed": "completed",
    "no-answer": "completed",
    "canceled": "completed",
}


@attrs.define
class CallRecord:
    """A call; times are on the wall's clock."""

    sid: str
    account: str
    from_: str = attrs.field(repr=False)
    to: str = attrs.field(repr=False)
    direction: Direction
    created_at: float
    status: Status = "queued"
    answered_at: float | None = None
    ended_at: float | None = None
    answered_by: str | None = None
    parent: str | None = None

    @property
    def seconds(self) -> int:
        """How long the call was, from its answer."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return max(0, round(self.ended_at - self.answered_at))
