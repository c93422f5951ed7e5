"""Who a stream is: which of a session's participants a connecting leg carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from kallglot.errors import InvalidRequest, Refused
from kallglot.model.session import Participant

__all__ = ["TAKEN", "Occupied", "Seating", "seat"]

TAKEN = "participant_taken"


@attrs.frozen
class Occupied:
    """A participant's living leg; `quiet_for` is how long it has delivered nothing, in seconds."""

    leg: str
    call_id: str | None
    quiet_for: float


@attrs.frozen
class Seating:
    """The participant that a leg is seated as, and the leg that has to make room, if any."""

    participant: str
    replaces: str | None = None


def seat(
    participants: Sequence[Participant],
    occupied: Mapping[str, Occupied],
    past_calls: Mapping[str, str],
    *,
    asked_for: str | None,
    call_id: str | None,
    silence: float = 2.0,
) -> Seating:
    """Return where a connecting leg sits.

    `asked_for` is a participant's key, name or type; `past_calls` remembers as whom a call has
    been here.  Without either, the first participant that has no leg is taken, in the order in
    which the session lists them.  A leg that has fallen silent makes room for its successor,
    because a connection that broke is often noticed only after the next one has been made.

    Raises:
        InvalidRequest: there is no such participant.
        Refused: somebody is there already.
    """
    if asked_for is not None:
        key = _find(participants, occupied, asked_for)
    elif call_id is not None and call_id in past_calls:
        key = past_calls[call_id]
    else:
        key = _free(participants, occupied, silence)
    if key not in occupied:
        return Seating(key)
    sitting = occupied[key]
    if sitting.quiet_for >= silence or (call_id is not None and sitting.call_id == call_id):
        return Seating(key, replaces=sitting.leg)
    raise Refused(f"{key} is connected already", code=TAKEN, param="participant")


def _free(
    participants: Sequence[Participant], occupied: Mapping[str, Occupied], silence: float
) -> str:
    """Return the first who has no leg, or else the first whose leg has fallen silent."""
    free = [p.key for p in participants if p.key not in occupied]
    silent = [key for key, taken in occupied.items() if taken.quiet_for >= silence]
    if not free + silent:
        raise Refused("everybody in this session is connected", code=TAKEN)
    return (free + silent)[0]


def _find(
    participants: Sequence[Participant], occupied: Mapping[str, Occupied], asked_for: str
) -> str:
    for participant in participants:
        if asked_for in (participant.key, participant.name):
            return participant.key
    of_type = [p.key for p in participants if p.type == asked_for]
    if not of_type:
        known = ", ".join(participant.key for participant in participants)
        raise InvalidRequest(
            f"the session has no participant {asked_for!r}; it has {known}", param="participant"
        )
    return next((key for key in of_type if key not in occupied), of_type[0])
