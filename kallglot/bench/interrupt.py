"""How soon a translation falls silent when its listener begins to speak.

Voice activity needs to hear a little of a voice before it knows it for one.  When it can know is
found by asking the same network about the same sound; what passes from the arrival of the frame
that settles it until the order to clear has reached the far end is the server's.
"""

from __future__ import annotations

import asyncio
from binascii import a2b_base64
from collections.abc import Sequence

from kallglot.audio import g711
from kallglot.bench.load import HangUp, HungUp, Log, Recall
from kallglot.bench.rig import Rig, Shape, rig
from kallglot.bench.stamps import BLOCK, block_of
from kallglot.speech.engines import VoiceActivity
from kallglot.speech.silero import SileroVoiceActivity
from kallglot.turns import SpeechStarted, Turns

__all__ = ["delays", "interrupt", "settled"]

#: Microseconds after which an order to clear is about something else: what was queued meanwhile is
#: cleared when the speaker goes on, after 0.6 s.
LATEST = 500_000

_FRAME = 512


async def interrupt(tape: str, calls: int) -> list[float]:
    """Have people interrupt translations, and return how many seconds each took."""
    shape = Shape(is_recorded=False, is_translated=True)
    async with rig(shape, tape, engines="talkative", interruption="immediate") as bench:
        await bench.call(await bench.open(calls))
        blocks = len(a2b_base64(tape)) // BLOCK
        await asyncio.sleep(1.6 * blocks * 0.02)  # the second to speak has interrupted the first
        logs = await bench.load.ask(Recall(), list[Log])
        await _end(bench)
    mulaw, ear = a2b_base64(tape), SileroVoiceActivity.load()
    return [
        delay
        for stream, log in enumerate(logs)
        for delay in delays(settled(mulaw, log, ear, stream), log.cleared)
    ]


async def _end(bench: Rig) -> None:
    await bench.load.ask(HangUp(), HungUp)


def settled(mulaw: bytes, log: Log, ear: VoiceActivity, stream: int) -> list[int]:
    """Return when each frame was said with which voice activity can know that somebody speaks."""
    blocks = len(mulaw) // BLOCK
    at = [(log.plan.begins + number) % blocks * BLOCK for number in range(len(log.said))]
    sound = b"".join(
        block_of(mulaw[start : start + BLOCK], said)
        for start, said in zip(at, log.said, strict=True)
    )
    pcm = g711.decode_mulaw(sound)
    turns = Turns()
    found: list[int] = []
    for start in range(0, len(pcm) - _FRAME + 1, _FRAME):
        (probability,) = ear.step([(stream, pcm[start : start + _FRAME])])
        if any(isinstance(event, SpeechStarted) for event in turns.judge(probability)):
            found.append(log.said[(start + _FRAME - 1) // (2 * BLOCK)])
    return found


def delays(settled: Sequence[int], cleared: Sequence[int]) -> list[float]:
    """Return the seconds from when it could be known that somebody speaks to each clear."""
    found: list[float] = []
    for clear in cleared:
        causes = [at for at in settled if at <= clear < at + LATEST]
        if causes:
            found.append((clear - max(causes)) * 1e-6)
    return found
