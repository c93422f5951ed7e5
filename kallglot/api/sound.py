"""Sending recorded sound: as it lies on the disk, or encoded, which happens in a thread."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

import attrs
from aiohttp import web

from kallglot.api import conditional, query
from kallglot.api.encodings import ENCODINGS
from kallglot.api.objects import FORMATS
from kallglot.audio import files
from kallglot.errors import InvalidRequest, NotFound

__all__ = ["MEDIA_TYPES", "RATES_HZ", "Track", "Wanted", "send_sound", "wanted"]

logger = logging.getLogger(__name__)

CHUNK = 1 << 16

RATES_HZ = (8000, 16000, 22050, 24000, 44100, 48000)

MEDIA_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "ogg": "audio/ogg", "flac": "audio/flac"}


@attrs.frozen
class Track:
    """A recorded track on the disk."""

    path: Path
    rate_hz: int


@attrs.frozen
class Wanted:
    """What sound is asked for as."""

    format: str
    rate_hz: int | None = None
    channel: str | None = None

    @property
    def query(self) -> dict[str, str]:
        """The query that asks for it."""
        return {
            "format": self.format,
            "sample_rate": "" if self.rate_hz is None else str(self.rate_hz),
            "channel": self.channel or "",
        }


def wanted(request: web.Request) -> Wanted:
    """Return what the query asks for.

    Raises:
        InvalidRequest: there is no such format or rate.
    """
    container = query.choice(request, "format", FORMATS) or FORMATS[0]
    rate = request.query.get("sample_rate") or None
    if rate is not None and rate not in map(str, RATES_HZ):
        says = ", ".join(map(str, RATES_HZ))
        raise InvalidRequest(
            f"sample_rate is one of {says}", code="invalid_field_value", param="sample_rate"
        )
    channel = request.query.get("channel") or None
    return Wanted(container, None if rate is None else int(rate), channel)


async def send_sound(
    request: web.Request, tracks: Sequence[Track], asked: Wanted, name: str
) -> web.StreamResponse:
    """Send tracks as they are asked for, or the part of them that is asked for.

    Raises:
        NotFound: the sound is not on the disk.
    """
    headers = {
        "Content-Type": MEDIA_TYPES[asked.format],
        "Content-Disposition": f'attachment; filename="{name}.{asked.format}"',
        "Cache-Control": conditional.CACHING,
    }
    try:
        headers["ETag"] = tag = await asyncio.to_thread(_tag, tracks, asked)
        if conditional.is_known(request, tag):
            return web.Response(status=304, headers=headers)
        if (
            len(tracks) == 1
            and asked.format == "wav"
            and asked.rate_hz in {None, tracks[0].rate_hz}
        ):
            with await asyncio.to_thread(tracks[0].path.open, "rb") as stored:
                return await _send(request, stored, headers)
        encode = partial(_encode, [track.path for track in tracks], asked)
        async with request.app[ENCODINGS].borrowed(tag, encode) as encoded:
            return await _send(request, encoded, headers)
    except FileNotFoundError:
        raise NotFound("the sound is not there any more", code="recording_not_found") from None


def _tag(tracks: Sequence[Track], asked: Wanted) -> str:
    """Return the tag of a sound, which is the same as long as its files are."""
    versions = [path.stat() for path in (track.path for track in tracks)]
    made_of = [f"{each.st_ino} {each.st_size} {each.st_mtime_ns}".encode() for each in versions]
    return conditional.entity_tag(f"{asked.format} {asked.rate_hz}".encode(), *made_of)


def _encode(paths: Sequence[Path], asked: Wanted) -> BinaryIO:
    """Return the encoded sound in a file without a name."""
    sound = tempfile.TemporaryFile(dir=paths[0].parent)  # noqa: SIM115 - the caller closes it
    try:
        sound.writelines(files.encode(paths, asked.format, asked.rate_hz))
        sound.flush()
    except BaseException:
        sound.close()
        raise
    return sound


async def _send(
    request: web.Request, sound: BinaryIO, headers: dict[str, str]
) -> web.StreamResponse:
    size = os.fstat(sound.fileno()).st_size
    asked = conditional.part_of(request, size, headers["ETag"])
    part = range(size) if asked is None else asked
    response = web.StreamResponse(headers={**headers, "Accept-Ranges": "bytes"})
    if asked is not None:
        response.set_status(206)
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    response.content_length = len(part)
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    try:
        for at in range(part.start, part.stop, CHUNK):
            length = min(CHUNK, part.stop - at)
            await response.write(await asyncio.to_thread(os.pread, sound.fileno(), length, at))
        await response.write_eof()
    except ConnectionError:
        logger.info("the listener of %s left", request.path)
    return response
