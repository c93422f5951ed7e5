"""Saving many sessions, so that it can be cut short at any time and goes on later.

What is in the folder under its own name was complete when it got that name, and is checked again
before it is left as it is.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import aiohttp
import attrs
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kallglot.commands.api import Api, ApiError, JsonObject, ServerGone
from kallglot.export import checking
from kallglot.export.manifest import BrokenExport
from kallglot.ids import is_id

__all__ = ["PACKAGINGS", "Outcome", "Wish", "export_many", "moment"]

PACKAGINGS = ("zip", "folder")

#: Seconds to wait where a server that has had enough does not say how long.
BACK_OFF = 10.0


def moment(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Return a day or a time, of this place unless it says of which, as seconds since the epoch."""
    if value is None:
        return None
    try:
        return dt.datetime.fromisoformat(value).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise click.BadParameter(
            f"{value!r} is no day or time such as 2026-11-01 or 2026-11-01T09:00Z"
        ) from None


@attrs.frozen
class Wish:
    """Which sessions are to be saved, and how; `retries` are seconds to wait before another go."""

    folder: Path
    since: float
    until: float | None
    sound: str
    packaging: str
    retries: tuple[float, ...] = (1.0, 5.0)


@attrs.define
class Outcome:
    """What has become of the sessions; `failed` has the reasons."""

    saved: int = 0
    kept: int = 0
    living: int = 0
    gone: int = 0
    failed: dict[str, str] = attrs.field(factory=dict)

    @property
    def summary(self) -> str:
        parts = [f"{self.saved} saved"]
        for count, what in (
            (self.kept, "there already"),
            (self.living, "not over yet and left out"),
            (self.gone, "deleted meanwhile"),
        ):
            if count:
                parts.append(f"{count} {what}")
        return ", ".join(parts)


async def export_many(api: Api, wish: Wish, console: Console) -> Outcome:
    """Save what is not there yet.

    Raises:
        ApiError: the server is gone, or lets nobody in with this key.
    """
    outcome = Outcome()
    wish.folder.mkdir(parents=True, exist_ok=True)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with progress:
        task = progress.add_task("looking for sessions", total=None)
        found = await _sessions(api, wish)
        over = [session["id"] for session in found if session["status"] == "ended"]
        outcome.living = len(found) - len(over)
        progress.update(task, total=len(over))
        for session_id in over:
            progress.update(task, description=session_id)
            await _save(api, wish, session_id, outcome)
            progress.advance(task)
    return outcome


async def _sessions(api: Api, wish: Wish) -> list[JsonObject]:
    """Return the sessions, the oldest first."""
    query = {"limit": "100", "created_after": str(wish.since)}
    if wish.until is not None:
        query["created_before"] = str(wish.until)
    found: list[JsonObject] = []
    while True:
        page = await _patiently(api, query)
        found += page["data"]
        if not page["has_more"]:
            return found[::-1]
        query["starting_after"] = page["data"][-1]["id"]


async def _patiently(api: Api, query: dict[str, str]) -> JsonObject:
    while True:
        try:
            return await api.get("/v1/sessions", **query)
        except ApiError as error:
            if error.status != 429:
                raise
            await asyncio.sleep(error.retry_after or BACK_OFF)


async def _save(api: Api, wish: Wish, session_id: str, outcome: Outcome) -> None:
    if not is_id(session_id, "sess"):
        raise ApiError(f"the server calls a session {session_id!r}; is it Kallglot?")
    if await asyncio.to_thread(_is_there, wish, session_id):
        outcome.kept += 1
        return
    waits = list(wish.retries)
    while True:
        try:
            await _fetch(api, wish, session_id)
            outcome.saved += 1
            return
        except ServerGone:
            raise
        except ApiError as error:
            if error.status in {401, 403}:
                raise
            if error.status == 404:
                outcome.gone += 1
                return
            if error.status == 429:
                await asyncio.sleep(error.retry_after or BACK_OFF)
                continue
            reason = str(error)
        except (BrokenExport, aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
        if not waits:
            outcome.failed[session_id] = reason
            return
        await asyncio.sleep(waits.pop(0))


async def _fetch(api: Api, wish: Wish, session_id: str) -> None:
    archive = wish.folder / f"{session_id}.zip"
    await api.download(f"/v1/sessions/{session_id}/export", archive, audio=wish.sound)
    await asyncio.to_thread(_keep, wish, session_id, archive)


def _keep(wish: Wish, session_id: str, archive: Path) -> None:
    """Check what has come, and unpack it if that is wanted; what is broken does not stay."""
    try:
        if checking.check_zip(archive).session_id != session_id:
            raise BrokenExport("the server has sent another session")
    except BrokenExport:
        archive.unlink()
        raise
    if wish.packaging == "folder":
        checking.unpack(archive, wish.folder / session_id)
        checking.check_folder(wish.folder / session_id)
        archive.unlink()


def _is_there(wish: Wish, session_id: str) -> bool:
    try:
        if wish.packaging == "zip":
            found = checking.check_zip(wish.folder / f"{session_id}.zip")
        else:
            found = checking.check_folder(wish.folder / session_id)
    except BrokenExport:
        return False
    return found.session_id == session_id
