"""Sending recorded sound: as it lies on the disk, or encoded, which happens in a thread."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import attrs
from aiohttp import web

from kallglot.api import query
from kallglot.api.objects import FORMATS
from kallglot.audio import files
from kallglot.errors import InvalidRequest, NotFound

__all__ = ["Wanted", "send_sound", "wanted"]

logger = logging.getLogger(__name__)

CHUNK = 1 << 16

RATES_HZ = (8000, 16000, 22050, 24000, 44100, 48000)

_MEDIA_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "ogg": "audio/ogg", "flac": "audio/flac"}


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
    request: web.Request,
    paths: Sequence[Path],
    asked: Wanted,
    name: str,
    plain_rate: int | None,
) -> web.StreamResponse:
    """Send tracks as they are asked for.

    A part may be asked for.  `plain_rate` is the rate of the file if there is but one, which then
    may be sent as it is.

    Raises:
        NotFound: the sound is not on the disk.
    """
    headers = {
        "Content-Type": _MEDIA_TYPES[asked.format],
        "Content-Disposition": f'attachment; filename="{name}.{asked.format}"',
    }
    if asked.format == "wav" and plain_rate is not None and asked.rate_hz in {None, plain_rate}:
        return web.FileResponse(paths[0], headers=headers)
    try:
        sound = await asyncio.to_thread(_encode, paths, asked)
    except FileNotFoundError:
        raise NotFound("the sound is not there any more", code="recording_not_found") from None
    with sound:
        return await _send_part(request, sound, headers)


def _encode(paths: Sequence[Path], asked: Wanted) -> BinaryIO:
    """Return the encoded sound in a file without a name."""
    sound = tempfile.TemporaryFile(dir=paths[0].parent)  # noqa: SIM115 - the caller closes it
    try:
        sound.writelines(files.encode(paths, asked.format, asked.rate_hz))
    except BaseException:
        sound.close()
        raise
    return sound


async def _send_part(
    request: web.Request, sound: BinaryIO, headers: dict[str, str]
) -> web.StreamResponse:
    size = sound.seek(0, os.SEEK_END)
    part = _part(request, size)
    response = web.StreamResponse(headers={**headers, "Accept-Ranges": "bytes"})
    if len(part) < size:
        response.set_status(206)
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    response.content_length = len(part)
    await response.prepare(request)
    try:
        sound.seek(part.start)
        for at in range(0, len(part), CHUNK):
            length = min(CHUNK, len(part) - at)
            await response.write(await asyncio.to_thread(sound.read, length))
        await response.write_eof()
    except ConnectionError:
        logger.info("the listener of %s left", request.path)
    return response


def _part(request: web.Request, size: int) -> range:
    """Return which bytes are asked for; all of them when we cannot tell a range's version."""
    whole = range(size)
    if "Range" not in request.headers or "If-Range" in request.headers:
        return whole
    try:
        part = whole[request.http_range]
    except ValueError:
        return whole
    if not part:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return part
