"""What is saved of a call fits together: the archive, its manifest, subtitles and sound."""

from __future__ import annotations

import asyncio
import re

import numpy as np
import pytest

from kallglot.audio.files import load
from kallglot.export import checking

RATE = 8000
START = re.compile(r"(\d\d):(\d\d):(\d\d),(\d{3}) -->")

#: How far a subtitle may be from the voice; people notice a fifth of a second at best.
NEAR = 0.25


def onsets(path) -> list[float]:
    """The seconds at which somebody begins to speak after a pause."""
    frames = load(path, RATE).astype(float)
    frames = frames[: len(frames) // 80 * 80].reshape(-1, 80)
    loud = np.flatnonzero(np.sqrt((frames**2).mean(axis=1)) > 200)
    begins = np.flatnonzero(np.diff(loud, prepend=-100) > 50)
    return [float(loud[index]) / 100 for index in begins]


def shown_at(srt: str) -> list[float]:
    return [
        int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(rest) / 1000
        for hours, minutes, seconds, rest in START.findall(srt)
    ]


async def test_subtitles_are_shown_when_the_recording_has_the_words(world, tmp_path):
    session = await world.create()
    customer, agent = await world.customer(session), await world.agent(session)
    await asyncio.sleep(0.7)
    await customer.says("Guten Tag")
    assert await agent.hears("Good day")
    await agent.says("How are you")
    assert await customer.hears("Wie geht es Ihnen")
    await customer.phone.drop()
    await asyncio.sleep(0.5)
    await customer.phone.connect()
    await customer.says("Auf Wiederhören")
    assert await agent.hears("Goodbye")
    await world.post(f"/v1/sessions/{session['id']}/end")

    async with world.client.get(f"/v1/sessions/{session['id']}/export") as response:
        (tmp_path / "call.zip").write_bytes(await response.read())
    manifest = checking.check_zip(tmp_path / "call.zip")
    assert {each.status for each in manifest.recordings} == {"included"}
    folder = tmp_path / "call"
    checking.unpack(tmp_path / "call.zip", folder)
    shown = shown_at((folder / "transcript.srt").read_text())
    assert len(shown) == 3
    assert onsets(folder / "recordings" / "mixed.wav") == pytest.approx(shown, abs=NEAR)

    async with world.client.get(f"/v1/sessions/{session['id']}/export?audio=mp3") as response:
        (tmp_path / "call.zip").write_bytes(await response.read())
    checking.unpack(tmp_path / "call.zip", folder)
    assert onsets(folder / "recordings" / "mixed.mp3") == pytest.approx(shown, abs=NEAR)
