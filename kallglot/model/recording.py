"""A recorded track of a session."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

__all__ = ["Recording", "RecordingStatus"]

RecordingStatus: TypeAlias = Literal["processing", "ready", "failed"]


@attrs.frozen
class Recording:
    """One track, on disk as 16-bit PCM in a wave file.

    `channel` is a participant's key (what they said), `mixed` (everybody's own voice), or a key
    with `_heard` (what that participant was played).  `path` is relative to the data folder.
    """

    id: str
    session_id: str
    channel: str
    status: RecordingStatus
    path: str
    rate_hz: int
    created_at: float
    duration: float = 0.0
    size: int = 0
    expires_at: float | None = None

    def has_expired(self, now: float) -> bool:
        """Tell whether it is to be heard no more, whether or not the file is still there."""
        return self.expires_at is not None and self.expires_at <= now
