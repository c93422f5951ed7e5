"""Deleting what is kept: first out of sight, then the files, then the rows.

Whatever is cut short in between is finished by the next sweep: a recording whose time has run out
and a session that is hidden are due until their rows say that they are gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from kallglot.model.recording import Recording
from kallglot.store import Store
from kallglot.store.audit import Actor
from kallglot.store.database import Statement

__all__ = [
    "RECORDINGS",
    "delete_organization",
    "delete_recordings",
    "delete_session",
    "dispose_of_recordings",
    "remove_files",
]

#: The folder of the recordings, in the data folder.
RECORDINGS = "recordings"

#: How many sessions are deleted together.
BATCH = 100


async def delete_recordings(
    store: Store, data: Path, recordings: Sequence[Recording], now: float, *also: Statement
) -> None:
    """Delete recordings, however much longer they were to be kept; write `also` with the first."""
    if recordings:
        await store.recordings.expire([recording.id for recording in recordings], now, *also)
        await dispose_of_recordings(store, data, recordings, now)


async def dispose_of_recordings(
    store: Store, data: Path, recordings: Sequence[Recording], now: float
) -> None:
    """Delete recordings whose time has run out."""
    await asyncio.to_thread(remove_files, data, [recording.path for recording in recordings])
    await store.recordings.mark_deleted(now, *(recording.id for recording in recordings))


async def delete_session(
    store: Store, data: Path, session_id: str, now: float, *also: Statement
) -> None:
    """Delete a session that has ended, and everything about it; write `also` with the first."""
    await store.sessions.hide(session_id, now, *also)
    recordings = await store.recordings.of_session(session_id)
    await asyncio.to_thread(remove_files, data, [recording.path for recording in recordings])
    await asyncio.to_thread(_remove_folder, data / RECORDINGS / session_id)
    await store.sessions.remove(session_id)


async def delete_organization(
    store: Store, data: Path, organization_id: str, now: float, by: Actor
) -> None:
    """Delete a suspended organization whose sessions have ended, and everything of its own.

    Raises:
        IllegalMove: it is not suspended, or some of its sessions have not ended.
    """
    await store.organizations.check_removable(organization_id)
    while session_ids := await store.organizations.sessions(organization_id, BATCH):
        for session_id in session_ids:
            recordings = await store.recordings.of_session(session_id)
            await asyncio.to_thread(
                remove_files, data, [recording.path for recording in recordings]
            )
            await asyncio.to_thread(_remove_folder, data / RECORDINGS / session_id)
        await store.sessions.remove(*session_ids)
    await store.organizations.remove(organization_id, now, by=by)


def remove_files(data: Path, names: Sequence[str]) -> None:
    """Remove files of the data folder, and the folders of sessions that are empty then."""
    paths = [data / name for name in names]
    for path in paths:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in paths}:
        if folder.parent == data / RECORDINGS:
            with contextlib.suppress(OSError):  # there is something in it, or it is gone
                folder.rmdir()


def _remove_folder(folder: Path) -> None:
    """Remove what may lie beside the recordings of a session, such as a mix that was cut short."""
    if folder.is_dir():
        shutil.rmtree(folder)
