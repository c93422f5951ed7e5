"""The call on this machine's loudspeaker, while it is held."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from kallglot.audio import pcm
from kallglot.errors import SettingsError
from kallglot.phones.phone import Phone
from kallglot.phones.tape import Span

__all__ = ["find_player", "playing"]

_RATE = 8000
#: Seconds of sound handed over at a time, and how far behind the call that is.
_BLOCK, _BEHIND = 0.1, 0.2

#: Programs that play raw stereo from their standard input.
_PLAYERS = (
    ("pw-play", "--rate=8000", "--channels=2", "--format=s16", "-"),
    ("paplay", "--raw", "--rate=8000", "--channels=2", "--format=s16le"),
    ("aplay", "-q", "-t", "raw", "-f", "S16_LE", "-r", "8000", "-c", "2"),
    ("play", "-q", "-t", "raw", "-e", "signed", "-b", "16", "-r", "8000", "-c", "2", "-"),
    (
        "ffplay",
        "-nodisp",
        "-loglevel",
        "quiet",
        "-f",
        "s16le",
        "-ar",
        "8000",
        "-ac",
        "2",
        "-i",
        "-",
    ),
)


def find_player() -> tuple[str, ...]:
    """Return the command of a player.

    Raises:
        SettingsError: there is none on this machine.
    """
    for player in _PLAYERS:
        if shutil.which(player[0]):
            return player
    names = ", ".join(player[0] for player in _PLAYERS)
    raise SettingsError(
        f"--listen needs one of {names}, and none is installed; without --listen the call is"
        " in call.mp3 afterwards"
    )


@asynccontextmanager
async def playing(player: tuple[str, ...], phones: Mapping[str, Phone]) -> AsyncIterator[None]:
    """Play what is said and heard on each telephone: the customer's left, the agent's right."""
    process = await asyncio.create_subprocess_exec(
        *player, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    task = asyncio.create_task(_feed(process, phones))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _feed(process: asyncio.subprocess.Process, phones: Mapping[str, Phone]) -> None:
    """Hand the call over block by block; where the player has gone, the call goes on."""
    assert process.stdin is not None
    loop = asyncio.get_running_loop()
    at = loop.time()
    with contextlib.suppress(ConnectionError):
        while True:
            block = Span(at - _BEHIND - _BLOCK, at - _BEHIND)
            left, right = (_sound(phones.get(who), block) for who in ("customer", "agent"))
            process.stdin.write(pcm.interleave(left, right))
            await process.stdin.drain()
            at += _BLOCK
            await asyncio.sleep(at - loop.time())


def _sound(phone: Phone | None, block: Span) -> bytes:
    size = 2 * round(_BLOCK * _RATE)
    if phone is None:
        return bytes(size)
    said, heard = phone.handset.said.between(block), phone.handset.heard.between(block)
    return pcm.mix([said, heard, bytes(size)])[:size]
