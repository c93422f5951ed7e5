"""The data of one person, and that it was erased."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

__all__ = ["Counts", "Erasure", "Person"]


@attrs.frozen
class Person:
    """Who is meant: by a telephone number, by a name, or by what sessions' metadata say.

    Only one of the three is given.  A name says which participant it is; where a number or
    metadata only say which session, the person is the `participant` of that key, or everybody of
    that type.
    """

    phone_number: str | None = attrs.field(default=None, repr=False)
    name: str | None = attrs.field(default=None, repr=False)
    metadata: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    participant: str = "customer"


@attrs.frozen
class Counts:
    """How much was erased, or would be; `skipped_sessions` are those that have not ended."""

    sessions: int = 0
    utterances: int = 0
    recordings: int = 0
    events: int = 0
    analyses: int = 0
    skipped_sessions: int = 0

    def plus(self, other: Counts) -> Counts:
        mine, theirs = attrs.astuple(self), attrs.astuple(other)
        return Counts(*(one + another for one, another in zip(mine, theirs, strict=True)))


@attrs.frozen
class Erasure:
    """That somebody's data was erased; not whose."""

    id: str
    organization_id: str
    environment: str
    created_at: float
    is_dry_run: bool
    counts: Counts
    session_ids: tuple[str, ...] = ()
    skipped_session_ids: tuple[str, ...] = ()
