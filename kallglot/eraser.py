"""Erasing one person's data from what is kept of an organization's sessions.

In each session the sound first becomes inaudible, then the events are rewritten, then at once the
words and names go, and last the files.  Cut short before the names are gone, it is found again
when it is asked for again; after that, the next sweep removes the files.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import msgspec

from kallglot import disposal, forgetting
from kallglot.forgetting import Trace
from kallglot.ids import new_id
from kallglot.model.erasure import Counts, Erasure, Person
from kallglot.model.session import Session, Status
from kallglot.store import Store
from kallglot.store.erasures import KeptBody
from kallglot.store.paging import Page
from kallglot.store.sessions import SessionFilter

__all__ = ["erase"]

#: How many sessions are looked at, and events rewritten, at a time.
PORTION = 100


async def erase(
    store: Store,
    data: Path,
    owner: tuple[str, str],
    person: Person,
    now: float,
    *,
    is_dry_run: bool,
) -> Erasure:
    """Erase a person from the ended sessions of an organization and environment, the `owner`.

    A dry run counts what would be erased.
    """
    counts, erased, skipped = Counts(), list[str](), list[str]()
    async for session, found in _traces(store, owner, person):
        if session.status is not Status.ENDED:
            skipped.append(session.id)
            counts = counts.plus(Counts(skipped_sessions=1))
            continue
        counts = counts.plus(
            await _erase_from(store, data, session, found, now, is_dry_run=is_dry_run)
        )
        erased.append(session.id)
    return Erasure(new_id("ers"), *owner, now, is_dry_run, counts, tuple(erased), tuple(skipped))


async def _traces(
    store: Store, owner: tuple[str, str], person: Person
) -> AsyncIterator[tuple[Session, Trace]]:
    """Yield the sessions in which the person took part, the newest first."""
    organization_id, environment = owner
    wanted = SessionFilter(environment=environment, metadata=person.metadata)
    page = Page(PORTION)
    while True:
        found = await store.sessions.page(organization_id, wanted, page)
        for session in found.items:
            trace = forgetting.trace(session, person)
            if trace is not None:
                yield session, trace
        if not found.has_more:
            return
        page = Page(PORTION, starting_after=found.items[-1].id)


async def _erase_from(
    store: Store, data: Path, session: Session, found: Trace, now: float, *, is_dry_run: bool
) -> Counts:
    said = await store.transcripts.of_session(session.id)
    recordings = [
        recording
        for recording in await store.recordings.of_session(session.id)
        if forgetting.is_heard_in(recording, found)
    ]
    analyses = await store.erasures.analyses_of(session.id)
    if recordings and not is_dry_run:
        await store.recordings.expire([recording.id for recording in recordings], now)
    events = await _rewrite(store, session.id, found, is_dry_run=is_dry_run)
    if not is_dry_run:
        legs = await store.legs.of_session(session.id)
        await store.erasures.take_out(
            forgetting.session_without(session, found),
            [forgetting.leg_without(leg, found) for leg in legs],
            sorted(found.keys),
        )
        await disposal.delete_recordings(store, data, recordings, now)
    return Counts(
        sessions=1,
        utterances=sum(utterance.speaker in found.keys for utterance in said),
        recordings=len(recordings),
        events=events,
        analyses=analyses,
    )


async def _rewrite(store: Store, session_id: str, found: Trace, *, is_dry_run: bool) -> int:
    """Take the person out of the events of a session, and return of how many."""
    rewritten = 0
    for table in ("events", "webhook_deliveries"):
        row = 0
        while kept := await store.erasures.bodies(session_id, (table, row), PORTION):
            row = kept[-1].row
            changed = [left for body in kept if (left := _without(body, found)) != body]
            rewritten += len(changed)
            if changed and not is_dry_run:
                await store.erasures.rewrite(changed)
    return rewritten


def _without(kept: KeptBody, found: Trace) -> KeptBody:
    body = msgspec.json.decode(kept.body, type=dict[str, Any])
    left = forgetting.event_without(kept.type, body, found)
    return kept if left == body else attrs.evolve(kept, body=msgspec.json.encode(left))
