from __future__ import annotations

import asyncio
import shutil

import attrs
import numpy as np
import pytest

from kallglot.demo import loudspeaker
from kallglot.errors import SettingsError
from kallglot.phones.handset import Handset
from kallglot.phones.native import NativePhone

pytestmark = pytest.mark.real_time


@attrs.frozen
class Line:
    """A telephone that is only looked at."""

    handset: Handset


async def test_both_telephones_are_played_side_by_side(tmp_path):
    phones = {who: Line(Handset(NativePhone("kst_x"))) for who in ("customer", "agent")}
    now = asyncio.get_running_loop().time()
    phones["customer"].handset.say(b"\x00\x20" * 8000)
    for count in range(50):
        for phone in phones.values():
            phone.handset.tick(now - 0.5 + count * 0.02)
    out = tmp_path / "out.raw"
    player = ("sh", "-c", f"exec cat > {out}")
    async with loudspeaker.playing(player, phones):
        await asyncio.sleep(0.35)
    sound = np.frombuffer(out.read_bytes(), np.int16).reshape(-1, 2)
    assert len(sound) >= 3 * 800
    assert np.all(sound[:800, 0] == 0x2000)
    assert not sound[:, 1].any()


async def test_a_player_that_dies_does_not_matter():
    async with loudspeaker.playing(("true",), {}):
        await asyncio.sleep(0.25)


def test_where_there_is_no_player_that_is_said(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SettingsError, match="aplay"):
        loudspeaker.find_player()
