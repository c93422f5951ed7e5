"""What every part of a session may use: given to it at its start, never looked up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from actors.supervisor import Address
from kallglot.ceiling import CeilingPolicy
from kallglot.commits import CommitPolicy
from kallglot.lifecycle import Limits
from kallglot.metering import Metering
from kallglot.model.glossary import Glossary
from kallglot.model.retention import Retention
from kallglot.overlap import OverlapRules
from kallglot.speech.service import SpeechService
from kallglot.turns import TurnPolicy

__all__ = ["Services", "Spoken"]


@attrs.frozen
class Spoken:
    """A sentence that has been synthesised beforehand, for when the engines are down."""

    pcm: bytes = attrs.field(repr=False)
    rate_hz: int


@attrs.frozen
class Services:
    """The collaborators of a session's actors.

    `retention` is how long what is kept where an organization has no rule.  `notices` are spoken
    sentences by occasion and language, such as `("unavailable", "de")`.  The `glossary` is the
    session's own.
    """

    speech: SpeechService
    archive: Address
    announcer: Address
    recordings: Path
    limits: Limits = attrs.field(factory=Limits)
    turns: TurnPolicy = attrs.field(factory=TurnPolicy)
    commits: CommitPolicy = attrs.field(factory=CommitPolicy)
    overlap: OverlapRules = attrs.field(factory=OverlapRules)
    ceiling: CeilingPolicy = attrs.field(factory=CeilingPolicy)
    retention: Retention = attrs.field(factory=lambda: Retention(recording_days=30))
    notices: Mapping[tuple[str, str], Spoken] = attrs.field(factory=dict, repr=False)
    glossary: Glossary = attrs.field(factory=Glossary)
    metering: Metering = attrs.field(factory=Metering)
