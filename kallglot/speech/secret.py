"""What a media process and a host on another machine both know, and where they have it from."""

from __future__ import annotations

import os
from pathlib import Path

from kallglot.errors import SettingsError

__all__ = ["SHORTEST", "VARIABLE", "read_secret"]

#: Where it may be if it is in no file.
VARIABLE = "KALLGLOT_SPEECH_SECRET"
SHORTEST = 16


def read_secret(path: str | Path | None) -> bytes:
    """Return the secret of a file, or that of the environment.

    Raises:
        SettingsError: there is none, or it is too short to be one.
    """
    try:
        secret = Path(path).read_bytes() if path else os.environb.get(VARIABLE.encode(), b"")
    except OSError as error:
        raise SettingsError(f"the secret of the speech host cannot be read: {error}") from error
    secret = secret.strip()
    if len(secret) < SHORTEST:
        raise SettingsError(
            f"a speech host on another machine needs a secret of {SHORTEST} characters or more,"
            f" in a file or in {VARIABLE}; both sides must have the same:"
            " `openssl rand -hex 32` makes a good one"
        )
    return secret
