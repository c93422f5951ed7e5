"""Nobody says anything for ten minutes, and nothing comes of it: no words, no end, no memory."""

from __future__ import annotations

import asyncio
import tracemalloc

import numpy as np

from kallglot.providers import Heard
from kallglot.speech.engines import VoiceRequest

MINUTE = 60
FRAME = 0.2


def hiss(seconds):
    """Return what a line sounds like on which nobody speaks."""
    samples = np.random.default_rng(7).normal(0, 12, round(seconds * 8000))
    return samples.astype(np.int16).tobytes()


async def wait(call, seconds):
    """Let both lines be silent for so long, one of them with a hiss."""
    quiet, hissing = bytes(round(FRAME * 16000)), hiss(FRAME)
    for _ in range(round(seconds / FRAME)):
        call.customer.sends(Heard(quiet, 8000, None))
        call.agent.sends(Heard(hissing, 8000, None))
        await asyncio.sleep(FRAME)


async def test_ten_minutes_of_silence_on_both_lines_cost_nothing(call):
    await wait(call, MINUTE)
    tracemalloc.start()
    try:
        await wait(call, MINUTE)
        before, _ = tracemalloc.get_traced_memory()
        await wait(call, 8 * MINUTE)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 50_000
    assert call.row.status == "active"
    assert call.row.reconnect_deadline is None
    assert call.said == []
    assert call.speech.openings == []
    assert not [one for one in call.speech.asked if isinstance(one, VoiceRequest)]
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Good day"


async def test_two_lines_on_which_nothing_comes_stay_open_for_ten_minutes(call):
    await asyncio.sleep(10 * MINUTE)
    assert call.row.status == "active"
    await call.agent.says("How are you")
    assert await call.customer.hears() == "Wie geht es Ihnen"


async def test_half_an_hour_without_a_sound_ends_the_call(call):
    await asyncio.sleep(31 * MINUTE)
    assert call.row.status == "ended"
    assert call.row.end_reason == "inactivity"
