"""`/v1/usage`: what sessions used, by day, by month or one by one; as JSON or as a table."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypedDict

from aiohttp import web

from kallglot import usage
from kallglot.api import query, shapes
from kallglot.api.answers import json_answer
from kallglot.api.context import API_KEY, CLOCK, STORE
from kallglot.api.endpoint import PAGE, Answer, Endpoint, Parameter
from kallglot.api.objects import iso, iso_or_none
from kallglot.api.sessions import find_session
from kallglot.api.shapes import says
from kallglot.errors import InvalidRequest
from kallglot.store.paging import Page
from kallglot.store.usage import Period
from kallglot.usage import Spell, Usage

__all__ = ["ENDPOINTS"]

GROUPS: Final = ("day", "month", "session")

DAY: Final = 86_400.0
#: How much time is looked at together: a leap year of days or of sessions, ten years of months.
LONGEST: Final = {"day": 366 * DAY, "session": 366 * DAY, "month": 3660 * DAY}

JSON: Final = "application/json"
CSV: Final = "text/csv"


COLUMNS: Final = (
    "name",
    "started_at",
    "ended_at",
    "sessions",
    "active_seconds",
    "active_minutes",
    "translation_minutes",
    "agent_minutes",
)


class UsedTime(TypedDict):
    """Time that was used; it is not rounded up, so a minute and a half is 1.5."""

    active_seconds: Annotated[float, says("From the first audio to the end of the session.")]
    active_minutes: float
    translation_minutes: Annotated[
        float, says("Active time of sessions in which there was something to translate.")
    ]
    agent_minutes: Annotated[float, says("Active time of sessions with an AI agent.")]


class SessionUsage(UsedTime):
    """What a session has used, up to now if it goes on."""

    object: Literal["usage"]
    session_id: str
    started_at: shapes.Time | None
    ended_at: shapes.Time | None


class TotalUsage(UsedTime):
    """What all sessions used together."""

    sessions: Annotated[int, says("How many were active.")]


class UsageRow(TotalUsage):
    """What was used in a day or a month, or by a session; one over midnight is on both days."""

    name: Annotated[str, says("A day or a month in UTC, or the id of a session.")]
    started_at: shapes.Time
    ended_at: shapes.Time


class UsageReport(TypedDict):
    """What was used in some time; times are in UTC."""

    object: Literal["usage_report"]
    group_by: Literal["day", "month", "session"]
    period_start: shapes.Time
    period_end: Annotated[shapes.Time, says("Itself left out.")]
    total: Annotated[TotalUsage, says("Sessions that were deleted since are counted.")]
    data: list[UsageRow]
    has_more: Annotated[bool, says("Only sessions come in pages.")]
    url: str


async def of_session(request: web.Request) -> web.Response:
    session = await find_session(request, request[API_KEY])
    now = request.app[CLOCK]()
    spell = usage.spell(session)
    found = Usage() if spell is None else usage.used(spell, spell.started_at, now, now)
    shown: SessionUsage = {
        "object": "usage",
        "session_id": session.id,
        "started_at": iso_or_none(session.started_at),
        "ended_at": iso_or_none(session.ended_at),
        **_time(found),
    }
    return json_answer(shown)


async def report(request: web.Request) -> web.StreamResponse:
    now = request.app[CLOCK]()
    group_by = query.choice(request, "group_by", GROUPS) or "day"
    period = _period(request, group_by, now)
    form = query.choice(request, "format", ("json", "csv"))
    page = query.page(request, "sess")
    is_table = form == "csv" or (form is None and CSV in request.headers.get("Accept", ""))
    query.page(request, "sess")  # one that cannot be is refused where there are no pages too
    match group_by:
        case "session":
            if is_table:
                return await _table_of_sessions(request, period, now)
            return await _page_of_sessions(request, period, page, now)
        case "month":
            unit: usage.Unit = "month"
        case _:
            unit = "day"
    within = list(usage.periods(period.since, period.until, unit))
    sums, total = [Usage()] * len(within), Usage()
    async for spells in request.app[STORE].usage.spells(period):
        sums = usage.added(sums, spells, within, now)
        total = sum((_within(spell, period, now) for spell in spells), total)
    rows = [
        _row(each.name, each.since, each.until, used)
        for each, used in zip(within, sums, strict=True)
    ]
    if is_table:
        return web.Response(text=_table(rows, is_first=True), content_type=CSV)
    return json_answer(_report(unit, period, total, rows))


async def _page_of_sessions(
    request: web.Request, period: Period, page: Page, now: float
) -> web.Response:
    store = request.app[STORE].usage
    found = await store.page(period, page)
    total = Usage()
    async for spells in store.spells(period):
        total = sum((_within(spell, period, now) for spell in spells), total)
    rows = [_session_row(spell, period, now) for spell in found.items]
    made = _report("session", period, total, rows)
    made["has_more"] = found.has_more
    return json_answer(made)


async def _table_of_sessions(
    request: web.Request, period: Period, now: float
) -> web.StreamResponse:
    """Answer with all sessions, which may be many, as they are read."""
    response = web.StreamResponse(headers={"Content-Type": f"{CSV}; charset=utf-8"})
    await response.prepare(request)
    await response.write(_table((), is_first=True).encode())
    async for spells in request.app[STORE].usage.spells(period):
        rows = [_session_row(spell, period, now) for spell in spells]
        await response.write(_table(rows, is_first=False).encode())
    await response.write_eof()
    return response


def _period(request: web.Request, group_by: str, now: float) -> Period:
    """Return the time that is asked for: by default this month, and never the future."""
    today = dt.datetime.fromtimestamp(now, tz=dt.UTC)
    month = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
    since, until = query.moment(request, "from"), query.moment(request, "to")
    since = month if since is None else since
    until = now if until is None else min(until, now)
    if since > until:
        raise _unfit("from must be before to, and not in the future")
    if until - since > LONGEST[group_by]:
        raise _unfit(f"from must be at most {LONGEST[group_by] / DAY:.0f} days before to")
    key = request[API_KEY]
    return Period(key.organization_id, key.environment, since, until)


def _unfit(message: str) -> InvalidRequest:
    return InvalidRequest(message, code="invalid_field_value", param="from")


def _within(spell: Spell, period: Period, now: float) -> Usage:
    return usage.used(spell, period.since, period.until, now)


def _session_row(spell: Spell, period: Period, now: float) -> UsageRow:
    since = max(period.since, spell.started_at)
    until = min(period.until, now if spell.ended_at is None else spell.ended_at)
    return _row(spell.session_id, since, until, _within(spell, period, now))


def _row(name: str, since: float, until: float, used: Usage) -> UsageRow:
    return {
        "name": name,
        "started_at": iso(since),
        "ended_at": iso(until),
        "sessions": used.sessions,
        **_time(used),
    }


def _time(used: Usage) -> UsedTime:
    return {
        "active_seconds": round(used.active, 3),
        "active_minutes": round(used.active / 60, 4),
        "translation_minutes": round(used.translated / 60, 4),
        "agent_minutes": round(used.with_agent / 60, 4),
    }


def _report(
    group_by: Literal["day", "month", "session"],
    period: Period,
    total: Usage,
    rows: list[UsageRow],
) -> UsageReport:
    return {
        "object": "usage_report",
        "group_by": group_by,
        "period_start": iso(period.since),
        "period_end": iso(period.until),
        "total": {"sessions": total.sessions, **_time(total)},
        "data": rows,
        "has_more": False,
        "url": "/v1/usage",
    }


def _table(rows: Sequence[UsageRow], *, is_first: bool) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    if is_first:
        table.writerow(COLUMNS)
    table.writerows([str(row[name]) for name in COLUMNS] for row in rows)
    return text.getvalue()


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v1/usage",
        report,
        "Retrieve what all sessions of a time used",
        {200: Answer("What was used.", UsageReport, (JSON, CSV))},
        scope="sessions:read",
        query=(
            Parameter("from", {"type": "string"}, "ISO 8601, or Unix seconds; this month's start."),
            Parameter("to", {"type": "string"}, "The same, itself left out; by default now."),
            Parameter(
                "group_by",
                {"type": "string", "enum": [*GROUPS], "default": "day"},
                "A row for each of these.  Up to 366 days, or with `month` ten years.",
            ),
            Parameter(
                "format",
                {"type": "string", "enum": ["json", "csv"]},
                "What to answer with; otherwise what `Accept` says.",
            ),
            *PAGE,
        ),
    ),
    Endpoint(
        "GET",
        "/v1/sessions/{id}/usage",
        of_session,
        "Retrieve what a session used",
        {200: Answer("What it used, up to now if it goes on.", SessionUsage)},
        scope="sessions:read",
        codes=("session_not_found",),
    ),
)
