"""The words of a session: numbered, kept, and shown to whoever watches."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import attrs

from actors.archive import KeepUtterance, NextSequence
from actors.runtime import AsyncioActor
from actors.services import Services
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
        self._to_session = address
        self._sequence = 0
        self._recent: OrderedDict[str, Utterance] = OrderedDict()

    async def prepare(self) -> None:
        self._sequence = await self._archive.ask(NextSequence(self._session.id))

    async def on_receive(self, message: Any) -> Any:
        match message:
            case PartialRecognised():
                self._to_session.tell(Notify(_partial(message)))
            case UtteranceRendered(utterance):
                self._add(utterance)
            case RenderingSpoken():
                self._date(message)
            case Finish():
                self._to_session.tell(PartFinished("transcript", self._sequence - 1))
            case _:
                return await super().on_receive(message)

    def _add(self, utterance: Utterance) -> None:
        numbered = attrs.evolve(utterance, session_id=self._session.id, sequence=self._sequence)
        self._sequence += 1
        self._remember(numbered)
        self._archive.tell(KeepUtterance(self._session, numbered, is_new=True))

    def _date(self, spoken: RenderingSpoken) -> None:
        """Note when a translation was heard; the first listener of a language counts."""
        utterance = self._recent.get(spoken.utterance_id)
        if utterance is None:
            return
        renderings = tuple(
            _dated(rendering, spoken) if rendering.language == spoken.language else rendering
            for rendering in utterance.renderings
        )
        if renderings != utterance.renderings:
            dated = attrs.evolve(utterance, renderings=renderings)
            self._remember(dated)
            self._archive.tell(KeepUtterance(self._session, dated, is_new=False))

    def _remember(self, utterance: Utterance) -> None:
        self._recent[utterance.id] = utterance
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)


def _dated(rendering: Rendering, spoken: RenderingSpoken) -> Rendering:
    if rendering.spoken_at is not None:
        return rendering
    return attrs.evolve(rendering, spoken_at=spoken.since, spoken_until=spoken.until)


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
