from __future__ import annotations

import attrs
import pytest

from kallglot.model.session import Status
from kallglot.model.transcript import Rendering, Utterance

pytestmark = pytest.mark.real_time


@pytest.fixture
async def session_id(api, store, clock) -> str:
    """A session in which two things were said, one of them unsure."""
    session_id = (await api.create(source_language="de", target_language="en"))["id"]
    session = await store.sessions.get(session_id)
    started = attrs.evolve(session, status=Status.ACTIVE, started_at=clock() + 5)
    await store.sessions.save(started, {"status": "active"})
    await store.transcripts.put(
        Utterance(
            id="utt_1",
            session_id=session_id,
            sequence=1,
            speaker="customer",
            language="de",
            text="Guten Tag",
            start=1.0,
            end=2.5,
            confidence=0.93,
            renderings=(
                Rendering("en", "Good day", 0.8, 2.9, 4.0, compute=0.3, compressed=0.1),
                Rendering("fr", "Bonjour"),
            ),
            heard_at=2.6,
            erased=1,
        )
    )
    await store.transcripts.put(
        Utterance("utt_2", session_id, 2, "agent", "en", "Hm", 5.0, 5.2, 0.2, is_sure=False)
    )
    clock.now += 60
    return session_id


async def test_a_transcript_is_a_list_of_turns(api, session_id):
    transcript = await (await api.get(f"/v1/sessions/{session_id}/transcript")).json()
    first, second = transcript.pop("turns")
    assert transcript == {
        "id": f"trn_{session_id}",
        "object": "transcript",
        "session_id": session_id,
        "status": "in_progress",
        "metadata": {
            "total_turns": 2,
            "duration_seconds": 55.0,
            "languages_detected": ["de", "en"],
        },
    }
    lag = {
        "start_offset": 1.6,
        "end_of_speech_to_first_audio": 0.4,
        "ear_voice_span": 1.9,
        "end_offset": 1.5,
        "dropped": 0.0,
        "compressed": 0.1,
    }
    english = {"language": "en", "text": "Good day", "confidence": 0.8, "lag": lag}
    unheard = dict.fromkeys(lag) | {"start_offset": 1.6, "dropped": 0.0, "compressed": 0.0}
    assert first == {
        "id": "utt_1",
        "turn_id": "utt_1",
        "sequence": 1,
        "speaker": "customer",
        "language": "de",
        "text": "Guten Tag",
        "is_sure": True,
        "confidence": 0.93,
        "start_time": 1.0,
        "end_time": 2.5,
        "timestamp": "2026-04-01T09:00:06Z",
        "erased": 1,
        "lag": lag,
        "translation": english,
        "translations": [
            english,
            {"language": "fr", "text": "Bonjour", "confidence": 1.0, "lag": unheard},
        ],
    }
    assert second["is_sure"] is False
    assert "translation" not in second
    assert second["lag"] is None


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("language=source", ["Guten Tag", "Hm"]),
        ("include_translations=false", ["Guten Tag", "Hm"]),
        ("language=target", ["Good day", "Hm"]),
    ],
)
async def test_one_language_can_be_asked_for(api, session_id, query, shown):
    response = await api.get(f"/v1/sessions/{session_id}/transcript?{query}")
    turns = (await response.json())["turns"]
    assert [turn["text"] for turn in turns] == shown
    assert not any("translation" in turn for turn in turns)


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("text", "text/plain"),
        ("txt", "text/plain"),
        ("srt", "application/x-subrip"),
        ("vtt", "text/vtt"),
        ("csv", "text/csv"),
    ],
)
async def test_a_transcript_is_a_file_in_many_formats(api, session_id, name, media):
    by_query = await api.get(f"/v1/sessions/{session_id}/transcript?format={name}")
    accept = {"Accept": f"{media}, application/json;q=0.5"}
    by_header = await api.get(f"/v1/sessions/{session_id}/transcript", headers=accept)
    assert by_query.content_type == by_header.content_type == media
    text = await by_query.text()
    assert "Guten Tag" in text
    assert "Good day" in text
    assert text == await by_header.text()
    assert session_id in by_query.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "image/png", "text/vtt;q=0", "text/vtt;q=x", ""]
)
async def test_otherwise_it_is_json(api, session_id, accept):
    response = await api.get(f"/v1/sessions/{session_id}/transcript", headers={"Accept": accept})
    assert response.content_type == "application/json"


@pytest.mark.parametrize("query", ["format=pdf", "language=all", "include_translations=maybe"])
async def test_what_cannot_be_had_is_said(api, session_id, query):
    response = await api.get(f"/v1/sessions/{session_id}/transcript?{query}")
    assert response.status == 422
    assert (await response.json())["error"]["param"] == query.partition("=")[0]


async def test_a_transcript_is_completed_with_its_session(api, session_id):
    await api.post(f"/v1/sessions/{session_id}/end")
    transcript = await (await api.get(f"/v1/sessions/{session_id}/transcript")).json()
    assert transcript["status"] == "completed"


@pytest.mark.parametrize("query", ["format=srt", "format=csv&language=target", "format=text"])
async def test_a_transcript_that_is_known_is_not_sent_again(api, store, session_id, query):
    path = f"/v1/sessions/{session_id}/transcript?{query}"
    first = await api.get(path)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = await api.get(path, headers={"If-None-Match": known})
        assert (again.status, await again.read()) == (304, b"")
        assert again.headers["ETag"] == tag
    await store.transcripts.put(
        Utterance("utt_3", session_id, 3, "agent", "en", "Well", 6.0, 6.2, 0.9)
    )
    grown = await api.get(path, headers={"If-None-Match": tag})
    assert grown.status == 200
    assert grown.headers["ETag"] != tag


async def test_who_asks_every_second_is_told_when_something_was_said(api, store, session_id, clock):
    path = f"/v1/sessions/{session_id}/transcript"
    tag = (await api.get(path)).headers["ETag"]
    assert tag.startswith("W/")
    clock.now += 1
    assert (await api.get(path, headers={"If-None-Match": tag})).status == 304
    await api.post(f"/v1/sessions/{session_id}/end")
    whole = {"Accept-Encoding": "identity"}  # packed, it would be other bytes
    ended = await api.get(path, headers={"If-None-Match": tag, **whole})
    assert ended.status == 200
    assert not ended.headers["ETag"].startswith("W/")
    assert ended.headers["Last-Modified"] == "Wed, 01 Apr 2026 09:01:01 GMT"


async def test_two_formats_are_two_things(api, session_id):
    path = f"/v1/sessions/{session_id}/transcript"
    queries = ("", "?language=source", "?format=srt", "?format=vtt", "?format=text")
    tags = {(await api.get(path + query)).headers["ETag"] for query in queries}
    assert len(tags) == 5


async def test_a_transcript_whose_time_has_run_out_is_gone(api, store, session_id, clock):
    await api.post(f"/v1/sessions/{session_id}/end")
    await store.retention.delete_words(session_id, clock())
    response = await api.get(f"/v1/sessions/{session_id}/transcript")
    assert response.status == 410
    assert (await response.json())["error"]["code"] == "transcript_deleted"
