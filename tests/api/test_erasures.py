from __future__ import annotations

import attrs
import pytest

from kallglot.model.leg import Leg
from kallglot.model.recording import Recording
from kallglot.model.transcript import Rendering, Utterance
from kallglot.store.keys import SCOPES
from kallglot.sweeper import Sweeper
from kallglot.webhooks.events import SegmentWritten, event_of
from tests.api.conftest import Api

pytestmark = pytest.mark.real_time


@pytest.fixture
async def eraser(client, store, organization, clock) -> Api:
    """Somebody whose key may erase."""
    made = await store.keys.create(organization, clock(), scopes=SCOPES)
    return Api(client, made.key, made.text)


@pytest.fixture
def call(api, store, settings, clock):
    """Hold a recorded call between Ada and Grace."""

    async def call(name: str = "Ada", *, is_over: bool = True, **fields) -> str:
        people = [
            {"type": "customer", "language": "de", "name": name},
            {"type": "agent", "language": "en", "name": "Grace"},
        ]
        session_id = (await api.create(participants=people, **fields))["id"]
        session = await store.sessions.get(session_id)
        for number, (speaker, text) in enumerate((("customer", "Hallo"), ("agent", "Hello")), 1):
            said = Utterance(
                f"utt_{session_id}_{number}", session_id, number, speaker, "de", text, 0, 1, 0.9
            )
            said = attrs.evolve(said, renderings=(Rendering("en", f"{text}, translated"),))
            segment = event_of(SegmentWritten(session, said), clock())
            await store.transcripts.put(said, events=[segment])
        await store.legs.put(
            Leg(
                f"leg_{session_id}",
                session_id,
                "twilio",
                "customer",
                "disconnected",
                0.0,
                call_id="CA1",
            )
        )
        for channel in ("customer", "customer_heard", "agent", "agent_heard", "mixed"):
            path = f"recordings/{session_id}/{channel}.wav"
            (settings.data / path).parent.mkdir(parents=True, exist_ok=True)
            (settings.data / path).write_bytes(b"RIFF")
            await store.recordings.put(
                Recording(
                    f"rec_{session_id}_{channel}",
                    session_id,
                    channel,
                    "ready",
                    path,
                    8000,
                    clock(),
                    expires_at=clock() + 86_400,
                )
            )
        if is_over:
            await api.post(f"/v1/sessions/{session_id}/end")
        return session_id

    return call


def files(settings, session_id: str) -> set[str]:
    folder = settings.data / "recordings" / session_id
    return {path.stem for path in folder.iterdir()} if folder.exists() else set()


async def everything(store) -> str:
    """What the database holds of anybody, in one text."""
    tables = ("sessions", "utterances", "legs", "events", "webhook_deliveries", "erasures", "audit")
    rows = [await store._database.read(f"SELECT * FROM {table}") for table in tables]
    return repr([tuple(row) for table in rows for row in table])


async def test_a_session_is_deleted_with_everything_about_it(eraser, store, settings, call):
    session_id, other = await call(), await call("Bob")
    response = await eraser.delete(f"/v1/sessions/{session_id}")
    assert await response.json() == {"id": session_id, "object": "session", "deleted": True}
    for path in ("", "/transcript", "/recordings", "/export"):
        gone = await eraser.get(f"/v1/sessions/{session_id}{path}")
        assert gone.status == 404
    assert (await eraser.get(f"/v1/recordings/rec_{session_id}_mixed")).status == 404
    assert files(settings, session_id) == set()
    assert len(files(settings, other)) == 5
    kept = await everything(store)
    assert "Ada" not in kept
    assert "Bob" in kept
    (note,) = await store._database.read("SELECT * FROM audit WHERE action = 'session.deleted'")
    assert note["target"] == session_id


async def test_a_living_session_cannot_be_deleted(eraser, call):
    session_id = await call(is_over=False)
    response = await eraser.delete(f"/v1/sessions/{session_id}")
    assert response.status == 409
    assert (await response.json())["error"]["code"] == "illegal_state"


async def test_only_who_may_erase_erases(api, stranger, eraser, call):
    session_id = await call()
    assert (await api.delete(f"/v1/sessions/{session_id}")).status == 403
    assert (await api.post("/v1/erasures", json={"participant_name": "Ada"})).status == 403
    assert (await stranger.delete(f"/v1/sessions/{session_id}")).status == 403
    assert (await api.get(f"/v1/sessions/{session_id}")).status == 200


