from __future__ import annotations

import json
import zipfile

import attrs
import pytest
from rich.console import Console

from kallglot.commands import exportmany
from kallglot.commands.api import connected
from kallglot.model.recording import Recording
from tests.lag.calls import MONOLOGUE

pytestmark = pytest.mark.real_time


@pytest.fixture
def call(running_server):
    """Hold a call, over the API."""
    server, key = running_server.server, running_server.key

    async def call(*, is_over: bool = True) -> str:
        async with connected(server.url, key) as api:
            session = (await api.create_session({"mode": "bidirectional_translation"}))["id"]
            for utterance in MONOLOGUE:
                said = attrs.evolve(utterance, id=f"{utterance.id}_{session}", session_id=session)
                await server.store.transcripts.put(said)
            if is_over:
                await api.end_session(session, "done")
            return session

    return call


@pytest.fixture
def export(running_server):
    async def export(*words: str):
        server = ("--url", running_server.server.url, "--api-key", running_server.key)
        return await running_server.kallglot("export", "--since", "2020-01-01", *server, *words)

    return export


async def test_many_sessions_are_saved_and_those_that_are_there_are_left(call, export, tmp_path):
    sessions = [await call(), await call()]
    living = await call(is_over=False)
    result = await export("--to", str(tmp_path / "calls"))
    assert result.exit_code == 0, result.stderr
    assert "2 saved, 1 not over yet and left out" in result.stderr
    archives = sorted(path.name for path in (tmp_path / "calls").iterdir())
    assert archives == [f"{session}.zip" for session in sessions]
    assert living not in str(archives)
    with zipfile.ZipFile(tmp_path / "calls" / archives[0]) as archive:
        assert json.loads(archive.read("session.json"))["id"] == sessions[0]
    again = await export("--to", str(tmp_path / "calls"))
    assert "0 saved, 2 there already" in again.stderr


async def test_what_was_cut_short_is_saved_again(call, export, tmp_path):
    session = await call()
    await export("--to", str(tmp_path))
    archive = tmp_path / f"{session}.zip"
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-100])
    (tmp_path / f"{session}.zip.part").write_bytes(b"half")
    result = await export("--to", str(tmp_path))
    assert "1 saved" in result.stderr
    assert zipfile.is_zipfile(archive)
    assert not (tmp_path / f"{session}.zip.part").exists()


async def test_a_session_can_be_a_folder(call, export, tmp_path):
    session = await call()
    result = await export("--to", str(tmp_path / "calls"), "--as", "folder")
    assert "1 saved" in result.stderr
    folder = tmp_path / "calls" / session
    assert [path.name for path in (tmp_path / "calls").iterdir()] == [session]
    assert "Guten Tag" in (folder / "transcript.txt").read_text()
    (folder / "transcript.txt").write_text("something else")
    mended = await export("--to", str(tmp_path / "calls"), "--as", "folder")
    assert "1 saved" in mended.stderr
    assert "Guten Tag" in (folder / "transcript.txt").read_text()


async def test_only_the_sessions_of_a_time_are_saved(call, export, tmp_path):
    await call()
    result = await export("--to", str(tmp_path), "--until", "2020-02-01T00:00:00+01:00")
    assert result.exit_code == 0
    assert "0 saved" in result.stderr


async def test_what_cannot_be_saved_is_named_and_the_rest_is_saved(call, running_server, tmp_path):
    bad, good = await call(), await call()
    recordings = running_server.server.store.recordings
    no_file = Recording("rec_1", bad, "mixed", "ready", ".", 8000, 0.0)  # a folder, in fact
    await recordings.put(no_file)
    wish = exportmany.Wish(tmp_path / "calls", 0.0, None, "wav", "zip", retries=())
    async with connected(running_server.server.url, running_server.key) as api:
        outcome = await exportmany.export_many(api, wish, Console(stderr=True))
    assert (outcome.saved, set(outcome.failed)) == (1, {bad})
    assert (tmp_path / "calls" / f"{good}.zip").exists()
    assert not (tmp_path / "calls" / f"{bad}.zip").exists()


async def test_a_key_that_is_none_ends_it(running_server, tmp_path, call):
    await call()
    result = await running_server.kallglot(
        *("export", "--since", "2020-01-01", "--to", str(tmp_path)),
        *("--url", running_server.server.url, "--api-key", "sk_live_none"),
    )
    assert result.exit_code == 1
    assert "invalid_api_key" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--since", "2026-11-01"),
        ("--since", "yesterday", "--to", "x"),
        ("sess_1", "--since", "2026-11-01"),
        ("sess_1", "--as", "zip"),
        ("--since", "2026-11-01", "--to", "x", "--lag", "simuleval"),
        ("--until", "2026-11-01", "--to", "x"),
    ],
)
def test_what_makes_no_sense_is_said(kallglot, words):
    assert kallglot("export", *words, "--api-key", "k").exit_code == 2


def test_no_server_is_said_at_once(kallglot, tmp_path):
    result = kallglot(
        *("export", "--since", "2026-11-01", "--to", str(tmp_path), "--api-key", "k"),
        *("--url", "http://127.0.0.1:9"),
    )
    assert result.exit_code == 1
    assert "no server answers" in result.stderr
