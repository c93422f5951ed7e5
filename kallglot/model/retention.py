"""How long what is kept."""

from __future__ import annotations

import attrs

__all__ = ["DAY", "FOR_EVER", "Retention"]

DAY = 86_400.0

#: So many days are no limit.
FOR_EVER = 0


@attrs.frozen
class Retention:
    """For how many days recordings, transcripts and events are kept.

    `FOR_EVER` is no limit, None what somebody else has settled: the server, for an organization.
    Recordings and events count from when they were made, transcripts from the end of the session.
    """

    recording_days: int | None = None
    transcript_days: int | None = None
    event_days: int | None = None

    def over(self, others: Retention) -> Retention:
        """Return what holds: these days, and those of `others` where nothing is said."""
        return Retention(
            _first(self.recording_days, others.recording_days),
            _first(self.transcript_days, others.transcript_days),
            _first(self.event_days, others.event_days),
        )

    def recording_expires(self, made_at: float) -> float | None:
        """Return when a recording is to be deleted; None is never."""
        return made_at + self.recording_days * DAY if self.recording_days else None

    def transcripts_until(self, now: float) -> float | None:
        """Return when a session must have ended for its transcript to be deleted by now."""
        return now - self.transcript_days * DAY if self.transcript_days else None

    def events_until(self, now: float) -> float | None:
        """Return when an event must have happened to be deleted by now."""
        return now - self.event_days * DAY if self.event_days else None


def _first(mine: int | None, theirs: int | None) -> int | None:
    return theirs if mine is None else mine
