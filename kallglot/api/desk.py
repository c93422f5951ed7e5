"""What is remembered of carriers' calls from one request to the next."""

from __future__ import annotations

import attrs
from aiohttp import web

from kallglot.answering import CallBook
from kallglot.api.context import CALLS
from kallglot.carriers.replays import Replays
from kallglot.signers import Signers

__all__ = ["DESK", "Desk", "let_go"]


@attrs.frozen
class Desk:
    """Who signs, what has come before, and how far calls have got."""

    signers: Signers
    replays: Replays = attrs.field(factory=Replays)
    book: CallBook = attrs.field(factory=CallBook)


DESK = web.AppKey("desk", Desk)


async def let_go(
    request: web.Request, session_id: str, leg: str | None = None, participant: str | None = None
) -> None:
    """Note that these legs are about to be hung up on, so that their callers do not come back."""
    book = request.app[DESK].book
    for each in await request.app[CALLS].legs(session_id):
        is_meant = leg in {None, each.id} and participant in {None, each.participant}
        if is_meant and each.call_id is not None:
            book.let_go(each.call_id)
