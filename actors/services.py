"""What every part of a session may use: given to it at its start, never looked up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from actors.supervisor import Address
from kallglot.lifecycle import Limits
from kallglot.speech.service import SpeechService
from kallglot.turns import TurnPolicy

__all__ = ["Interruption", "Services", "Spoken"]


@attrs.frozen
class Spoken:
    """A sentence that has been synthesised beforehand, for when the engines are down."""

    pcm: bytes = attrs.field(repr=False)
    rate_hz: int


@attrs.frozen
class Interruption:
    """When a listener who speaks stops what is being played to them.

    `after` is how long they have to speak, in seconds: 0 stops at once; None never stops.
    """

    after: float | None = 0.6


@attrs.frozen
class Services:
    """The collaborators of a session's actors.

    `retention` is how many seconds a recording is kept.  `notices` are spoken sentences by
    occasion and language, such as `("unavailable", "de")`.
    """

    speech: SpeechService
    archive: Address
    announcer: Address
    recordings: Path
    limits: Limits = attrs.field(factory=Limits)
    turns: TurnPolicy = attrs.field(factory=TurnPolicy)
    interruption: Interruption = attrs.field(factory=Interruption)
    retention: float = 30 * 86400.0
    notices: Mapping[tuple[str, str], Spoken] = attrs.field(factory=dict, repr=False)
