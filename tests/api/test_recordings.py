from __future__ import annotations

import wave

import pytest
from yarl import URL

from kallglot.model.recording import Recording

pytestmark = pytest.mark.real_time

SECOND = b"\x10\x00\xf0\xff" * 4000


@pytest.fixture
async def session_id(api) -> str:
    return (await api.create(recording={"enabled": True}))["id"]


@pytest.fixture
def record(store, settings, session_id, clock):
    async def record(channel: str, status: str = "ready", **fields) -> Recording:
        path = f"{channel}.wav"
        with wave.open(str(settings.data / path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(SECOND)
        size = (settings.data / path).stat().st_size
        recording = Recording(
            f"rec_{channel}", session_id, channel, status, path, 8000, clock(), 1.0, size, **fields
        )
        await store.recordings.put(recording)
        return recording

    return record


async def error_of(response) -> dict:
    return (await response.json())["error"]


async def test_the_recordings_of_a_session_are_listed(api, record, session_id):
    for channel in ("agent", "customer", "mixed"):
        await record(channel)
    found = await (await api.get(f"/v1/sessions/{session_id}/recordings")).json()
    assert [each["channel"] for each in found["data"]] == ["mixed", "customer", "agent"]
    assert (found["object"], found["session_id"], found["has_more"]) == ("list", session_id, False)
    one = await (await api.get(f"/v1/sessions/{session_id}/recordings?channel=agent")).json()
    assert [each["id"] for each in one["data"]] == ["rec_agent"]


async def test_a_recording_says_where_to_get_it(api, record, session_id, clock):
    await record("mixed", expires_at=clock() + 86_400)
    recording = await (await api.get("/v1/recordings/rec_mixed")).json()
    assert recording == {
        "id": "rec_mixed",
        "object": "recording",
        "session_id": session_id,
        "channel": "mixed",
        "status": "ready",
        "duration": 1.0,
        "format": "mp3",
        "formats": ["mp3", "wav", "ogg", "flac"],
        "size": 16_044,
        "sample_rate": 8000,
        "bit_depth": 16,
        "download_url": "/v1/recordings/rec_mixed/audio",
        "created_at": "2026-04-01T09:00:00Z",
        "expires_at": "2026-04-02T09:00:00Z",
    }


@pytest.mark.parametrize(
    ("query", "media", "magic"),
    [
        ("", "audio/mpeg", None),
        ("?format=wav", "audio/wav", b"RIFF"),
        ("?format=wav&sample_rate=16000", "audio/wav", b"RIFF"),
        ("?format=ogg", "audio/ogg", b"OggS"),
        ("?format=flac&channel=dual", "audio/flac", b"fLaC"),
        ("?format=wav&channel=agent", "audio/wav", b"RIFF"),
    ],
)
async def test_sound_comes_in_many_formats(api, record, session_id, query, media, magic):
    for channel in ("agent", "customer", "mixed"):
        await record(channel)
    response = await api.get(f"/v1/recordings/rec_mixed/audio{query}")
    assert response.status == 200
    assert response.headers["Content-Type"] == media
    channel = response.url.query.get("channel", "mixed")
    name = f'filename="recording-{session_id}-{channel}.'  # of no two tracks the same
    assert name in response.headers["Content-Disposition"]
    assert response.headers["X-Request-ID"].startswith("req_")
    sound = await response.read()
    assert len(sound) > 500
    if magic is not None:
        assert sound.startswith(magic)


@pytest.mark.parametrize("query", ["format=wav", "format=wav&sample_rate=16000", "format=mp3"])
@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=1000-1099", slice(1000, 1100)),
        ("bytes=900-", slice(900, None)),
        ("bytes=-50", slice(-50, None)),
    ],
)
async def test_a_part_of_the_sound_can_be_asked_for(api, record, query, asked, part):
    await record("mixed")
    path = f"/v1/recordings/rec_mixed/audio?{query}"
    response = await api.get(path)
    whole = await response.read()
    assert response.headers["Content-Length"] == str(len(whole))
    assert response.headers["Accept-Ranges"] == "bytes"
    response = await api.get(path, headers={"Range": asked})
    sound = await response.read()
    start = range(len(whole))[part].start
    assert response.status == 206
    assert sound == whole[part]
    assert response.headers["Content-Range"] == (
        f"bytes {start}-{start + len(sound) - 1}/{len(whole)}"
    )


