"""`/v1/recordings` and the recordings of a session."""

from __future__ import annotations

import logging
from typing import Final

import attrs
from aiohttp import web
from yarl import URL

from kallglot import disposal
from kallglot.api import objects, query, shapes
from kallglot.api.answers import json_answer
from kallglot.api.auditing import noted
from kallglot.api.context import API_KEY, CLOCK, REQUEST_ID, SETTINGS, STORE
from kallglot.api.encodings import ENCODINGS
from kallglot.api.endpoint import PAGE, Answer, Endpoint, Parameter
from kallglot.api.sessions import find_session
from kallglot.api.sound import MEDIA_TYPES, RATES_HZ, Track, Wanted, send_sound, wanted
from kallglot.errors import IllegalMove, NotAuthenticated, NotFound
from kallglot.export.manifest import safe_name
from kallglot.model.recording import Recording
from kallglot.model.session import Session, Status
from kallglot.store.keys import ApiKey

__all__ = ["ENDPOINTS"]

logger = logging.getLogger(__name__)

#: How long a link to a file is good.
LINK_LIFETIME = 3600
RETRY_AFTER = 5

_PURPOSE = "recording-link"


@attrs.frozen
class _Found:
    recording: Recording
    session: Session


async def list_recordings(request: web.Request) -> web.Response:
    key = request[API_KEY]
    page = query.page(request, "rec")
    session = await find_session(request, key)
    recordings, now = request.app[STORE].recordings, request.app[CLOCK]()
    found = await recordings.page(session.id, request.query.get("channel"), page)
    listed: shapes.RecordingList = {
        "object": "list",
        "session_id": session.id,
        "data": [
            objects.recording_object(recording)
            for recording in found.items
            if not recording.has_expired(now)
        ],
        "has_more": found.has_more,
        "url": f"/v1/sessions/{session.id}/recordings",
    }
    return json_answer(listed)


async def retrieve(request: web.Request) -> web.Response:
    found = await _find(request, request[API_KEY])
    return json_answer(objects.recording_object(found.recording))


async def audio(request: web.Request) -> web.StreamResponse:
    found = await _find(request, request[API_KEY])
    return await _send(request, found, wanted(request))


async def download(request: web.Request) -> web.StreamResponse:
    """Redirect to a link that is good for an hour and needs no key."""
    found = await _find(request, request[API_KEY])
    asked = wanted(request)
    if found.recording.status == "processing":
        return _processing(found.recording)
    expires = str(int(request.app[CLOCK]()) + LINK_LIFETIME)
    signature = request.app[STORE].secret.sign(
        _PURPOSE, found.recording.id, *asked.query.values(), expires
    )
    path = f"{request.app[SETTINGS].public_url}/v1/recordings/{found.recording.id}/file"
    said = {name: value for name, value in asked.query.items() if value}
    target = URL(path).with_query({**said, "expires": expires, "signature": signature})
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
    found = await _find(request, request[API_KEY])
    is_being_made = found.session.status is not Status.ENDED
    if found.recording.status == "processing" and is_being_made:
        raise IllegalMove("the recording is still being made", retry_after=RETRY_AFTER)
    store, data = request.app[STORE], request.app[SETTINGS].data
    audited = noted(request, "recording.deleted", found.recording.id)
    await disposal.delete_recordings(store, data, [found.recording], request.app[CLOCK](), audited)
    request.app[ENCODINGS].forget()
    logger.info("%s deleted %s", request[REQUEST_ID], found.recording.id)
    deleted = shapes.Deleted(id=found.recording.id, object="recording", deleted=True)
    return json_answer(deleted)


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
    if recording is None or recording.has_expired(request.app[CLOCK]()):
        raise NotFound("this recording has been deleted", code="recording_deleted")
    return _Found(recording, session)


async def _send(request: web.Request, found: _Found, asked: Wanted) -> web.StreamResponse:
    sources = await _sources(request, found, asked.channel)
    for recording in sources:
        if recording.status == "processing":
            return _processing(recording)
        if recording.status != "ready":
            raise IllegalMove("there is no sound: recording failed", code="recording_failed")
    data = request.app[SETTINGS].data
    tracks = [Track(data / recording.path, recording.rate_hz) for recording in sources]
    channel = safe_name(asked.channel or found.recording.channel)
    return await send_sound(request, tracks, asked, f"recording-{found.session.id}-{channel}")


