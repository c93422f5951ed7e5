"""What the query of a URL may say."""

from __future__ import annotations

import datetime as dt
import math

from aiohttp import web

from kallglot.errors import InvalidRequest
from kallglot.store.paging import Page

__all__ = ["choice", "flag", "moment", "page", "whole"]

LATEST = 253_402_300_799.0  # the end of the year 9999


def choice(request: web.Request, name: str, choices: tuple[str, ...]) -> str | None:
    value = request.query.get(name)
    if value is not None and value not in choices:
        raise _unfit(name, f"is one of {', '.join(choices)}")
    return value


def flag(request: web.Request, name: str, *, default: bool) -> bool:
    match request.query.get(name):
        case None:
            return default
        case "true" | "1":
            return True
        case "false" | "0":
            return False
        case _:
            raise _unfit(name, "is true or false")


def whole(request: web.Request, name: str, least: int, most: int) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= most):
        raise _unfit(name, f"is a whole number from {least} to {most}")
    return int(text)


def moment(request: web.Request, name: str) -> float | None:
    """Return a time given as ISO 8601, UTC unless it says otherwise, or as Unix seconds."""
    text = request.query.get(name)
    if text is None:
        return None
    try:
        at = float(text)
    except ValueError:
        at = _iso(text, name)
    if math.isnan(at) or not 0 <= at <= LATEST:
        raise _unfit(name, "is no time we know")
    return at


def page(request: web.Request) -> Page:
    after, before = (request.query.get(name) for name in ("starting_after", "ending_before"))
    if after is not None and before is not None:
        raise InvalidRequest("starting_after and ending_before exclude each other")
    return Page(whole(request, "limit", 1, 100) or 20, after, before)


def _iso(text: str, name: str) -> float:
    try:
        at = dt.datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, OverflowError):
        raise _unfit(name, "is ISO 8601 such as 2026-04-01T09:00:00Z") from None


def _unfit(name: str, says: str) -> InvalidRequest:
    return InvalidRequest(f"{name} {says}", code="invalid_field_value", param=name)