@pytest.mark.parametrize("container", ["wav", "mp3"])
async def test_a_part_that_is_not_there_cannot_be_had(api, record, container):
    await record("mixed")
    response = await api.get(
        f"/v1/recordings/rec_mixed/audio?format={container}",
        headers={"Range": "bytes=9999999-"},
    )
    assert response.status == 416
    assert response.headers["Content-Range"].startswith("bytes */")


@pytest.mark.parametrize("asked", ["metres=1-2", "bytes=5-2", "bytes=-", "bytes=0-1,4-5", "9"])
async def test_a_range_that_makes_no_sense_is_the_whole(api, record, asked):
    await record("mixed")
    response = await api.get("/v1/recordings/rec_mixed/audio", headers={"Range": asked})
    assert response.status == 200


@pytest.mark.parametrize("query", ["format=wav", "format=ogg"])
async def test_a_player_that_asks_for_everything_as_a_part_gets_a_part(api, record, query):
    await record("mixed")
    path = f"/v1/recordings/rec_mixed/audio?{query}"
    response = await api.get(path, headers={"Range": "bytes=0-"})
    assert response.status == 206
    assert response.headers["Content-Range"].startswith("bytes 0-")


@pytest.mark.parametrize("query", ["format=wav", "format=mp3", "format=flac&channel=dual"])
async def test_a_download_that_was_cut_off_goes_on_while_the_sound_is_the_same(api, record, query):
    for channel in ("agent", "customer", "mixed"):
        await record(channel)
    path = f"/v1/recordings/rec_mixed/audio?{query}"
    tag = (await api.get(path)).headers["ETag"]
    part = {"Range": "bytes=100-199"}
    assert (await api.get(path, headers={**part, "If-Range": tag})).status == 206
    for other in ('"another"', "Wed, 21 Oct 2026 07:28:00 GMT", f"W/{tag}"):
        response = await api.get(path, headers={**part, "If-Range": other})
        assert response.status == 200
    assert (await api.get(path, headers={"If-None-Match": tag})).status == 304
    for channel in ("agent", "customer", "mixed"):
        await record(channel)
    changed = await api.get(path, headers={"If-None-Match": tag})
    assert changed.status == 200
    assert changed.headers["ETag"] != tag


async def test_each_format_and_rate_is_another_sound(api, record):
    await record("mixed")
    queries = ("", "?format=wav", "?format=wav&sample_rate=16000")
    responses = [await api.get(f"/v1/recordings/rec_mixed/audio{query}") for query in queries]
    assert len({response.headers["ETag"] for response in responses}) == 3
    assert {response.headers["Cache-Control"] for response in responses} == {"private, no-cache"}


async def test_the_length_can_be_asked_for_without_the_sound(api, client, record):
    await record("mixed")
    headers = {"Authorization": f"Bearer {api.text}"}
    response = await client.head("/v1/recordings/rec_mixed/audio?format=wav", headers=headers)
    assert response.status == 200
    assert response.headers["Content-Length"] == "16044"
    assert await response.read() == b""


async def test_a_link_is_good_for_an_hour_without_a_key(api, client, record, clock):
    await record("mixed")
    response = await api.get("/v1/recordings/rec_mixed/download?format=wav", allow_redirects=False)
    assert not {"sample_rate", "channel"} & URL(response.headers["Location"]).query.keys()
    assert response.status == 302
    link = URL(response.headers["Location"])
    assert link.origin() == URL("https://calls.example.com")
    got = await client.get(link.relative())
    assert (await got.read()).startswith(b"RIFF")
    for name, value in (("format", "mp3"), ("expires", "9999999999"), ("signature", "x")):
        forged = await client.get(link.relative().update_query({name: value}))
        assert forged.status == 401
        assert (await error_of(forged))["code"] == "invalid_token"
    clock.now += 3600
    late = await client.get(link.relative())
    assert late.status == 401
    assert (await error_of(late))["code"] == "expired_token"


