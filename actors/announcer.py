"""Tells the outside what has been committed: for now, those who watch a session on its stream.

It keeps no state worth keeping: what is still to be delivered is in the store.
"""

from __future__ import annotations

import logging
from typing import Any

import attrs

from actors.runtime import AsyncioActor
from kallglot.api.objects import iso
from kallglot.messages import Notify, Receiver, Request
from kallglot.model.session import Session
from kallglot.model.transcript import Utterance
from kallglot.providers import Notice
from kallglot.webhooks.events import Event

__all__ = ["Announce", "Announcer", "Follow", "Unfollow"]

logger = logging.getLogger(__name__)


@attrs.frozen
class Follow(Request):
    """Tell `watcher` what is announced of a session."""

    session_id: str
    watcher: Receiver = attrs.field(repr=False)


@attrs.frozen
class Unfollow(Request):
    """Stop telling anybody about a session."""

    session_id: str


@attrs.frozen
class Announce(Request):
    """These events have been committed, with what they are about."""

    session_id: str
    events: tuple[Event, ...]
    session: Session | None = None
    utterance: Utterance | None = None


class Announcer(AsyncioActor):
    """The voice of the archive."""

    def __init__(self) -> None:
        super().__init__("announcer")
        self._audience: dict[str, Receiver] = {}

    async def on_receive(self, message: Any) -> Any:
        match message:
            case Follow(session_id, watcher):
                self._audience[session_id] = watcher
            case Unfollow(session_id):
                self._audience.pop(session_id, None)
            case Announce():
                self._announce(message)
            case _:
                return await super().on_receive(message)

    def _announce(self, message: Announce) -> None:
        for event in message.events:
            logger.debug("announced %s as %s", event.type, event.id)
        watcher = self._audience.get(message.session_id)
        if watcher is None:
            return
        if message.utterance is not None:
            watcher.tell(Notify(_final(message.utterance)))
        if message.session is not None:
            watcher.tell(Notify(_status(message.session)))


def _final(said: Utterance) -> Notice:
    fields: dict[str, object] = {
        "id": said.id,
        "sequence": said.sequence,
        "speaker": said.speaker,
        "language": said.language,
        "text": said.text,
        "is_final": True,
        "start_time": round(said.start, 3),
        "end_time": round(said.end, 3),
        "confidence": round(said.confidence, 3),
        "is_sure": said.is_sure,
    }
    if said.renderings:
        first = said.renderings[0]
        fields["translation"] = {"language": first.language, "text": first.text}
    if len(said.renderings) > 1:
        fields["translations"] = [
            {"language": one.language, "text": one.text} for one in said.renderings
        ]
    return Notice("transcript.final", fields)


def _status(session: Session) -> Notice:
    deadline = session.reconnect_deadline
    until = None if deadline is None else iso(deadline)
    return Notice("session.status", {"status": session.status.value, "reconnect_deadline": until})
