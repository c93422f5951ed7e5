"""Whether a carrier is asked again, and when.  Pure.

* A request that never went out, or that the carrier refused for want of room (429), was not
  carried out: it may always be sent again.
* One that met an error of the carrier's (5xx), or no answer, may have been carried out: it is sent
  again only if that does no harm.  A second call to the same person would.
* Everything else is an answer.
"""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Mapping
from typing import Final

import attrs

from kallglot.carriers.exchange import Answer, Repeat, Silence, Try

__all__ = ["Insistence", "is_failure", "may_be_done", "pause"]

TOO_MANY: Final = 429


@attrs.frozen
class Insistence:
    """How often a request is sent at most, and how long is waited in between, in seconds.

    A carrier that asks for more than `longest` is not waited for.
    """

    tries: int = 4
    shortest: float = 0.25
    longest: float = 8.0


def is_failure(outcome: Try) -> bool:
    """Tell whether an outcome says that the carrier is in trouble, and not we."""
    match outcome:
        case Silence():
            return True
        case Answer(status):
            return status >= 500


def pause(
    outcome: Try, tries: int, repeat: Repeat, now: float, chance: float, insistence: Insistence
) -> float | None:
    """Return in how many seconds the request is sent again; None if it is not.

    `tries` is how often it has been sent, `chance` from 0 to 1, `now` in seconds since 1970.
    """
    if tries >= insistence.tries or not _may_repeat(outcome, repeat):
        return None
    doubled = min(insistence.shortest * 2.0 ** (tries - 1), insistence.longest)
    waited = doubled * (0.5 + chance / 2)
    asked = None if isinstance(outcome, Silence) else _asked_for(outcome.headers, now)
    if asked is None:
        return waited
    return None if asked > insistence.longest else max(asked, waited)


def may_be_done(outcome: Try) -> bool:
    """Tell whether the carrier may have done what it was asked, whatever it answered."""
    match outcome:
        case Answer(status):
            return status != TOO_MANY
        case Silence(was_sent=was_sent):
            return was_sent


def _may_repeat(outcome: Try, repeat: Repeat) -> bool:
    match outcome:
        case Answer(status) if status != TOO_MANY and status < 500:
            return False
        case _:
            return repeat is Repeat.FREELY or not may_be_done(outcome)


def _asked_for(headers: Mapping[str, str], now: float) -> float | None:
    """Return how long the carrier asks us to wait: `Retry-After`, or Telnyx's own header."""
    given = headers.get("retry-after")
    if given is None:
        given = headers.get("x-ratelimit-reset") if _is_used_up(headers) else None
    if given is None:
        return None
    if given.isascii() and given.isdigit() and len(given) < 10:
        return float(given)
    try:
        at = email.utils.parsedate_to_datetime(given)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return max(0.0, (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp() - now)


def _is_used_up(headers: Mapping[str, str]) -> bool:
    return headers.get("x-ratelimit-remaining") == "0"
