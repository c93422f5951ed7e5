"""What a session's state looks like from outside: in its record, in the log, on a stream.  Pure."""

from __future__ import annotations

import attrs

from kallglot import lifecycle
from kallglot.model.session import Session, Status
from kallglot.providers import Notice
from kallglot.webhooks.events import Happening, SessionEnded, SessionStarted, TranscriptFinished

__all__ = ["about_translation", "happenings", "in_words", "is_news", "updated"]


def is_news(before: lifecycle.State, after: lifecycle.State) -> bool:
    """Tell whether a state is worth keeping; that audio was heard again is not."""
    if isinstance(before, lifecycle.Active) and isinstance(after, lifecycle.Active):
        same_deadline = attrs.evolve(before, deadline=after.deadline)
        return same_deadline != after or (after.is_waiting and before != after)
    return before != after


def updated(record: Session, state: lifecycle.State, now: float) -> Session:
    """Return the record of a session that is now in `state`."""
    record = attrs.evolve(
        record,
        status=Status(state.status),
        reconnect_deadline=lifecycle.reconnect_deadline(state),
    )
    match state:
        case lifecycle.Active(since=since) if record.started_at is None:
            return attrs.evolve(record, started_at=since)
        case lifecycle.Ending(reason=reason):
            return attrs.evolve(record, end_reason=reason)
        case lifecycle.Ended(reason=reason):
            return attrs.evolve(record, end_reason=reason, ended_at=now)
        case _:
            return record


def happenings(
    before: lifecycle.State, after: lifecycle.State, record: Session, turns: int
) -> tuple[Happening, ...]:
    """Return what the outside is told of a move; `turns` is how many were said."""
    if isinstance(before, type(after)):
        return ()
    match after:
        case lifecycle.Active():
            return (SessionStarted(record),)
        case lifecycle.Ended():
            return (TranscriptFinished(record, turns), SessionEnded(record))
        case _:
            return ()


def in_words(state: lifecycle.State) -> str:
    match state:
        case lifecycle.Ending(reason=reason):
            return f"ending: {reason}"
        case lifecycle.Ended(reason=reason):
            return f"ended: {reason}"
        case _:
            return state.status


def about_speaking(*, is_speaking: bool) -> Notice:
    return Notice("session.status", {"translation": "on" if is_speaking else "captions_only"})


def about_translation(*, is_available: bool) -> Notice:
    return Notice("session.status", {"translation": "on" if is_available else "unavailable"})
