"""`/v1/sessions/{id}/export`: everything that is kept of a session, as one archive.

It is made while it is sent: what is in memory is a piece of one file.  Sound that is to be encoded
takes the disk of one track meanwhile, without a name, as everywhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Final, TypeVar

import attrs
import msgspec
from aiohttp import web

from kallglot import __version__, formats
from kallglot.api import glossaries, objects, query
from kallglot.api.context import API_KEY, CLOCK, SETTINGS, STORE
from kallglot.api.endpoint import Answer, Endpoint, Parameter
from kallglot.api.sessions import find_session
from kallglot.audio import files
from kallglot.errors import IllegalMove, NotAllowed
from kallglot.export.manifest import NAME, Included, Manifest, Member, safe_name
from kallglot.export.zipping import ZipStream
from kallglot.lag.summary import call_lag
from kallglot.model.recording import Recording
from kallglot.model.session import Session, Status
from kallglot.store.events import Audience
from kallglot.store.store import Store

__all__ = ["ENDPOINTS"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

MEDIA_TYPE: Final = "application/zip"
CHUNK: Final = 1 << 18
WAV: Final = "wav"

#: Who packs and encodes: few, so that many archives at once leave the processors to the calls.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="export")

_SUFFIXES = {"text": "txt"}


async def export(request: web.Request) -> web.StreamResponse:
    key = request[API_KEY]
    if "recordings:read" not in key.scopes:
        raise NotAllowed("this API key lacks the scope recordings:read")
    sound = query.choice(request, "audio", objects.FORMATS) or WAV
    session = await find_session(request, key)
    if session.status is not Status.ENDED:
        raise IllegalMove("the session has not ended, and what is kept of it still grows")
    store, data, now = request.app[STORE], request.app[SETTINGS].data, request.app[CLOCK]()
    documents = await _documents(store, session, now)
    response = web.StreamResponse(
        headers={
            "Content-Type": MEDIA_TYPE,
            "Content-Disposition": f'attachment; filename="{safe_name(session.id)}.zip"',
            "Cache-Control": "private, no-store",
        }
    )
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    packing = _Packing(ZipStream(session.ended_at or session.created_at), response)
    try:
        for name, content in documents:
            await packing.add_bytes(name, content)
        await packing.add("events.jsonl", _events(store, session))
        recordings = await _add_recordings(packing, store, data, session, sound, now)
        await packing.finish(
            Manifest(
                session_id=session.id,
                created_at=objects.iso(now),
                created_by=f"Kallglot {__version__}",
                files=tuple(packing.members),
                recordings=tuple(recordings),
            )
        )
        await response.write_eof()
    except ConnectionError:
        logger.info("who exported %s left", session.id)
    finally:
        await _in_thread(packing.archive.close)
    return response


@attrs.define
class _Packing:
    """An archive on its way."""

    archive: ZipStream
    response: web.StreamResponse
    members: list[Member] = attrs.field(factory=list)

    async def add(
        self,
        name: str,
        pieces: AsyncGenerator[bytes, None],
        *,
        size: int = 0,
        is_dense: bool = False,
    ) -> None:
        self.archive.begin(name, size=size, is_dense=is_dense)
        async with aclosing(pieces):
            async for piece in pieces:
                await _in_thread(self.archive.add, piece)
                await self._pass_on()
        self.members.append(self.archive.end())
        await self._pass_on()

    async def add_bytes(self, name: str, content: bytes) -> None:
        async def whole() -> AsyncGenerator[bytes, None]:
            yield content

        await self.add(name, whole())

    async def finish(self, manifest: Manifest) -> None:
        await self.add_bytes(NAME, manifest.encode())
        await _in_thread(self.archive.close)
        await self._pass_on()

    async def _pass_on(self) -> None:
        made = self.archive.take()
        if made:
            await self.response.write(made)


async def _add_recordings(
    packing: _Packing, store: Store, data: Path, session: Session, sound: str, now: float
) -> list[Included]:
    """Add the tracks that are there, and return what has become of each there was."""
    kept = await store.recordings.of_session(session.id)
    there = [recording for recording in kept if not recording.has_expired(now)]
    gone = await store.recordings.deleted_of_session(session.id)
    gone += [recording for recording in kept if recording.has_expired(now)]
    return [
        *[
            await _add_track(packing, data, recording, sound, name)
            for recording, name in _named(there, sound)
        ],
        *(Included(recording.id, recording.channel, "deleted", None) for recording in gone),
    ]


async def _documents(store: Store, session: Session, now: float) -> list[tuple[str, bytes]]:
    utterances = await store.transcripts.of_session(session.id)
    legs = await store.legs.of_session(session.id)
    terms = glossaries.session_view(await store.glossaries.of_session(session.id))

    def written() -> list[tuple[str, bytes]]:
        lag = call_lag(utterances)
        about = objects.session_object(session, now, legs=legs, lag=lag)
        transcript = objects.transcript_object(session, utterances, now)
        return [
            ("session.json", _json({**about, **terms})),
            ("lag.json", _json(None if lag is None else objects.lag_object(lag))),
            ("transcript.json", _json(transcript)),
            *(
                (
                    f"transcript.{_SUFFIXES.get(name, name)}",
                    formats.render(utterances, name).encode(),
                )
                for name in formats.MEDIA_TYPES
            ),
        ]

    return await _in_thread(written)


async def _events(store: Store, session: Session) -> AsyncGenerator[bytes, None]:
    """Yield the events of a session, one to a line."""
    audience = Audience(session.organization_id, session.environment, session.id)
    position = 0
    while events := await store.events.after(position, audience=audience):
        position = events[-1].position
        yield b"".join(event.body + b"\n" for event in events)


def _named(recordings: list[Recording], sound: str) -> Iterator[tuple[Recording, str]]:
    """Yield the recordings, each with a name that no other has."""
    taken: set[str] = set()
    for recording in recordings:
        stem = channel = safe_name(recording.channel)
        number = 1
        while stem in taken:
            number += 1
            stem = f"{channel}-{number}"
        taken.add(stem)
        yield recording, f"recordings/{stem}.{sound}"


async def _add_track(
    packing: _Packing, data: Path, recording: Recording, sound: str, name: str
) -> Included:
    """Add a track; one whose file is not there is named and left out."""
    if recording.status != "ready":
        return Included(recording.id, recording.channel, "failed", None)
    path = data / recording.path
    pieces = _read(path) if sound == WAV else files.encode([path], sound)
    try:
        first = await _in_thread(next, pieces, b"")
    except FileNotFoundError:
        return Included(recording.id, recording.channel, "missing", None)
    following = _following(first, pieces)
    await packing.add(name, following, size=recording.size, is_dense=sound != WAV)
    return Included(recording.id, recording.channel, "included", name)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


async def _following(first: bytes, pieces: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
    piece = first
    while piece:
        yield piece
        piece = await _in_thread(next, pieces, b"")


async def _in_thread(work: Callable[..., T], *args: object) -> T:
    """Do it in a thread, and be done when this ends, even if nobody wants it any more."""
    step = asyncio.get_running_loop().run_in_executor(_threads, work, *args)
    try:
        return await asyncio.shield(step)
    except asyncio.CancelledError:
        await asyncio.wait({step})
        raise


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v1/sessions/{id}/export",
        export,
        "Get everything that is kept of a session, as one archive",
        {
            200: Answer(
                "A zip archive: the recordings, the transcript in every format, the events,"
                " what is known of the session, and last a manifest with checksums.",
                media=(MEDIA_TYPE,),
            )
        },
        scope="sessions:read",
        query=(
            Parameter(
                "audio",
                {"type": "string", "enum": list(objects.FORMATS), "default": WAV},
                "What the recordings are encoded as; the key needs `recordings:read` too.",
            ),
        ),
        codes=("illegal_state", "session_not_found", "invalid_field_value"),
    ),
)
