"""The one stream endpoint: `/v1/sessions/{id}/connect`, for every provider's dialect.

The first frame tells which dialect is spoken.  A native client may wait to be greeted before it
says anything; carriers never do.  So a stream that has shown its token and stays silent for a
moment is native.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final, TypeAlias

import attrs
from aiohttp import web

from kallglot.admission import TokenlessPolicy, admit_without_token, token_of
from kallglot.api.context import CALLS, CLOCK, PROVIDERS, SETTINGS, STORE
from kallglot.api.endpoint import Answer, Endpoint, Parameter
from kallglot.api.link import WebSocketLink, upgrade
from kallglot.calls import Arrival
from kallglot.errors import (
    IllegalMove,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    OverCapacity,
    Refused,
)
from kallglot.model.session import Session, Status
from kallglot.providers import (
    Frame,
    Opened,
    Provider,
    StreamOffer,
    Wire,
    WireEvent,
    dialect_of,
)

__all__ = ["ENDPOINTS", "QUERY"]

logger = logging.getLogger(__name__)

#: Seconds that a client that has shown its token is given to speak first.
COURTESY = 0.25

#: Seconds within which a stream must have said who it is.
INTRODUCTION = 5.0

#: Frames that a stream may send before it has said who it is.
MOST_EARLY = 256

NATIVE = "browser"

_Events: TypeAlias = tuple[WireEvent, ...]


@attrs.frozen
class Introduction:
    """What a stream has said by the time we know who it is."""

    provider: Provider
    wire: Wire
    opened: Opened
    early: _Events


async def connect(request: web.Request) -> web.StreamResponse:
    """Let a stream in, and keep it until it ends."""
    response, link = await upgrade(request)
    try:
        arrival = await _let_in(request, link)
        if arrival is not None:
            await request.app[CALLS].attach(request.match_info["session_id"], arrival)
    except Refused as refusal:
        logger.info("turned a stream away: %s", refusal.code)
        code = 1013 if isinstance(refusal, OverCapacity) else 1008
        await link.close(code, refusal.code)
    except TimeoutError:
        logger.warning("turned a stream away: its session is too busy to take it")
        await link.close(1013, OverCapacity.code)
    finally:
        await link.close(1000, "")
    return response


async def _let_in(request: web.Request, link: WebSocketLink) -> Arrival | None:
    """Return what is known of a stream that belongs to the session; None if it went away."""
    session = await _session(request)
    query, headers = request.query, request.headers
    offer = StreamOffer(session.id, query, headers)
    token = token_of(query, headers, request.match_info.get("token"))
    if token is not None:
        await _check(request, token)
    providers = request.app[PROVIDERS]
    try:
        async with asyncio.timeout(INTRODUCTION):
            said = await _introduce(link, offer, providers, is_trusted=token is not None)
    except TimeoutError:
        raise NotAuthenticated(
            "the stream did not say who it is in time", code="invalid_token"
        ) from None
    if said is None:
        return None
    parameters = said.opened.parameters
    if token is None:
        await _admit(request, session, said, parameters.get("token"))
    if parameters.get("session_id", session.id) != session.id:
        raise NotAuthenticated("the stream belongs to another session", code="invalid_token")
    is_native = said.provider.name == NATIVE
    return Arrival(
        provider=said.provider.name,
        link=link,
        wire=said.wire,
        participant=parameters.get("participant") or query.get("participant"),
        call_id=said.opened.call_id,
        names_speakers=is_native,
        early=said.early,
    )


async def _session(request: web.Request) -> Session:
    session = await request.app[STORE].sessions.get(request.match_info["session_id"])
    if session is None:
        raise NotFound("there is no such session", code="session_not_found")
    if session.status is Status.ENDED:
        raise IllegalMove("the session has ended", code="session_ended")
    return session


async def _introduce(
    link: WebSocketLink, offer: StreamOffer, providers: Mapping[str, Provider], *, is_trusted: bool
) -> Introduction | None:
    """Read until the stream has said who it is; None if it goes away before."""
    if is_trusted and not await link.speaks_within(COURTESY):
        native = providers[NATIVE]
        return Introduction(native, native.wire(offer), Opened(parameters=offer.query), ())
    first = await link.receive()
    if first is None:
        return None
    provider = dialect_of(first, list(providers.values())) or providers[NATIVE]
    wire = provider.wire(offer)
    early: list[WireEvent] = []
    frame: Frame | None = first
    while frame is not None and len(early) < MOST_EARLY:
        early += wire.receive(frame, asyncio.get_running_loop().time())
        opened = next((event for event in early if isinstance(event, Opened)), None)
        if opened is not None:
            return Introduction(provider, wire, opened, tuple(early))
        if provider.name == NATIVE and is_trusted:
            return Introduction(provider, wire, Opened(parameters=offer.query), tuple(early))
        frame = await link.receive()
    if frame is not None:
        raise InvalidRequest("the stream does not say who it is")
    return None


async def _admit(
    request: web.Request, session: Session, said: Introduction, token: str | None
) -> None:
    """Check the token that came with the first frame, or the reason why there is none."""
    if token is not None:
        await _check(request, token)
        return
    settings = request.app[SETTINGS]
    providers = frozenset({"telnyx"}) if settings.tokenless_telnyx else frozenset[str]()
    policy = TokenlessPolicy(providers, settings.token_lifetime)
    now = request.app[CLOCK]()
    admit_without_token(session, said.provider.name, said.opened.call_id, now, policy)
    logger.warning("let a %s stream in without a token", said.provider.name)


async def _check(request: web.Request, token: str) -> None:
    session_id = request.match_info["session_id"]
    tokens, now = request.app[STORE].tokens, request.app[CLOCK]()
    await tokens.check(token, session_id, now)
    await tokens.remember(token, session_id, now)


_UPGRADED: Final = {101: Answer("A WebSocket; its protocol is in `/asyncapi.json`.", media=())}
QUERY: Final = (
    Parameter("token", {"type": "string"}, "The session's `stream.token`."),
    Parameter("participant", {"type": "string"}, "The key or the name of who is on the stream."),
    Parameter("speaker", {"type": "string"}, "Who speaks in binary frames."),
    Parameter(
        "encoding",
        {"enum": ["mulaw", "alaw", "pcm_16", "pcm_s16le", "pcm_8"], "default": "mulaw"},
        "How binary frames, and what is played, are encoded.",
    ),
    Parameter(
        "sample_rate",
        {"enum": [8000, 16000, 24000, 48000], "default": 8000},
        "The rate of binary frames, and of what is played, in Hz.",
    ),
    Parameter("channels", {"enum": [1, 2], "default": 1}, "How many binary frames have."),
)

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v1/sessions/{session_id}/connect",
        connect,
        "Connect a stream to a session",
        _UPGRADED,
        query=QUERY,
        codes=("invalid_request",),
        admits=("stream_token",),
    ),
    Endpoint(
        "GET",
        "/v1/sessions/{session_id}/connect/{token}",
        connect,
        "Connect a stream to a session, with the token in the path",
        _UPGRADED,
        query=QUERY,
        codes=("invalid_request",),
        admits=("stream_token",),
    ),
)