async def test_a_person_is_erased_and_the_other_is_left(eraser, store, settings, call):
    session_id, other = await call("Ada"), await call("Bob")
    response = await eraser.post("/v1/erasures", json={"participant_name": "ada"})
    report = await response.json()
    assert report.pop("id").startswith("ers_")
    assert report == {
        "object": "erasure",
        "dry_run": False,
        "created_at": "2026-04-01T09:00:00Z",
        "sessions": 1,
        "utterances": 1,
        "recordings": 3,
        "events": 2,
        "analyses": 0,
        "session_ids": [session_id],
        "skipped_session_ids": [],
    }
    kept = await everything(store)
    assert "Ada" not in kept
    transcript = await (await eraser.get(f"/v1/sessions/{session_id}/transcript")).json()
    assert [turn["text"] for turn in transcript["turns"]] == ["Hello"]
    assert transcript["turns"][0]["translation"]["text"] == "Hello, translated"
    assert files(settings, session_id) == {"agent", "customer_heard"}
    assert (await eraser.get(f"/v1/recordings/rec_{session_id}_mixed/audio")).status == 410
    assert len(files(settings, other)) == 5
    session = await (await eraser.get(f"/v1/sessions/{session_id}")).json()
    assert [person["name"] for person in session["participants"]] == [None, "Grace"]
    assert "call_sid" not in session["legs"][0]


async def test_erasing_again_finds_nothing_and_says_so(eraser, call):
    await call("Ada")
    first = await (await eraser.post("/v1/erasures", json={"participant_name": "Ada"})).json()
    again = await (await eraser.post("/v1/erasures", json={"participant_name": "Ada"})).json()
    assert (first["sessions"], again["sessions"], again["session_ids"]) == (1, 0, [])
    assert first["id"] != again["id"]
    listed = await (await eraser.get("/v1/erasures")).json()
    assert [each["id"] for each in listed["data"]] == [again["id"], first["id"]]
    assert await (await eraser.get(f"/v1/erasures/{first['id']}")).json() == first


async def test_a_dry_run_touches_nothing(eraser, store, settings, call):
    session_id = await call("Ada")
    before = await everything(store)
    body = {"participant_name": "Ada", "dry_run": True}
    report = await (await eraser.post("/v1/erasures", json=body)).json()
    assert (report["dry_run"], report["utterances"], report["recordings"]) == (True, 1, 3)
    assert await everything(store) == before
    assert len(files(settings, session_id)) == 5
    assert (await eraser.get(f"/v1/erasures/{report['id']}")).status == 404


async def test_a_living_session_is_left_and_named(eraser, call):
    over, living = await call("Ada"), await call("Ada", is_over=False)
    report = await (await eraser.post("/v1/erasures", json={"participant_name": "Ada"})).json()
    assert report["session_ids"] == [over]
    assert report["skipped_session_ids"] == [living]


@pytest.mark.parametrize(
    "who",
    [
        {"phone_number": "+4930123456"},
        {"metadata": {"crm": 17}},
        {"metadata": {"crm": "17", "caller": "+49 30 123456"}},
    ],
)
async def test_a_person_is_found_by_number_or_metadata(eraser, store, call, who):
    metadata = {"caller": "+49 30 123456", "crm": 17, "vip": True}
    session_id = await call(metadata=metadata)
    await call(metadata={"caller": "+49 30 99", "crm": 18})
    report = await (await eraser.post("/v1/erasures", json=who)).json()
    assert report["session_ids"] == [session_id]
    session = await store.sessions.get(session_id)
    assert session.metadata["vip"] is True
    assert len(session.metadata) < 3


async def test_more_sessions_than_a_page_has_are_all_found(eraser, call, clock):
    for _ in range(103):
        clock.now += 3
        await call("Ada")
    report = await (await eraser.post("/v1/erasures", json={"participant_name": "Ada"})).json()
    assert report["sessions"] == 103


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"participant_name": "Ada", "phone_number": "+4930123456"}, 400),
        ({"participant_name": " "}, 422),
        ({"phone_number": "030 123456"}, 422),
        ({"metadata": {}}, 400),
        ({"metadata": {"a": {"b": 1}}}, 422),
        ({"name": "Ada"}, 400),
    ],
)
async def test_who_is_meant_must_be_said(eraser, body, status):
    assert (await eraser.post("/v1/erasures", json=body)).status == status


async def test_nobody_erases_in_another_organization(client, store, clock, call):
    await call("Ada")
    other = await store.organizations.add("Other", clock())
    made = await store.keys.create(other.id, clock(), scopes=SCOPES)
    somebody = Api(client, made.key, made.text)
    report = await (await somebody.post("/v1/erasures", json={"participant_name": "Ada"})).json()
    assert report["sessions"] == 0


async def test_a_crash_between_names_and_files_is_mended_by_the_sweep(
    eraser, store, settings, call, clock
):
    session_id = await call("Ada")
    recordings = await store.recordings.of_session(session_id)
    await store.recordings.expire([each.id for each in recordings], clock())  # and then it died
    assert (await eraser.get(f"/v1/recordings/{recordings[0].id}")).status == 410
    await Sweeper(store, settings.data, settings.kept, clock).sweep()
    assert files(settings, session_id) == set()
