"""The words of a session: numbered, kept, and shown to whoever watches."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

import attrs

from actors.archive import KeepTermCounts, KeepUtterance, NextSequence, TermCounts
from actors.runtime import AsyncioActor
from actors.services import Services
from kallglot.lag.erasure import Captions
from kallglot.lag.units import units
from kallglot.language.glossary import GlossaryReport
from kallglot.messages import (
    Finish,
    Notify,
    PartFinished,
    PartialRecognised,
    Receiver,
    RenderingSpoken,
    UtteranceRendered,
)
from kallglot.model.session import Session
from kallglot.model.transcript import Rendering, Utterance
from kallglot.providers import Notice

__all__ = ["Transcript"]

#: How many utterances may still be awaiting the end of their playback.
RECENT = 200


class Transcript(AsyncioActor):
    """What was said in a session."""

    def __init__(self, session: Session, services: Services, address: Receiver) -> None:
        super().__init__("transcript")
        self._session = session
        self._archive = services.archive
        self._metering = services.metering
        self._to_session = address
        self._sequence = 0
        self._recent: OrderedDict[str, Utterance] = OrderedDict()
        self._glossary = services.glossary
        self._report = GlossaryReport()
        #: By utterance, who of those who listen in a language is the one whose hearing counts.
        self._counted: dict[str, dict[str, str]] = {}
        #: By speaker.
        self._captions: defaultdict[str, Captions] = defaultdict(Captions)

    async def prepare(self) -> None:
        self._sequence = await self._archive.ask(NextSequence(self._session.id))
        if self._glossary.terms:
            counted = await self._archive.ask(TermCounts(self._session.id))
            self._report = GlossaryReport(counted)

    async def on_receive(self, message: Any) -> Any:
        match message:
            case PartialRecognised():
                self._show(message)
            case UtteranceRendered(utterance):
                self._add(utterance)
            case RenderingSpoken():
                self._date(message)
            case Finish():
                for captions in self._captions.values():
                    self._metering.captions(captions.vanish(), 0)
                self._to_session.tell(PartFinished("transcript", self._sequence - 1))
            case _:
                return await super().on_receive(message)

    def _show(self, said: PartialRecognised) -> None:
        self._captions[said.speaker].show(said.utterance_id, said.text, said.language)
        self._to_session.tell(Notify(_partial(said)))

    def _add(self, utterance: Utterance) -> None:
        numbered = attrs.evolve(
            utterance,
            session_id=self._session.id,
            sequence=self._sequence,
            erased=self._erased(utterance),
        )
        self._sequence += 1
        self._remember(numbered)
        self._archive.tell(KeepUtterance(self._session, numbered, is_new=True))
        self._count_terms(numbered)

    def _erased(self, utterance: Utterance) -> int:
        """Count how much of its captions was taken back; once, for it may come again unspoken."""
        if utterance.id in self._recent:
            return self._recent[utterance.id].erased
        erased = self._captions[utterance.speaker].stand(utterance)
        self._metering.captions(erased, len(units(utterance.text, utterance.language or "")))
        return erased

    def _count_terms(self, utterance: Utterance) -> None:
        """Note which terms of the glossary were said, and whether they came out as they should."""
        counted = [
            self._report.add(
                self._glossary,
                utterance.text,
                rendering.text,
                utterance.language or "",
                rendering.language,
            )
            for rendering in utterance.renderings
        ]
        if any(counted):
            self._archive.tell(KeepTermCounts(self._session.id, self._report.counts()))

    def _date(self, spoken: RenderingSpoken) -> None:
        """Note when a translation was heard; the first listener of a language counts."""
        self._metering.dropped(spoken.dropped)
        self._metering.compressed(spoken.compressed)
        utterance = self._recent.get(spoken.utterance_id)
        if utterance is None:
            return
        counted = self._counted.setdefault(spoken.utterance_id, {})
        if counted.setdefault(spoken.language, spoken.listener) != spoken.listener:
            return
        renderings = tuple(
            _dated(rendering, spoken) if rendering.language == spoken.language else rendering
            for rendering in utterance.renderings
        )
        for before, after in zip(utterance.renderings, renderings, strict=True):
            if before.spoken_at is None and after.spoken_at is not None:
                self._metering.spoken(utterance, after)
        if renderings != utterance.renderings:
            dated = attrs.evolve(utterance, renderings=renderings)
            self._remember(dated)
            self._archive.tell(KeepUtterance(self._session, dated, is_new=False))

    def _remember(self, utterance: Utterance) -> None:
        self._recent[utterance.id] = utterance
        if len(self._recent) > RECENT:
            oldest, _ = self._recent.popitem(last=False)
            self._counted.pop(oldest, None)


def _dated(rendering: Rendering, spoken: RenderingSpoken) -> Rendering:
    """Add what has been heard, dropped and won; that of nothing but a loss has no times."""
    dated = attrs.evolve(
        rendering,
        dropped=rendering.dropped + spoken.dropped,
        compressed=rendering.compressed + spoken.compressed,
    )
    if rendering.spoken_at is not None or spoken.until <= spoken.since:
        return dated
    return attrs.evolve(dated, spoken_at=spoken.since, spoken_until=spoken.until)


def _partial(said: PartialRecognised) -> Notice:
    return Notice(
        "transcript.partial",
        {
            "id": said.utterance_id,
            "speaker": said.speaker,
            "language": said.language,
            "text": said.text,
            "is_final": False,
            "start_time": round(said.start, 3),
        },
    )
