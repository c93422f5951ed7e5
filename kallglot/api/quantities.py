"""Whole numbers and times in bodies: what they may be, and what the reference says of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, NewType

from kallglot.errors import InvalidRequest

__all__ = [
    "COUNT",
    "DAYS",
    "LATEST",
    "MOMENT",
    "MOST_DAYS",
    "Count",
    "Days",
    "Moment",
    "count",
    "days",
    "moment",
]

Count = NewType("Count", int)
Days = NewType("Days", int)
Moment = NewType("Moment", float)

MOST = 1_000_000_000
MOST_DAYS = 36_500
LATEST = 253_402_300_799.0  # the end of the year 9999

COUNT: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 0, "maximum": MOST}
DAYS: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 0, "maximum": MOST_DAYS}
MOMENT: Final[Mapping[str, Any]] = {
    "type": "string",
    "format": "date-time",
    "description": "ISO 8601, in UTC unless it says otherwise.",
}


def count(value: Any, _: Any) -> int:
    return _whole(value, MOST)


def days(value: Any, _: Any) -> int:
    return _whole(value, MOST_DAYS)


def moment(value: Any, _: Any) -> float:
    try:
        at = dt.datetime.fromisoformat(value)
        seconds = (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        seconds = -1.0
    if not 0 <= seconds <= LATEST:
        raise _unfit("must be ISO 8601 such as 2026-04-01T09:00:00Z")
    return seconds


def _whole(value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _unfit(f"must be a whole number from 0 to {most}")
    return value


def _unfit(message: str) -> InvalidRequest:
    return InvalidRequest(message, code="invalid_field_value")
