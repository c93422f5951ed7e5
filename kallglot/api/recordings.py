"""`/v1/recordings` and the recordings of a session."""

from __future__ import annotations

import asyncio
from pathlib import Path

import attrs
from aiohttp import web
from yarl import URL

from kallglot.api import objects, query
from kallglot.api.answers import json_answer
from kallglot.api.auth import allow
from kallglot.api.context import CLOCK, SETTINGS, STORE
from kallglot.api.sessions import find_session
from kallglot.api.sound import Wanted, send_sound, wanted
from kallglot.errors import IllegalMove, NotAuthenticated, NotFound
from kallglot.model.recording import Recording
from kallglot.model.session import Session
from kallglot.store.keys import ApiKey

__all__ = ["open_routes", "routes"]

#: How long a link to a file is good.
LINK_LIFETIME = 3600
RETRY_AFTER = 5

_PURPOSE = "recording-link"


def routes() -> list[web.RouteDef]:
    return [
        web.get("/v1/sessions/{id}/recordings", list_recordings),
        web.get("/v1/recordings/{id}", retrieve),
        web.get("/v1/recordings/{id}/audio", audio),
        web.get("/v1/recordings/{id}/download", download),
        web.delete("/v1/recordings/{id}", delete),
    ]


def open_routes() -> list[web.RouteDef]:
    """Return the routes that need no key, because the URL is signed."""
    return [web.get("/v1/recordings/{id}/file", file)]


@attrs.frozen
class _Found:
    recording: Recording
    session: Session


async def list_recordings(request: web.Request) -> web.Response:
    key = allow(request, "recordings:read")
    page = query.page(request)
    session = await find_session(request, key)
    recordings = request.app[STORE].recordings
    found = await recordings.page(session.id, request.query.get("channel"), page)
    return json_answer(
        {
            "object": "list",
            "session_id": session.id,
            "data": [objects.recording_object(recording) for recording in found.items],
            "has_more": found.has_more,
            "url": f"/v1/sessions/{session.id}/recordings",
        }
    )


async def retrieve(request: web.Request) -> web.Response:
    found = await _find(request, allow(request, "recordings:read"))
    return json_answer(objects.recording_object(found.recording))


async def audio(request: web.Request) -> web.StreamResponse:
    found = await _find(request, allow(request, "recordings:read"))
    return await _send(request, found, wanted(request))


async def download(request: web.Request) -> web.StreamResponse:
    """Redirect to a link that is good for an hour and needs no key."""
    found = await _find(request, allow(request, "recordings:read"))
    asked = wanted(request)
    if found.recording.status == "processing":
        return _processing(found.recording)
    expires = str(int(request.app[CLOCK]()) + LINK_LIFETIME)
    signature = request.app[STORE].secret.sign(
        _PURPOSE, found.recording.id, *asked.query.values(), expires
    )
    path = f"{request.app[SETTINGS].public_url}/v1/recordings/{found.recording.id}/file"
    target = URL(path).with_query({**asked.query, "expires": expires, "signature": signature})
    return web.Response(status=302, headers={"Location": str(target)})


async def file(request: web.Request) -> web.StreamResponse:
    """Answer a link made by `download`."""
    asked = wanted(request)
    expires = query.whole(request, "expires", 0, 10**12) or 0
    is_ours = request.app[STORE].secret.is_signed(
        request.query.get("signature", ""),
        _PURPOSE,
        request.match_info["id"],
        *asked.query.values(),
        str(expires),
    )
    if not is_ours:
        raise NotAuthenticated("this link was not made here", code="invalid_token")
    if request.app[CLOCK]() >= expires:
        raise NotAuthenticated("this link has expired", code="expired_token")
    return await _send(request, await _find(request, None), asked)


async def delete(request: web.Request) -> web.Response:
    found = await _find(request, allow(request, "recordings:delete"))
    if found.recording.status == "processing":
        raise IllegalMove("the recording is still being made", retry_after=RETRY_AFTER)
    await asyncio.to_thread(_path(request, found.recording).unlink, missing_ok=True)
    await request.app[STORE].recordings.mark_deleted(found.recording.id, request.app[CLOCK]())
    return json_answer({"id": found.recording.id, "object": "recording", "deleted": True})


async def _find(request: web.Request, key: ApiKey | None) -> _Found:
    """Return the recording that the URL names; without a key, whoever owns it.

    Raises:
        NotFound: there is none, it belongs to another organization, or it is there no longer.
    """
    store = request.app[STORE]
    recording_id = request.match_info["id"]
    recording = await store.recordings.get(recording_id)
    known = recording or await store.recordings.deleted(recording_id)
    session = None if known is None else await store.sessions.get(known.session_id)
    if session is None or (key is not None and not key.sees(session)):
        raise NotFound("no such recording", code="recording_not_found")
    if recording is None or _has_expired(recording, request.app[CLOCK]()):
        raise NotFound("this recording has been deleted", code="recording_deleted")
    return _Found(recording, session)


def _has_expired(recording: Recording, now: float) -> bool:
    return recording.expires_at is not None and recording.expires_at <= now


async def _send(request: web.Request, found: _Found, asked: Wanted) -> web.StreamResponse:
    sources = await _sources(request, found, asked.channel)
    for recording in sources:
        if recording.status == "processing":
            return _processing(recording)
        if recording.status != "ready":
            raise IllegalMove("there is no sound: recording failed", code="recording_failed")
    paths = [_path(request, recording) for recording in sources]
    plain_rate = sources[0].rate_hz if len(sources) == 1 else None
    name = f"recording-{found.session.id}"
    return await send_sound(request, paths, asked, name, plain_rate)


async def _sources(request: web.Request, found: _Found, channel: str | None) -> list[Recording]:
    """Return the tracks to be sent: this one, another of its session, or two for stereo."""
    if channel is None or channel == found.recording.channel:
        return [found.recording]
    siblings = await request.app[STORE].recordings.of_session(found.session.id)
    by_channel = {recording.channel: recording for recording in siblings}
    names = ("customer", "agent") if channel == "dual" else (channel,)
    if not by_channel.keys() >= set(names):
        raise NotFound(
            "this session has no such channel", code="recording_not_found", param="channel"
        )
    return [by_channel[name] for name in names]


def _processing(recording: Recording) -> web.Response:
    body = {**objects.recording_object(recording), "retry_after": RETRY_AFTER}
    response = json_answer(body, status=202)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _path(request: web.Request, recording: Recording) -> Path:
    return request.app[SETTINGS].data / recording.path
