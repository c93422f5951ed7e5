"""Makes the analyses that are asked for, one after the other, beside the calls.

What is asked for is in the store, so a server that starts goes on with what the one before it
left.  What came of it and what the outside is told of it are kept together.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias

import attrs

from kallglot.analysis.measures import Measures, measured
from kallglot.api.analysis_objects import analysis_object
from kallglot.errors import NotFound, StoreError
from kallglot.model.analysis import Analysis
from kallglot.model.leg import Leg
from kallglot.model.session import Session
from kallglot.model.transcript import Utterance
from kallglot.store.database import Statement
from kallglot.store.deliveries import insert_delivery
from kallglot.store.store import Store
from kallglot.webhooks.events import AnalysisCompleted, AnalysisFailed, Event, event_of

__all__ = ["Analyst", "finished"]

logger = logging.getLogger(__name__)

#: What is said of an analysis that we have a fault to thank for.
BUG = "something went wrong here; the log has more under the analysis's id"

#: Seconds after which an analysis is tried again that the store would not let us make.
TRY_AGAIN = 10.0

Measure: TypeAlias = Callable[[Session, Sequence[Utterance], Sequence[Leg]], Measures]


def finished(analysis: Analysis, measures: Measures, now: float) -> Analysis:
    """Return an analysis with what came of it, and with what is missing named."""
    missing = analysis.inquiry.beyond_us
    error = f"this server does not make {', '.join(missing)}" if missing else None
    return attrs.evolve(
        analysis, status="completed", measures=measures, error=error, completed_at=now
    )


class Analyst:
    """A task that takes analyses from a queue."""

    def __init__(
        self, store: Store, clock: Callable[[], float], measure: Measure = measured
    ) -> None:
        self._store = store
        self._clock = clock
        self._measure = measure
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Go to work, first on what has been left from before."""
        for analysis_id in await self._store.analyses.underway():
            self.take(analysis_id)
        self._task = asyncio.create_task(self._work(), name="analyst")

    async def close(self) -> None:
        """Stop; what is not made yet is made by the next server."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def take(self, analysis_id: str) -> None:
        """Make this analysis, which is in the store, when its turn comes."""
        self._queue.put_nowait(analysis_id)

    async def _work(self) -> None:
        while True:
            analysis_id = await self._queue.get()
            fault = await _fault_of(self._make(analysis_id))
            if fault is not None and not isinstance(fault, StoreError):
                # A bug costs one analysis, and not those that wait behind it.
                logger.error("%s could not be made", analysis_id, exc_info=fault)
                fault = await _fault_of(self._give_up(analysis_id))
            if fault is not None:
                logger.warning("%s has to wait: %r", analysis_id, fault)
                loop = asyncio.get_running_loop()
                loop.call_later(TRY_AGAIN, self._queue.put_nowait, analysis_id)

    async def _make(self, analysis_id: str) -> None:
        analysis, session = await self._find(analysis_id)
        if analysis is None or session is None:
            return
        said = await self._store.transcripts.of_session(session.id)
        legs = await self._store.legs.of_session(session.id)
        measures = await asyncio.to_thread(self._measure, session, said, legs)
        await self._keep(session, finished(analysis, measures, self._clock()))

    async def _give_up(self, analysis_id: str) -> None:
        analysis, session = await self._find(analysis_id)
        if analysis is not None and session is not None:
            now = self._clock()
            failed = attrs.evolve(analysis, status="failed", error=BUG, completed_at=now)
            await self._keep(session, failed)

    async def _find(self, analysis_id: str) -> tuple[Analysis | None, Session | None]:
        """Return an analysis that is still to be made, and its session, if both are there."""
        analysis = await self._store.analyses.get(analysis_id)
        if analysis is None or analysis.status != "processing":
            return None, None
        return analysis, await self._store.sessions.get(analysis.session_id)

    async def _keep(self, session: Session, analysis: Analysis) -> None:
        happening = AnalysisFailed if analysis.status == "failed" else AnalysisCompleted
        told = happening(session, analysis_object(analysis))
        event = event_of(told, self._clock())
        also = await self._told_directly(event, analysis.inquiry.webhook_url)
        try:
            await self._store.analyses.finish(analysis, *also, events=[event])
        except NotFound:  # deleted, or the data of somebody in it erased, while it was made
            logger.info("%s of %s is not wanted any more", analysis.id, session.id)
        else:
            logger.info("%s of %s %s", analysis.id, session.id, analysis.status)

    async def _told_directly(self, event: Event, url: str | None) -> list[Statement]:
        """Return what has an event sent to a URL that was given for this analysis alone."""
        if url is None:
            return []
        endpoint_id = await self._store.endpoints.direct(
            event.organization_id, event.environment, url, event.created_at
        )
        return [insert_delivery(event, endpoint_id)]


async def _fault_of(work: Coroutine[Any, Any, None]) -> BaseException | None:
    """Do some work, and return what was wrong with it, if anything was."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task})
    finally:
        task.cancel()
    return task.exception()
