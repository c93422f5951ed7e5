"""What sessions used: how long they were active, translated, and had an agent.  Pure.

Time counts from the first audio of a session to its end, whether a call is on it or not; what a
carrier counts is the carrier's affair.  It is not rounded, so periods add up to what they are
parts of: a session that lasts over midnight is cut there.
"""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

import attrs

from kallglot.model.session import Mode, Participant, Session

__all__ = [
    "Period",
    "Spell",
    "Unit",
    "Usage",
    "added",
    "has_agent",
    "is_translated",
    "periods",
    "spell",
    "used",
]

Unit: TypeAlias = Literal["day", "month"]

_TRANSLATING = frozenset({Mode.BIDIRECTIONAL, Mode.ASSISTIVE})
_WITH_AGENT = frozenset({Mode.AI_AGENT, Mode.HELP_CHAT})


@attrs.frozen
class Spell:
    """From when to when a session was active; `ended_at` is None as long as it lives."""

    session_id: str
    started_at: float
    ended_at: float | None
    is_translated: bool
    has_agent: bool


@attrs.frozen
class Usage:
    """How many sessions were active, and for how many seconds together."""

    sessions: int = 0
    active: float = 0.0
    translated: float = 0.0
    with_agent: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.sessions + other.sessions,
            self.active + other.active,
            self.translated + other.translated,
            self.with_agent + other.with_agent,
        )


@attrs.frozen
class Period:
    """A stretch of time in UTC, in seconds since the epoch; `name` is such as `2026-04-01`."""

    name: str
    since: float
    until: float


def is_translated(mode: Mode, participants: Sequence[Participant]) -> bool:
    """Tell whether there was something to translate: not if all are known to speak the same."""
    languages = {person.language for person in participants}
    return mode in _TRANSLATING and (len(languages) > 1 or None in languages)


def has_agent(mode: Mode) -> bool:
    """Tell whether an AI agent takes part."""
    return mode in _WITH_AGENT


def spell(session: Session) -> Spell | None:
    """Return when a session was active; None if it never was."""
    if session.started_at is None:
        return None
    return Spell(
        session.id,
        session.started_at,
        session.ended_at,
        is_translated(session.mode, session.participants),
        has_agent(session.mode),
    )


def used(spell: Spell, since: float, until: float, now: float) -> Usage:
    """Return what of a session falls between two times."""
    ended_at = now if spell.ended_at is None else spell.ended_at
    seconds = min(ended_at, until) - max(spell.started_at, since)
    if seconds <= 0:
        return Usage()
    return Usage(
        1,
        seconds,
        seconds if spell.is_translated else 0.0,
        seconds if spell.has_agent else 0.0,
    )


def periods(since: float, until: float, unit: Unit) -> Iterator[Period]:
    """Yield the days or months between two times; the first and the last may be cut short."""
    start = dt.datetime.fromtimestamp(since, tz=dt.UTC)
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    at = first.replace(day=1) if unit == "month" else first
    while at.timestamp() < until:
        following = _following(at, unit)
        name = at.strftime("%Y-%m" if unit == "month" else "%Y-%m-%d")
        yield Period(name, max(since, at.timestamp()), min(until, following.timestamp()))
        at = following


def added(
    totals: Sequence[Usage], spells: Iterable[Spell], within: Sequence[Period], now: float
) -> list[Usage]:
    """Return the totals of the periods with what these sessions used in each.

    `within` are in order, as `periods` yields them.
    """
    sums = list(totals)
    for each in spells:
        ended_at = now if each.ended_at is None else each.ended_at
        first = bisect.bisect_right(within, each.started_at, key=lambda period: period.until)
        for at in range(first, len(within)):
            if within[at].since >= ended_at:
                break
            sums[at] += used(each, within[at].since, within[at].until, now)
    return sums


def _following(at: dt.datetime, unit: Unit) -> dt.datetime:
    if unit == "day":
        return at + dt.timedelta(days=1)
    return (at + dt.timedelta(days=32)).replace(day=1)
