"""What the query of a URL may say."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Collection

from aiohttp import web

from kallglot.api.quantities import LATEST
from kallglot.errors import InvalidRequest
from kallglot.ids import is_id
from kallglot.store.paging import Page

__all__ = ["choice", "demand_known", "flag", "moment", "page", "whole"]

#: A parameter that is a whole object, such as `metadata[order]`.
_MEMBER = re.compile(r"([a-z_]+)\[[^\[\]]+\]")


def demand_known(request: web.Request, names: Collection[str], objects: Collection[str]) -> None:
    """Refuse a query with a parameter that there is not: it would be asked for in vain.

    Raises:
        InvalidRequest: there is one.
    """
    for name in request.query:
        member = _MEMBER.fullmatch(name)
        if name not in names and (member is None or member[1] not in objects):
            raise InvalidRequest(f"there is no parameter {name}", param=name)


def choice(request: web.Request, name: str, choices: tuple[str, ...]) -> str | None:
    value = request.query.get(name)
    if value is not None and value not in choices:
        raise _unfit(name, f"must be one of {', '.join(choices)}")
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
            raise _unfit(name, "must be true or false")


def whole(request: web.Request, name: str, least: int, most: int) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= most):
        raise _unfit(name, f"must be a whole number from {least} to {most}")
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
        raise _unfit(name, "must be a time from 1970 to 9999")
    return at


def page(request: web.Request, prefix: str | None = None) -> Page:
    """Return which page is wanted; a cursor is an id with that prefix.

    It need not be there, nor be the caller's: ids sort by time, so it says where a page begins,
    and whether there is such a thing is not looked up.
    """
    after, before = (request.query.get(name) for name in ("starting_after", "ending_before"))
    if after is not None and before is not None:
        raise InvalidRequest("starting_after and ending_before exclude each other")
    for name, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor is not None and prefix is not None and not is_id(cursor, prefix):
            raise _unfit(name, f"must be an id, {prefix}_…, as a page has it")
    return Page(whole(request, "limit", 1, 100) or 20, after, before)


def _iso(text: str, name: str) -> float:
    try:
        at = dt.datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, OverflowError):
        raise _unfit(name, "must be ISO 8601 such as 2026-04-01T09:00:00Z") from None


def _unfit(name: str, says: str) -> InvalidRequest:
    return InvalidRequest(f"{name} {says}", code="invalid_field_value", param=name)
