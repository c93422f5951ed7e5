"""Organizations: who owns keys, sessions and recordings, and how much of everything they may."""

from __future__ import annotations

import datetime as dt
from typing import Literal, TypeAlias

import attrs

__all__ = ["Organization", "OrganizationStatus", "Quotas", "Standing", "month_of"]

#: An inactive organization sees what it has and begins nothing; a suspended one is not let in.
OrganizationStatus: TypeAlias = Literal["active", "inactive", "suspended"]


@attrs.frozen
class Quotas:
    """How much an organization may; None is as much as it likes, or as the server allows.

    `rate_limit` is in requests a minute, `api_credits` are for a calendar month.
    """

    rate_limit: int | None = None
    max_concurrent_sessions: int | None = None
    api_credits: int | None = None


@attrs.frozen
class Organization:
    """Who owns keys, sessions and recordings."""

    id: str
    name: str
    created_at: float
    status: OrganizationStatus = "active"
    quotas: Quotas = Quotas()


@attrs.frozen
class Standing:
    """What an organization may at the moment; `credits_used` is this month."""

    status: OrganizationStatus = "active"
    quotas: Quotas = Quotas()
    credits_used: int = 0


def month_of(now: float) -> str:
    """Return the month in which credits are counted, such as 2026-11; it begins in UTC."""
    return dt.datetime.fromtimestamp(now, tz=dt.UTC).strftime("%Y-%m")