async def _sources(request: web.Request, found: _Found, channel: str | None) -> list[Recording]:
    """Return the tracks to be sent: this one, another of its session, or two for stereo."""
    if channel is None or channel == found.recording.channel:
        return [found.recording]
    siblings = await request.app[STORE].recordings.of_session(found.session.id)
    now = request.app[CLOCK]()
    by_channel = {each.channel: each for each in siblings if not each.has_expired(now)}
    names = ("customer", "agent") if channel == "dual" else (channel,)
    if not by_channel.keys() >= set(names):
        raise NotFound(
            "this session has no such channel", code="recording_not_found", param="channel"
        )
    return [by_channel[name] for name in names]


def _processing(recording: Recording) -> web.Response:
    body: shapes.Processing = {**objects.recording_object(recording), "retry_after": RETRY_AFTER}
    response = json_answer(body, status=202)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


_SOUND: Final = tuple(MEDIA_TYPES.values())
_SOUND_ANSWERS: Final = {
    200: Answer("The sound.", media=_SOUND),
    202: Answer("It is still being made.", shapes.Processing),
    206: Answer("The part asked for with `Range`.", media=_SOUND),
    304: Answer("It is what `If-None-Match` names.", media=()),
}
_CONDITIONS: Final = (
    Parameter("Range", {"type": "string"}, "Which bytes, such as `bytes=0-1023` or `bytes=-500`."),
    Parameter("If-Range", {"type": "string"}, "All of it if this is no longer its `ETag`."),
    Parameter("If-None-Match", {"type": "string"}, "Nothing if this is still its `ETag`."),
)
_SOUND_CODES: Final = (
    "recording_deleted",
    "recording_failed",
    "recording_not_found",
    "range_not_satisfiable",
)
_WANTED: Final = (
    Parameter(
        "format",
        {"type": "string", "enum": list(objects.FORMATS), "default": objects.FORMATS[0]},
        "What to encode it as.",
    ),
    Parameter("sample_rate", {"type": "integer", "enum": list(RATES_HZ)}, "In Hz."),
    Parameter(
        "channel",
        {"type": "string"},
        "Another track of the session, or `dual`: the customer left, the agent right.",
    ),
)

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v1/sessions/{id}/recordings",
        list_recordings,
        "List the recordings of a session",
        {200: Answer("A page of them.", shapes.RecordingList)},
        scope="recordings:read",
        query=(Parameter("channel", {"type": "string"}, "Only this track."), *PAGE),
        codes=("session_not_found",),
    ),
    Endpoint(
        "GET",
        "/v1/recordings/{id}",
        retrieve,
        "Retrieve a recording",
        {200: Answer("The recording.", shapes.Recording)},
        scope="recordings:read",
        codes=("recording_deleted", "recording_not_found"),
    ),
    Endpoint(
        "GET",
        "/v1/recordings/{id}/audio",
        audio,
        "Listen to a recording",
        _SOUND_ANSWERS,
        scope="recordings:read",
        query=_WANTED,
        headers=_CONDITIONS,
        codes=_SOUND_CODES,
    ),
    Endpoint(
        "GET",
        "/v1/recordings/{id}/download",
        download,
        "Get a link to a recording that needs no key",
        {
            202: Answer("It is still being made.", shapes.Processing),
            302: Answer("The link; it is good for an hour.", media=()),
        },
        scope="recordings:read",
        query=_WANTED,
        codes=("recording_deleted", "recording_not_found"),
    ),
    Endpoint(
        "GET",
        "/v1/recordings/{id}/file",
        file,
        "Follow a link to a recording",
        _SOUND_ANSWERS,
        query=(
            *_WANTED,
            Parameter("expires", {"type": "integer"}, "As in the link."),
            Parameter("signature", {"type": "string"}, "As in the link."),
        ),
        headers=_CONDITIONS,
        codes=(*_SOUND_CODES, "invalid_token", "expired_token"),
        admits=("signature",),
    ),
    Endpoint(
        "DELETE",
        "/v1/recordings/{id}",
        delete,
        "Delete a recording, the sound with it",
        {200: Answer("It is deleted.", shapes.Deleted)},
        scope="recordings:delete",
        codes=("illegal_state", "recording_deleted", "recording_not_found"),
    ),
)
