"""Requests that depend on what the client has already (RFC 9110, 13 and 14).

What we answer with may change by a deletion at any time, so there is no date to rely on: only
strong tags, made from the content or from the files it is made of.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from aiohttp import web

__all__ = ["CACHING", "entity_tag", "is_known", "part_of"]

#: Keep it for yourself, and ask before you use it again.
CACHING: Final = "private, no-cache"

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


def entity_tag(*content: bytes) -> str:
    """Return the tag of what these bytes are, or are made from; it comes with its quotes."""
    digest = hashlib.sha256()
    for each in content:
        digest.update(len(each).to_bytes(8) + each)
    return f'"{digest.hexdigest()[:32]}"'


def is_known(request: web.Request, tag: str) -> bool:
    """Tell whether the client has what the tag names."""
    known = request.if_none_match or ()
    return any(each.value == "*" or f'"{each.value}"' == tag.removeprefix("W/") for each in known)


def part_of(request: web.Request, size: int, tag: str) -> range | None:
    """Return which bytes are asked for; None if all, or if the client has a part of another.

    Several ranges at once are answered with everything, as a server may.

    Raises:
        HTTPRequestRangeNotSatisfiable: there are no such bytes.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip().lower())
    if asked is None or request.headers.get("If-Range", tag).strip() != tag:
        return None
    first, last = asked.groups()
    if not first and not last:
        return None
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= stop:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return range(start, stop)
