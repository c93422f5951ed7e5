"""What a call to a number is to become: how that is asked for, checked and shown."""

from __future__ import annotations

from typing import Annotated

import attrs
from aiohttp import web

from kallglot.api import telephony_shapes as shapes
from kallglot.api.context import API_KEY, CLOCK, SETTINGS, TRANSLATES
from kallglot.api.opening import asked_by, opened
from kallglot.api.pairs import check_pairs
from kallglot.api.shapes import says
from kallglot.api.telephony_values import Greeting
from kallglot.api.values import Dialled, Language, PhoneNumber, unfit
from kallglot.errors import NoRoute, NotAvailable
from kallglot.model.phone_number import NumberProfile
from kallglot.model.session import Mode
from kallglot.routing import Directory

__all__ = ["ProfileAsked", "profile_object", "read_profile"]

_NO_ROUTES = Directory()


@attrs.frozen
class ProfileAsked:
    """What kind of session a call to a number becomes, when this server answers it."""

    mode: Mode = Mode.BIDIRECTIONAL
    source_language: Annotated[Language | None, says("What callers speak.")] = None
    target_language: Annotated[Language | None, says("What the agent speaks.")] = None
    greeting: Annotated[Greeting | None, says("What callers are told first.")] = attrs.field(
        default=None, repr=False
    )
    greeting_language: Annotated[Language | None, says("`source_language` unless given.")] = None
    agent: Annotated[
        Dialled | None, says("Who is called; unless given the agent comes by a stream.")
    ] = attrs.field(default=None, repr=False)
    recording: bool = False
    fallback_number: Annotated[
        PhoneNumber | None, says("Where callers are put through when nothing can be translated.")
    ] = attrs.field(default=None, repr=False)


def read_profile(
    request: web.Request, asked: ProfileAsked | None, number: str
) -> NumberProfile | None:
    """Return the profile of a number; what calls become must be possible on this server.

    Raises:
        InvalidRequest: it would call itself, or say nobody knows in what language.
        NoRoute: `sip_not_enabled`.
        NotAvailable: this server has no such sessions.
    """
    if asked is None:
        return None
    for name, other in (("agent", asked.agent), ("fallback_number", asked.fallback_number)):
        if other == number:
            raise unfit(f"profile.{name} is another number", f"profile.{name}")
    is_by_sip = asked.agent is not None and asked.agent.startswith("sip")
    if is_by_sip and not request.app[SETTINGS].directory.is_sip_enabled:
        raise NoRoute(
            "SIP is not enabled on this server", code="sip_not_enabled", param="profile.agent"
        )
    language = asked.greeting_language or asked.source_language
    if asked.greeting is not None and language is None:
        raise unfit(
            "profile.greeting_language is needed where source_language is not given",
            "profile.greeting_language",
        )
    profile = NumberProfile(
        mode=asked.mode,
        source_language=asked.source_language,
        target_language=asked.target_language,
        greeting=asked.greeting,
        greeting_language=None if asked.greeting is None else language,
        agent=asked.agent,
        is_recorded=asked.recording,
        fallback_number=asked.fallback_number,
    )
    _try(request, profile)
    return profile


def profile_object(profile: NumberProfile) -> shapes.Profile:
    return {
        "mode": profile.mode,
        "source_language": profile.source_language,
        "target_language": profile.target_language,
        "greeting": profile.greeting,
        "greeting_language": profile.greeting_language,
        "agent": profile.agent,
        "recording": profile.is_recorded,
        "fallback_number": profile.fallback_number,
    }


def _try(request: web.Request, profile: NumberProfile) -> None:
    """Open such a session on paper: what refuses it now would refuse every call."""
    organization_id = request[API_KEY].organization_id
    try:
        session = opened(
            asked_by(profile),
            organization_id,
            request.app[SETTINGS],
            request.app[CLOCK](),
            directory=_NO_ROUTES,
        )
        check_pairs(session, request.app[TRANSLATES])
    except NotAvailable as refusal:
        raise NotAvailable(str(refusal), param=f"profile.{refusal.param}") from refusal
