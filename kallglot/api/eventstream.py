"""`/v1/events` and `/v1/sessions/{id}/events`: what webhooks are told, for those without a URL.

Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html): each has the
event's id, so whoever was cut off says with `Last-Event-ID` where to go on, and misses nothing
that is still kept.  A reader that is slow is waited for; it holds a hundred events of ours at most.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import attrs
from aiohttp import web

from kallglot.api.context import API_KEY, CLOCK, STORE
from kallglot.api.endpoint import Answer, Endpoint, Parameter
from kallglot.api.sessions import find_session
from kallglot.errors import InvalidRequest, RateLimited
from kallglot.ids import is_id, new_id
from kallglot.model.session import Status
from kallglot.store.events import Audience, StoredEvent
from kallglot.store.store import Store
from kallglot.webhooks.events import NAMES

__all__ = ["ENDPOINTS", "prepare", "say_goodbye"]

#: Seconds of silence after which a comment shows that the connection still stands.
HEARTBEAT = 15.0
#: Milliseconds that a reader is to wait before it connects again.
RETRY = 2000
#: How many streams of events a key may read at a time.
MOST_STREAMS = 20

MEDIA_TYPE: Final = "text/event-stream"

_READING: web.AppKey[Counter[str]] = web.AppKey("reading")
_STREAMS: web.AppKey[set[asyncio.Task[None]]] = web.AppKey("streams")


async def stream_events(request: web.Request) -> web.StreamResponse:
    key = request[API_KEY]
    audience = Audience(key.organization_id, key.environment)
    return await _stream(request, audience, from_start=False)


async def stream_session_events(request: web.Request) -> web.StreamResponse:
    key = request[API_KEY]
    session = await find_session(request, key)
    audience = Audience(key.organization_id, key.environment, session.id)
    return await _stream(request, audience, from_start=True)


def prepare(app: web.Application) -> None:
    """Make room for what the streams have in common."""
    app[_READING] = Counter()
    app[_STREAMS] = set()


async def say_goodbye(app: web.Application) -> None:
    """End the streams, which would go on for ever; their readers come back to the next server."""
    for stream in app[_STREAMS]:
        stream.cancel()


async def _stream(
    request: web.Request, audience: Audience, *, from_start: bool
) -> web.StreamResponse:
    types = _types(request)
    store, reading, key = request.app[STORE], request.app[_READING], request[API_KEY].id
    start = await _start(request, store, audience, from_start=from_start)
    if reading[key] >= MOST_STREAMS:
        raise RateLimited(
            f"this key reads {MOST_STREAMS} streams of events already", retry_after=30
        )
    reading[key] += 1
    try:
        response = web.StreamResponse(
            headers={
                "Content-Type": MEDIA_TYPE,
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",  # nginx would hold events back
            }
        )
        await response.prepare(request)
        is_good = partial(_is_good, request)
        reader = _Reader(response, types)
        relay = asyncio.create_task(_relay(store, reader, audience, start, is_good))
        request.app[_STREAMS].add(relay)
        try:
            await asyncio.wait({relay})
        finally:
            relay.cancel()
            request.app[_STREAMS].discard(relay)
        if not relay.cancelled() and not isinstance(relay.exception(), ConnectionError):
            relay.result()
        return response
    finally:
        reading[key] -= 1
        if not reading[key]:
            del reading[key]


@attrs.frozen
class _Start:
    """After which event a stream begins, and its id; empty if it begins with the first."""

    position: int
    id: str


class _Reader:
    """The far end, as events out."""

    def __init__(self, response: web.StreamResponse, types: frozenset[str]) -> None:
        self._response = response
        self._types = types

    async def tell(self, events: list[StoredEvent]) -> None:
        told = b"".join(_written(event) for event in events if event.type in self._types)
        if told:
            await self._response.write(told)

    async def greet(self, start: _Start) -> None:
        """Say when to come back, and after which event even if none has come until then."""
        place = f"id: {start.id}\n".encode() if start.id else b""
        await self._response.write(b"retry: %d\n%b\n" % (RETRY, place))

    async def show_life(self) -> None:
        await self._response.write(b": still here\n\n")


async def _relay(
    store: Store,
    reader: _Reader,
    audience: Audience,
    start: _Start,
    is_good: Callable[[], Awaitable[bool]],
) -> None:
    """Tell what is committed for as long as there may be more, and the key is good."""
    session_id, position = audience.session_id, start.position
    await reader.greet(start)
    while True:
        news = store.events.news()
        is_over = session_id is not None and await _is_over(store, session_id)
        while events := await store.events.after(position, audience=audience):
            if not await is_good():
                return
            position = events[-1].position
            await reader.tell(events)
        if is_over:
            return
        try:
            async with asyncio.timeout(HEARTBEAT):
                await news
        except TimeoutError:
            if not await is_good():
                return
            await reader.show_life()


async def _is_good(request: web.Request) -> bool:
    """Tell whether the key with which a stream was begun would still begin one."""
    return await request.app[STORE].keys.is_good(request[API_KEY].id, request.app[CLOCK]())


async def _is_over(store: Store, session_id: str) -> bool:
    session = await store.sessions.get(session_id)
    return session is None or session.status is Status.ENDED


async def _start(
    request: web.Request, store: Store, audience: Audience, *, from_start: bool
) -> _Start:
    """Return after which event to begin."""
    last = request.headers.get("Last-Event-ID") or request.query.get("after")
    if last is None and from_start:
        return _Start(0, "")
    if last is None:
        fresh = new_id("evt")  # older than whatever happens from now on
        position = await store.events.last()
        return _Start(position, await store.events.last_id(audience, position) or fresh)
    if not is_id(last, "evt"):
        raise InvalidRequest(
            "Last-Event-ID must be the id of an event, evt_…",
            code="invalid_field_value",
            param="Last-Event-ID",
        )
    return _Start(await store.events.position_of(last), last)


def _types(request: web.Request) -> frozenset[str]:
    """Return which events are wanted; all, unless the query says."""
    known = frozenset(NAMES.values())
    text = request.query.get("types")
    if text is None:
        return known
    wanted = frozenset(name.strip() for name in text.split(","))
    if not wanted <= known:
        raise InvalidRequest(
            f"types must be some of {', '.join(sorted(known))}, with commas between",
            code="invalid_field_value",
            param="types",
        )
    return wanted


def _written(event: StoredEvent) -> bytes:
    """Return an event as a reader takes it; its JSON has no line breaks."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (
        event.id.encode(),
        event.type.encode(),
        event.body,
    )


_AFTER = Parameter(
    "after",
    {"type": "string", "pattern": "^evt_[0-9A-HJKMNP-TV-Z]{26}$"},
    "The id of the event to go on after, as the header `Last-Event-ID` says it.",
)
_TYPES = Parameter(
    "types", {"type": "string"}, "Which events, with commas between; all unless given."
)
_EVENTS = Answer("Events, for as long as the connection stands.", media=(MEDIA_TYPE,))

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v1/events",
        stream_events,
        "Hear events as they happen, as Server-Sent Events",
        {200: _EVENTS},
        scope="sessions:read",
        query=(_AFTER, _TYPES),
        codes=("invalid_field_value",),
    ),
    Endpoint(
        "GET",
        "/v1/sessions/{id}/events",
        stream_session_events,
        "Hear the events of a session from its beginning to its end",
        {200: _EVENTS},
        scope="sessions:read",
        query=(_AFTER, _TYPES),
        codes=("invalid_field_value", "session_not_found"),
    ),
)
