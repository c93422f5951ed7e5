"""From what is asked to the session that is opened.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from kallglot import routing
from kallglot.api.schemas import (
    ParticipantAsked,
    ProviderBody,
    RecordingBody,
    RoutingBody,
    SessionAsked,
)
from kallglot.api.values import Direction, Language, PhoneNumber, Side
from kallglot.config import Settings
from kallglot.errors import NotAvailable
from kallglot.ids import new_id
from kallglot.model.glossary import Glossary
from kallglot.model.phone_number import NumberProfile
from kallglot.model.session import LIVE_MODES, Participant, Session

__all__ = ["asked_by", "opened", "resolution"]

_NO_TERMS = Glossary()
_INBOUND = Direction("inbound")
_TWO_PEOPLE = (ParticipantAsked(Side("customer")), ParticipantAsked(Side("agent")))


class RoutedAsked(Protocol):
    """What says how the telephone network is to reach it."""

    @property
    def routing(self) -> RoutingBody | None: ...
    @property
    def provider(self) -> ProviderBody | None: ...


def opened(
    asked: SessionAsked,
    organization_id: str,
    settings: Settings,
    now: float,
    glossary: Glossary = _NO_TERMS,
    environment: str = "live",
    directory: routing.Directory | None = None,
) -> Session:
    """Return the session that is asked for; without a directory it goes by the settings alone.

    Raises:
        NotAvailable: `feature_not_available`, this server does not do that.
        Refused: its routing does not resolve.
    """
    if asked.mode not in LIVE_MODES:
        raise NotAvailable(f"the mode {asked.mode} is not offered by this server", param="mode")
    is_recorded = asked.recording is not None and asked.recording.enabled
    if is_recorded and not settings.recording.allow:
        raise NotAvailable("this server does not record", param="recording.enabled")
    original = asked.hearing.original if asked.hearing is not None else None
    return Session(
        id=new_id("sess"),
        organization_id=organization_id,
        mode=asked.mode,
        participants=_participants(asked),
        created_at=now,
        source_language=asked.source_language,
        target_language=asked.target_language,
        routing=resolution(asked, directory or settings.directory).routing(),
        is_recorded=is_recorded,
        hearing_original=original or "none",
        metadata=asked.metadata,
        glossary=glossary,
        environment=environment,
    )


def resolution(asked: RoutedAsked, directory: routing.Directory) -> routing.Resolution:
    """Return how the telephone network reaches what is asked for, and why."""
    if asked.provider is not None:
        return routing.explain_older(asked.provider.asked(), directory)
    return routing.explain(None if asked.routing is None else asked.routing.asked(), directory)


def asked_by(profile: NumberProfile, number: str | None = None) -> SessionAsked:
    """Return the session that a call to a number with this profile is to become."""
    return SessionAsked(
        mode=profile.mode,
        source_language=_language(profile.source_language),
        target_language=_language(profile.target_language),
        routing=None if number is None else RoutingBody(PhoneNumber(number), direction=_INBOUND),
        recording=RecordingBody(enabled=profile.is_recorded),
    )


def _language(code: str | None) -> Language | None:
    return None if code is None else Language(code)


def _participants(asked: SessionAsked) -> tuple[Participant, ...]:
    """Name the people: `customer`, `agent`, and a second of a kind `agent_2`."""
    people: Sequence[ParticipantAsked] = asked.participants or _TWO_PEOPLE
    languages = {"customer": asked.source_language, "agent": asked.target_language}
    seen: Counter[str] = Counter()
    named = []
    for person in people:
        seen[person.type] += 1
        count = seen[person.type]
        named.append(
            Participant(
                key=person.type if count == 1 else f"{person.type}_{count}",
                type=person.type,
                language=person.language or languages[person.type],
                name=person.name,
                voice=person.voice,
            )
        )
    return tuple(named)
