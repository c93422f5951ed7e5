"""Sending recorded sound: as it lies on the disk, or encoded on the way in a thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
from aiohttp import web

from kallglot.api import query
from kallglot.api.objects import FORMATS
from kallglot.audio import files
from kallglot.errors import InvalidRequest, NotFound

__all__ = ["Wanted", "send_sound", "wanted"]

logger = logging.getLogger(__name__)

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

    `plain_rate` is the rate of the file if there is but one, which then may be sent as it is,
    in part if a part is asked for.

    Raises:
        NotFound: the sound is not on the disk.
    """
    headers = {
        "Content-Type": _MEDIA_TYPES[asked.format],
        "Content-Disposition": f'attachment; filename="{name}.{asked.format}"',
    }
    if asked.format == "wav" and plain_rate is not None and asked.rate_hz in {None, plain_rate}:
        return web.FileResponse(paths[0], headers=headers)
    pieces = _encoded(paths, asked)
    try:
        first = await asyncio.to_thread(next, pieces, b"")
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        await _stream(request, response, first, pieces)
        return response
    except FileNotFoundError:
        raise NotFound("the sound is not there any more", code="recording_not_found") from None


def _encoded(paths: Sequence[Path], asked: Wanted) -> Iterator[bytes]:
    """Yield the encoded sound; nothing is opened before the first piece is asked for."""
    yield from files.encode(paths, asked.format, asked.rate_hz)


async def _stream(
    request: web.Request, response: web.StreamResponse, piece: bytes, pieces: Iterator[bytes]
) -> None:
    try:
        while piece:
            await response.write(piece)
            piece = await asyncio.to_thread(next, pieces, b"")
    except ConnectionError:
        logger.info("the listener of %s left", request.path)
    else:
        await response.write_eof()
