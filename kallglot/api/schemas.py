"""The bodies of requests about sessions and glossaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import attrs

from kallglot.api.reading import read
from kallglot.api.shapes import says
from kallglot.api.values import (
    Anything,
    Carrier,
    Channels,
    Codecs,
    Direction,
    Language,
    Metadata,
    Name,
    PhoneNumber,
    Reason,
    RouteType,
    Short,
    Side,
    Transport,
    Wording,
    unfit,
)
from kallglot.errors import InvalidRequest
from kallglot.model.session import Mode, Original
from kallglot.routing import ProviderAsked, RoutingAsked

__all__ = [
    "EndAsked",
    "GlossaryAsked",
    "ParticipantAsked",
    "SessionAsked",
    "TermAsked",
    "read_end",
    "read_glossary",
    "read_session",
]

MOST_PARTICIPANTS = 16
MOST_TERMS = 1000


@attrs.frozen
class ParticipantAsked:
    """A person in the conversation."""

    type: Side
    language: Annotated[Language | None, says("That of their side unless given.")] = None
    name: Name | None = attrs.field(default=None, repr=False)
    voice: Short | None = None


@attrs.frozen
class SipBody:
    """What is known of a SIP call before it comes."""

    from_uri: Short | None = attrs.field(default=None, repr=False)
    headers: Anything | None = attrs.field(default=None, repr=False)


@attrs.frozen
class RoutingBody:
    """How the telephone network reaches the session: by one of the first three."""

    phone_number: Annotated[PhoneNumber | None, says("A number of this server.")] = attrs.field(
        default=None, repr=False
    )
    type: RouteType | None = None
    connection_id: Annotated[Short | None, says("A provider connection, `pcon_…`.")] = None
    direction: Direction | None = None
    sip: SipBody | None = None

    def asked(self) -> RoutingAsked:
        if self.sip is not None and self.type != "sip":
            raise InvalidRequest("routing.sip goes with routing.type sip", param="routing.sip")
        return RoutingAsked(self.phone_number, self.type, self.connection_id, self.direction)


@attrs.frozen
class ProviderBody:
    """The older way to say how a call comes in."""

    type: Carrier
    phone_number: PhoneNumber | None = attrs.field(default=None, repr=False)
    call_sid: Short | None = None
    call_control_id: Short | None = None
    sip_uri: Short | None = attrs.field(default=None, repr=False)
    credentials: Anything | None = attrs.field(default=None, repr=False)
    transport: Transport | None = None
    codecs: Codecs | None = None

    def asked(self) -> ProviderAsked:
        return ProviderAsked(
            self.type, self.phone_number, self.call_sid, self.call_control_id, self.sip_uri
        )


@attrs.frozen
class RecordingBody:
    """Whether to record; `channels` is accepted, and every channel is always kept."""

    enabled: bool = False
    channels: Channels | None = None


@attrs.frozen
class HearingBody:
    """What is heard besides translations."""

    original: Annotated[
        Original | None, says("Whether the original voice lies under the translation.")
    ] = None


@attrs.frozen
class TermAsked:
    """A term; what is not said of its languages is as in the glossary around it."""

    source: Wording = attrs.field(repr=False)
    target: Wording | None = attrs.field(default=None, repr=False)
    source_language: Language | None = None
    target_language: Language | None = None
    case_sensitive: bool = False
    spoken_as: Wording | None = attrs.field(default=None, repr=False)
    do_not_translate: bool = False


@attrs.frozen
class GlossaryAsked:
    """The body of `POST` and `PUT /v1/glossaries`."""

    name: Wording
    source_language: Language | None = None
    target_language: Language | None = None
    inflection: Annotated[bool, says("Whether other forms of a term are known as well.")] = True
    terms: Annotated[list[TermAsked], says("The terms.", maxItems=MOST_TERMS)] = attrs.field(
        factory=list, repr=False
    )


@attrs.frozen
class SessionGlossaryBody:
    """Terms for one session: those of a kept glossary, and more."""

    id: Short | None = None
    terms: list[TermAsked] | None = attrs.field(default=None, repr=False)


@attrs.frozen
class SessionAsked:
    """The body of `POST /v1/sessions`."""

    mode: Mode
    source_language: Annotated[Language | None, says("What customers speak.")] = None
    target_language: Annotated[Language | None, says("What agents speak.")] = None
    routing: Annotated[
        RoutingBody | None, says("The default connection unless given; not with `provider`.")
    ] = None
    provider: Annotated[ProviderBody | None, says("The older `routing`.")] = None
    participants: Annotated[
        list[ParticipantAsked] | None,
        says("A customer and an agent unless given.", maxItems=MOST_PARTICIPANTS),
    ] = None
    recording: RecordingBody | None = None
    hearing: HearingBody | None = None
    glossary: SessionGlossaryBody | None = None
    metadata: Metadata | None = attrs.field(default=None, repr=False)
    ai_agent: Anything | None = attrs.field(default=None, repr=False)


@attrs.frozen
class EndAsked:
    """The body of `POST /v1/sessions/{id}/end`."""

    reason: Reason | None = None


def read_session(body: Mapping[str, Any]) -> SessionAsked:
    """Return what a session is asked to be.

    Raises:
        InvalidRequest: says what is wrong, and where.
    """
    asked = read(body, SessionAsked)
    if asked.routing is not None and asked.provider is not None:
        raise InvalidRequest("send routing or provider, not both", param="provider")
    if asked.ai_agent is not None and asked.mode not in {Mode.AI_AGENT, Mode.HELP_CHAT}:
        raise unfit("ai_agent goes with the mode ai_agent", "ai_agent")
    if len(asked.participants or ()) > MOST_PARTICIPANTS:
        raise unfit(f"at most {MOST_PARTICIPANTS} people take part", "participants")
    if asked.glossary is not None and len(asked.glossary.terms or ()) > MOST_TERMS:
        raise unfit(f"a glossary has at most {MOST_TERMS} terms", "glossary.terms")
    return asked


def read_glossary(body: Mapping[str, Any]) -> GlossaryAsked:
    """Return what a glossary is asked to be.

    Raises:
        InvalidRequest: says what is wrong, and where.
    """
    asked = read(body, GlossaryAsked)
    if len(asked.terms) > MOST_TERMS:
        raise unfit(f"a glossary has at most {MOST_TERMS} terms", "terms")
    return asked


def read_end(body: Mapping[str, Any]) -> EndAsked:
    """Return how a session is asked to end.

    Raises:
        InvalidRequest: says what is wrong, and where.
    """
    return read(body, EndAsked)
