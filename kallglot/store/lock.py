"""One server per data folder: two would both bring the same calls back to life."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kallglot.errors import SettingsError

__all__ = ["only_server_of"]


@contextmanager
def only_server_of(folder: Path) -> Iterator[None]:
    """Hold the data folder; the lock goes with the process, however it ends.

    Raises:
        SettingsError: another server holds it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / "server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SettingsError(
                f"data is {folder}, and another server is running on that folder;"
                " choose another with KALLGLOT_DATA"
            ) from error
        yield
    finally:
        os.close(descriptor)
