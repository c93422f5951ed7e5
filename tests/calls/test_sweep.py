from __future__ import annotations

import asyncio

import attrs

from kallglot.config import Settings
from kallglot.model.recording import Recording
from kallglot.model.session import Mode, Session, Status
from kallglot.server import running
from kallglot.store import Store
from tests.fakes.clock import START
from tests.fakes.speech import FakeSpeech


async def test_a_server_that_starts_deletes_what_is_due(tmp_path):
    store = await Store.open(tmp_path)
    organization = await store.organizations.add("Example", START)
    session = Session("sess_1", organization.id, Mode.BIDIRECTIONAL, (), START)
    await store.sessions.add(attrs.evolve(session, status=Status.ENDED, ended_at=START))
    path = "recordings/sess_1/mixed.wav"
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes(b"RIFF")
    await store.recordings.put(
        Recording("rec_1", "sess_1", "mixed", "ready", path, 8000, START, expires_at=START + 1)
    )
    await store.close()
    settings = Settings.default(data=str(tmp_path), bind="127.0.0.1:0")
    async with running(settings, FakeSpeech()) as server, asyncio.timeout(10):
        while await server.store.recordings.get("rec_1") is not None:
            await asyncio.sleep(0.01)
    assert not (tmp_path / path).exists()
