"""A recorded track of a session."""

from __future__ import annotations

import attrs

__all__ = ["Recording"]


@attrs.frozen
class Recording:
    """One track, on disk as 16-bit PCM in a wave file.

    `channel` is a participant's key (what they said), `mixed` (everybody's own voice), or a key
    with `_heard` (what that participant was played).  `status` is `processing`, `ready` or
    `failed`.  `path` is relative to the data folder.
    """

    id: str
    session_id: str
    channel: str
    status: str
    path: str
    rate_hz: int
    created_at: float
    duration: float = 0.0
    size: int = 0
    expires_at: float | None = None
