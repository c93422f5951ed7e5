"""The process that understands and speaks is killed while somebody is speaking."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kallglot.speech.catalogue import SpeechSettings
from kallglot.speech.child import Command, Patience
from kallglot.speech.client import Hosts, SpeechClient
from tests.calls.conftest import World, world_in

SETTINGS = SpeechSettings()
PATIENCE = Patience(ping=0.1, silence=0.5, restarts=(0.05,))


@pytest.fixture
async def speech() -> AsyncIterator[SpeechClient]:
    ear, mind = (Command(role, SETTINGS, f"tests.fakes.engines:{role}") for role in ("ear", "mind"))
    speech = SpeechClient(Hosts(ear, mind, PATIENCE, PATIENCE))
    await speech.start()
    yield speech
    await speech.stop()


@pytest.fixture
async def world(tmp_path: Path, speech: SpeechClient) -> AsyncIterator[World]:
    async with world_in(tmp_path, speech) as world:
        yield world


def kill_mind() -> None:
    """Kill the process that understands and speaks: no goodbye, no clean-up."""
    killed = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_text().split("\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and words[2:4] == ["kallglot.speech.host", "mind"]:
                os.kill(int(folder.name), signal.SIGKILL)
                killed += 1
    assert killed == 1


async def texts(world: World, session: dict) -> list[str]:
    transcript = await world.get(f"/v1/sessions/{session['id']}/transcript")
    return [turn["text"] for turn in transcript["turns"]]


async def test_who_speaks_while_the_engines_die_is_understood_when_they_are_back(world, speech):
    session = await world.create()
    customer, agent = await world.customer(session), await world.agent(session)
    saying = asyncio.create_task(customer.says("Ich habe gestern angerufen."))
    await asyncio.sleep(0.6)
    kill_mind()
    await saying
    assert await agent.hears("angerufen. gestern habe Ich", within=8)
    await agent.says("How are you")
    assert await customer.hears("you are How", within=8)
    view = await world.get(f"/v1/sessions/{session['id']}")
    assert view["status"] == "active"
    assert [leg["status"] for leg in view["legs"]] == ["connected", "connected"]
    await world.post(f"/v1/sessions/{session['id']}/end")
    assert await texts(world, session) == ["Ich habe gestern angerufen.", "How are you"]