async def test_a_recording_that_is_being_made_asks_for_patience(api, record):
    await record("mixed", "processing")
    for path in ("audio", "download"):
        response = await api.get(f"/v1/recordings/rec_mixed/{path}", allow_redirects=False)
        assert response.status == 202
        assert response.headers["Retry-After"] == "5"
        assert (await response.json())["status"] == "processing"
    assert (await (await api.get("/v1/recordings/rec_mixed")).json())["download_url"] is None
    assert (await api.delete("/v1/recordings/rec_mixed")).status == 409


async def test_what_a_crash_left_half_made_can_be_deleted(api, record, session_id):
    await record("mixed", "processing")
    await api.post(f"/v1/sessions/{session_id}/end")
    assert (await api.delete("/v1/recordings/rec_mixed")).status == 200


async def test_a_failed_recording_has_no_sound(api, record):
    await record("mixed", "failed")
    response = await api.get("/v1/recordings/rec_mixed/audio")
    assert response.status == 409
    assert (await error_of(response))["code"] == "recording_failed"


async def test_a_deleted_recording_is_gone_and_known_to_be(api, record, settings):
    recording = await record("mixed")
    response = await api.delete("/v1/recordings/rec_mixed")
    assert await response.json() == {"id": "rec_mixed", "object": "recording", "deleted": True}
    assert not (settings.data / recording.path).exists()
    response = await api.get("/v1/recordings/rec_mixed/audio")
    assert response.status == 410
    assert (await error_of(response))["code"] == "recording_deleted"


async def test_an_expired_recording_is_gone(api, record, clock, session_id):
    await record("mixed", expires_at=clock() + 10)
    await record("agent")
    clock.now += 10
    assert (await api.get("/v1/recordings/rec_mixed")).status == 410
    assert (await api.get("/v1/recordings/rec_agent/audio?channel=mixed")).status == 404
    listed = await (await api.get(f"/v1/sessions/{session_id}/recordings")).json()
    assert [each["channel"] for each in listed["data"]] == ["agent"]


async def test_sound_that_was_taken_from_the_disk_is_not_found(api, record, settings):
    recording = await record("mixed")
    (settings.data / recording.path).unlink()
    for query in ("", "?format=wav"):
        assert (await api.get(f"/v1/recordings/rec_mixed/audio{query}")).status == 404


@pytest.mark.parametrize(
    ("query", "status", "param"),
    [
        ("format=aiff", 422, "format"),
        ("sample_rate=1", 422, "sample_rate"),
        ("channel=ghost", 404, "channel"),
        ("channel=dual", 404, "channel"),
    ],
)
async def test_what_cannot_be_had_is_said(api, record, query, status, param):
    await record("mixed")
    response = await api.get(f"/v1/recordings/rec_mixed/audio?{query}")
    assert response.status == status
    assert (await error_of(response))["param"] == param


async def test_nobody_hears_the_recordings_of_another_organization(api, stranger, record):
    await record("mixed")
    for response in (
        await stranger.get("/v1/recordings/rec_mixed"),
        await stranger.get("/v1/recordings/rec_mixed/audio"),
        await stranger.get("/v1/recordings/rec_mixed/download"),
        await stranger.delete("/v1/recordings/rec_mixed"),
        await stranger.get("/v1/recordings/rec_none"),
    ):
        assert response.status == 404
        assert (await error_of(response))["code"] == "recording_not_found"
    await api.delete("/v1/recordings/rec_mixed")
    assert (await stranger.get("/v1/recordings/rec_mixed")).status == 404
