"""Deletes what has been kept for long enough, and finishes what was to be deleted already.

It goes about it in small portions, so that nobody who waits for the disk notices.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import stat
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs

from kallglot import disposal
from kallglot.errors import StoreError
from kallglot.model.retention import Retention
from kallglot.store import Store
from kallglot.store.keys import ENVIRONMENTS
from kallglot.sweeping import FoundFile, is_sound, orphans, part_due

__all__ = ["Sweeper", "Swept", "sweeping"]

logger = logging.getLogger(__name__)

#: Seconds between two sweeps, and between two portions of one.
EVERY = 3600.0
BREATH = 0.02

#: How much is deleted at a time.
PORTION = 100


@attrs.frozen
class Swept:
    """How much a sweep deleted; `orphans` are files of which no row told."""

    recordings: int = 0
    transcripts: int = 0
    events: int = 0
    answers: int = 0
    sessions: int = 0
    orphans: int = 0


@asynccontextmanager
async def sweeping(store: Store, data: Path, kept: Retention) -> AsyncIterator[None]:
    """Have it swept at once and every hour; what is under way when this ends is cut short."""
    sweeper = Sweeper(store, data, kept, time.time)
    task = asyncio.create_task(sweeper.run(), name="sweeper")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


class Sweeper:
    """Who deletes what need not be kept any more."""

    def __init__(
        self, store: Store, data: Path, kept: Retention, wall: Callable[[], float]
    ) -> None:
        """Sweep the `data` folder; `kept` holds where an organization has no rule of its own."""
        self._store = store
        self._data = data
        self._kept = kept
        self._wall = wall

    async def run(self) -> None:
        """Sweep at once, and every hour."""
        while True:
            try:
                swept = await self.sweep()
            except (StoreError, OSError) as error:
                logger.warning("a sweep was cut short, the next goes on with it: %s", error)
            else:
                if swept != Swept():
                    logger.info("swept: %s", swept)
            await asyncio.sleep(EVERY)

    async def sweep(self) -> Swept:
        """Delete everything that is due now.

        Raises:
            StoreError: the store cannot be used; what is still due is for the next sweep.
            OSError: a file cannot be removed; likewise.
        """
        now = self._wall()
        sessions = await self._store.retention.sessions_to_delete()
        for session_id in sessions:
            await disposal.delete_session(self._store, self._data, session_id, now)
        rules = {
            organization_id: own.over(self._kept)
            for organization_id, own in (await self._store.retention.all()).items()
        }
        return Swept(
            recordings=await self._sweep_recordings(now),
            transcripts=sum([await self._sweep_words(*rule, now) for rule in rules.items()]),
            events=sum([await self._sweep_events(*rule, now) for rule in rules.items()]),
            answers=await self._store.idempotency.prune(now),
            sessions=len(sessions),
            orphans=await self._sweep_files(now),
        )

    async def _sweep_recordings(self, now: float) -> int:
        swept = 0
        while due := await self._store.recordings.expired(now, PORTION):
            await disposal.dispose_of_recordings(self._store, self._data, due, now)
            swept += len(due)
            await asyncio.sleep(BREATH)
        return swept

    async def _sweep_words(self, organization_id: str, kept: Retention, now: float) -> int:
        until = kept.transcripts_until(now)
        if until is None:
            return 0
        due = await self._store.retention.wordy_sessions(organization_id, until)
        for session_id in due:
            await self._store.retention.delete_words(session_id, now)
            await asyncio.sleep(0)
        return len(due)

    async def _sweep_events(self, organization_id: str, kept: Retention, now: float) -> int:
        until = kept.events_until(now)
        if until is None:
            return 0
        swept = 0
        for environment in ENVIRONMENTS:
            after, goes_on = 0, True
            while goes_on:
                events = await self._store.retention.events(
                    organization_id, environment, after, PORTION
                )
                part = part_due([(each.position, each.created_at) for each in events], until)
                swept += await self._store.retention.delete_events(part.positions)
                after = events[-1].position if events else after
                goes_on = part.goes_on
                await asyncio.sleep(BREATH if goes_on else 0)
        return swept

    async def _sweep_files(self, now: float) -> int:
        """Delete the files that a crash has left without a row."""
        found = await asyncio.to_thread(_found, self._data)
        known = await self._store.recordings.paths()
        lost = orphans(found, known, now)
        if lost:
            logger.warning("%d files among the recordings are nobody's, deleting them", len(lost))
        for start in range(0, len(lost), PORTION):
            portion = lost[start : start + PORTION]
            await asyncio.to_thread(disposal.remove_files, self._data, portion)
        return len(lost)


def _found(data: Path) -> list[FoundFile]:
    """Return the sound that lies in the folders of sessions."""
    found = []
    for path in (data / disposal.RECORDINGS).glob("*/*"):
        with contextlib.suppress(FileNotFoundError):  # it was finished, or deleted, meanwhile
            status = path.lstat()
            if is_sound(path.name) and stat.S_ISREG(status.st_mode):
                found.append(FoundFile(str(path.relative_to(data)), status.st_mtime))
    return found
