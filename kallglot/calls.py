"""What the API may ask of the living sessions.

The API answers from the store, or asks through this protocol; it never sees an actor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import attrs

from kallglot.model.leg import Leg
from kallglot.model.session import Session
from kallglot.providers import Frame, Wire, WireEvent

__all__ = ["Arrival", "Calls", "Link"]


class Link(Protocol):
    """The socket under a leg."""

    def listen(self, hear: Callable[[Frame | None], bool]) -> None:
        """Call `hear` with each frame as it comes, and with None when the connection is gone.

        When it returns False it is not called again before `go_on`; few frames wait meanwhile, the
        far end keeps the others.
        """
        ...

    def go_on(self) -> None:
        """Pass on the next frame, as soon as there is one."""
        ...

    async def send(self, frame: Frame) -> None:
        """Send a frame; raises `ConnectionError` when the connection is gone."""
        ...

    @property
    def keeps_up(self) -> bool:
        """Whether the far end takes what it is sent, so that `send_now` is in order."""
        ...

    def send_now(self, frame: Frame) -> None:
        """Send a frame without waiting; raises `ConnectionError` when the connection is gone."""
        ...

    async def close(self, code: int, reason: str) -> None: ...


@attrs.frozen
class Arrival:
    """A stream that has proved that it belongs to a session.

    `participant` is who the stream says it is, if it says; `call_id` what its carrier calls it.
    `names_speakers` is set for a stream that says with each frame of audio who speaks.  `early`
    is what was received to find all that out, to be handled first.
    """

    provider: str
    link: Link
    wire: Wire
    participant: str | None = None
    call_id: str | None = None
    names_speakers: bool = False
    early: tuple[WireEvent, ...] = attrs.field(default=(), repr=False)


class Calls(Protocol):
    """The living sessions, as the API sees them."""

    async def open(self, session: Session) -> None:
        """Let a session begin to live; it has been stored.

        Raises:
            OverCapacity: there are as many living sessions as this server takes.
        """
        ...

    async def legs(self, session_id: str) -> list[Leg]:
        """Return the legs of a living session, past ones included; none if it does not live."""
        ...

    async def end(self, session_id: str, reason: str) -> None:
        """Wind a session down, and return when everything about it is in the store.

        Does nothing if the session is not living.
        """
        ...

    async def hang_up(
        self, session_id: str, leg_id: str | None = None, participant: str | None = None
    ) -> None:
        """Close one leg, those of a participant, or all; return when that is in the store.

        Whoever was on them may come back.  Does nothing if the session is not living, or the leg
        is gone already.

        Raises:
            NotFound: the session never had such a leg.
        """
        ...

    async def note_metadata(self, session_id: str, metadata: Mapping[str, Any] | None) -> None:
        """Let a living session know its metadata, which have been stored."""
        ...

    async def attach(self, session_id: str, arrival: Arrival) -> None:
        """Attach a stream as a leg, and return when the leg is gone.

        Raises:
            NotFound: the session is not living.
            Refused: the stream cannot be part of the session.
        """
        ...

    def count(self) -> int:
        """Return the number of living sessions."""
        ...
