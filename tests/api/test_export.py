from __future__ import annotations

import asyncio
import contextlib
import io
import json
import wave
import zipfile
from pathlib import Path

import attrs
import pytest

from kallglot.export.manifest import Manifest
from kallglot.model.recording import Recording
from kallglot.model.transcript import Rendering, Utterance
from kallglot.store.keys import SCOPES
from kallglot.webhooks.events import SessionCreated, event_of

pytestmark = pytest.mark.real_time


@pytest.fixture
async def session_id(api, store, clock) -> str:
    """A session in which something was said, that goes on."""
    session_id = (await api.create(recording={"enabled": True}, metadata={"case": "7"}))["id"]
    said = Utterance("utt_1", session_id, 1, "customer", "de", "Grüß Gott", 1.0, 2.5, 0.9)
    await store.transcripts.put(attrs.evolve(said, renderings=(Rendering("en", "Good day"),)))
    session = await store.sessions.get(session_id)
    await store.events.add(event_of(SessionCreated(session), clock()))
    return session_id


@pytest.fixture
def record(store, settings, session_id, clock):
    async def record(channel: str, *, seconds: int = 1, number: int = 1, **fields) -> Recording:
        path = f"recordings/{session_id}/{channel}.wav"
        (settings.data / path).parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(settings.data / path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(b"\x10\x00\xf0\xff" * 4000 * seconds)
        fields = {"status": "ready", "size": (settings.data / path).stat().st_size, **fields}
        recording = Recording(
            f"rec_{channel}_{number}",
            session_id,
            channel,
            path=path,
            rate_hz=8000,
            created_at=clock(),
            **fields,
        )
        await store.recordings.put(recording)
        return recording

    return record


async def archive_of(api, session_id: str, query: str = "") -> zipfile.ZipFile:
    response = await api.get(f"/v1/sessions/{session_id}/export{query}")
    assert response.status == 200, await response.text()
    assert response.content_type == "application/zip"
    opened = zipfile.ZipFile(io.BytesIO(await response.read()))
    assert opened.testzip() is None
    return opened


async def end(api, session_id: str) -> None:
    await api.post(f"/v1/sessions/{session_id}/end")


async def test_everything_about_a_session_is_in_one_archive(api, record, session_id, settings):
    for channel in ("customer", "agent_heard", "mixed"):
        recording = await record(channel)
    await end(api, session_id)
    archive = await archive_of(api, session_id)
    assert archive.namelist() == [
        "session.json",
        "lag.json",
        "transcript.json",
        "transcript.txt",
        "transcript.srt",
        "transcript.vtt",
        "transcript.csv",
        "events.jsonl",
        "recordings/agent_heard.wav",
        "recordings/customer.wav",
        "recordings/mixed.wav",
        "manifest.json",
    ]
    session = json.loads(archive.read("session.json"))
    assert (session["id"], session["metadata"]) == (session_id, {"case": "7"})
    assert json.loads(archive.read("transcript.json"))["turns"][0]["text"] == "Grüß Gott"
    assert "Good day" in archive.read("transcript.srt").decode()
    events = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
    assert "session.created" in [event["type"] for event in events]
    assert archive.read("recordings/mixed.wav") == (settings.data / recording.path).read_bytes()


async def test_the_manifest_says_what_is_in_the_archive_and_what_is_not(
    api, store, record, session_id, clock, settings
):
    await record("customer")
    await record("agent", status="failed")
    await record("mixed", expires_at=clock() - 1)
    deleted = await record("customer_heard")
    await store.recordings.mark_deleted(clock(), deleted.id)
    missing = await record("agent_heard")
    await end(api, session_id)
    (settings.data / missing.path).unlink()
    archive = await archive_of(api, session_id)
    manifest = Manifest.decode(archive.read("manifest.json"))
    assert {each.channel: each.status for each in manifest.recordings} == {
        "customer": "included",
        "agent": "failed",
        "mixed": "deleted",
        "customer_heard": "deleted",
        "agent_heard": "missing",
    }
    assert [member.name for member in manifest.files] == archive.namelist()[:-1]
    assert [member.size for member in manifest.files] == [
        archive.getinfo(member.name).file_size for member in manifest.files
    ]


async def test_recordings_can_be_had_as_mp3(api, record, session_id):
    await record("mixed")
    await end(api, session_id)
    archive = await archive_of(api, session_id, "?audio=mp3")
    assert 500 < archive.getinfo("recordings/mixed.mp3").file_size < 16_000


async def test_a_second_recording_of_a_channel_has_another_name(api, record, session_id):
    await record("mixed")
    await record("mixed", number=2)
    await end(api, session_id)
    names = (await archive_of(api, session_id)).namelist()
    assert names[-3:-1] == ["recordings/mixed.wav", "recordings/mixed-2.wav"]


async def test_a_session_that_goes_on_cannot_be_exported(api, session_id):
    response = await api.get(f"/v1/sessions/{session_id}/export")
    assert response.status == 409
    assert (await response.json())["error"]["code"] == "illegal_state"


async def test_nobody_exports_what_is_not_theirs(api, stranger, client, store, clock, session_id):
    await end(api, session_id)
    assert (await stranger.get(f"/v1/sessions/{session_id}/export")).status == 404
    deaf = await store.keys.create(
        api.key.organization_id, clock(), scopes=SCOPES - {"recordings:read"}
    )
    response = await client.get(
        f"/v1/sessions/{session_id}/export", headers={"X-API-Key": deaf.text}
    )
    assert response.status == 403


async def test_a_format_that_is_none_is_refused(api, session_id):
    response = await api.get(f"/v1/sessions/{session_id}/export?audio=aiff")
    assert response.status == 422
    assert (await response.json())["error"]["param"] == "audio"


async def test_who_leaves_half_way_leaves_nothing_open(api, record, session_id):
    await record("mixed", seconds=600)
    await end(api, session_id)
    before = open_files()
    response = await api.get(f"/v1/sessions/{session_id}/export?audio=wav")
    await response.content.read(1000)
    response.close()
    async with asyncio.timeout(10):
        while open_files() > before:
            await asyncio.sleep(0.01)


def open_files() -> int:
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            links.append(descriptor.readlink())
    return sum(link.suffix == ".wav" for link in links)
