"""What is kept for long enough is deleted, whatever was cut short before."""

from __future__ import annotations

import os

import attrs
import pytest

from kallglot import disposal
from kallglot.errors import StoreError
from kallglot.model.recording import Recording
from kallglot.model.retention import DAY, Retention
from kallglot.model.session import Mode, Session, Status
from kallglot.model.transcript import Utterance
from kallglot.store import Store
from kallglot.store.database import Statement
from kallglot.store.idempotency import Answer, Claim
from kallglot.sweeper import Sweeper, Swept
from kallglot.webhooks.events import SegmentWritten, SessionEnded, event_of
from tests.fakes.clock import START, FakeClock

pytestmark = pytest.mark.real_time

KEPT = Retention(30, 0, 30)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sweeper(store, tmp_path, clock) -> Sweeper:
    return Sweeper(store, tmp_path, KEPT, clock)


@pytest.fixture
async def ended(store, session) -> Session:
    ended = attrs.evolve(session, status=Status.ENDED, started_at=START, ended_at=START + 60)
    await store.sessions.save(ended, None)
    return ended


@pytest.fixture
def record(store, tmp_path):
    async def record(session_id: str, channel: str = "mixed", **fields) -> Recording:
        path = f"recordings/{session_id}/{channel}.wav"
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"RIFF")
        fields = {"expires_at": START + 30 * DAY, **fields}
        recording = Recording(
            f"rec_{session_id}_{channel}", session_id, channel, "ready", path, 8000, START, **fields
        )
        await store.recordings.put(recording)
        return recording

    return record


async def say(store: Store, session: Session, text: str) -> None:
    said = Utterance(f"utt_{text}", session.id, 1, "customer", "de", text, 0.0, 1.0, 0.9)
    events = [event_of(SegmentWritten(session, said), START)]
    await store.transcripts.put(said, events=events)


def lies_there(tmp_path, recording: Recording) -> bool:
    return (tmp_path / recording.path).exists()


async def test_a_recording_is_deleted_when_its_time_has_run_out(
    store, sweeper, clock, ended, record, tmp_path
):
    old, young = await record("sess_1"), await record("sess_1", "agent", expires_at=None)
    clock.now = START + 30 * DAY - 1
    assert await sweeper.sweep() == Swept()
    clock.now += 1
    assert await sweeper.sweep() == Swept(recordings=1)
    assert not lies_there(tmp_path, old)
    assert lies_there(tmp_path, young)
    assert await store.recordings.deleted(old.id) == old
    assert await sweeper.sweep() == Swept()


async def test_the_folder_of_a_session_goes_with_its_last_recording(
    sweeper, clock, ended, record, tmp_path
):
    for channel in ("mixed", "agent"):
        await record("sess_1", channel)
    clock.now = START + 31 * DAY
    assert (await sweeper.sweep()).recordings == 2
    assert not (tmp_path / "recordings" / "sess_1").exists()


async def test_what_is_being_recorded_is_left(store, session, sweeper, clock, record, tmp_path):
    recording = await record("sess_1")
    clock.now = START + 31 * DAY
    assert await sweeper.sweep() == Swept()
    assert lies_there(tmp_path, recording)


async def test_more_than_a_portion_is_deleted_all_the_same(store, sweeper, clock, ended, record):
    for number in range(250):
        await record("sess_1", f"track_{number}")
    clock.now = START + 31 * DAY
    assert await sweeper.sweep() == Swept(recordings=250)


async def test_a_sweep_that_died_after_the_files_is_finished_by_the_next(
    store, sweeper, clock, ended, record, tmp_path
):
    recording = await record("sess_1")
    disposal.remove_files(tmp_path, [recording.path])  # and then the power went
    clock.now = START + 31 * DAY
    assert await sweeper.sweep() == Swept(recordings=1)
    assert await store.recordings.get(recording.id) is None


async def test_a_deletion_that_died_before_the_files_is_finished_by_the_next_sweep(
    store, sweeper, clock, ended, record, tmp_path
):
    recording = await record("sess_1")
    await store.recordings.expire([recording.id], clock())  # and then the power went
    assert await sweeper.sweep() == Swept(recordings=1)
    assert not lies_there(tmp_path, recording)


async def test_a_session_that_was_to_be_deleted_is(store, sweeper, clock, ended, record, tmp_path):
    recording = await record("sess_1")
    await say(store, ended, "Hallo")
    await store.sessions.hide("sess_1", clock())  # and then the power went
    assert await store.sessions.get("sess_1") is None
    assert await sweeper.sweep() == Swept(sessions=1)
    assert not lies_there(tmp_path, recording)
    assert await store.transcripts.of_session("sess_1") == []
    assert await store.events.after(0) == []
    assert await store.recordings.deleted(recording.id) is None


async def test_a_file_without_a_row_is_deleted_after_a_day(sweeper, clock, ended, record, tmp_path):
    kept = await record("sess_1")
    orphan = tmp_path / "recordings" / "sess_9" / "agent.wav"
    note = tmp_path / "recordings" / "sess_9" / "note.txt"
    orphan.parent.mkdir()
    for path in (orphan, note, tmp_path / kept.path):
        path.write_bytes(b"RIFF")
        os.utime(path, (START, START))
    clock.now = START + DAY - 1
    assert await sweeper.sweep() == Swept()
    clock.now += 1
    assert await sweeper.sweep() == Swept(orphans=1)
    assert not orphan.exists()
    assert note.exists()
    assert lies_there(tmp_path, kept)


async def test_a_transcript_goes_with_the_events_that_repeat_it(
    store, sweeper, clock, ended, organization
):
    await store.retention.set(organization, Retention(transcript_days=7, event_days=0), KEPT)
    await say(store, ended, "Hallo")
    await store.events.add(event_of(SessionEnded(ended), START + 60))
    clock.now = START + 60 + 7 * DAY - 1
    assert await sweeper.sweep() == Swept()
    clock.now += 1
    assert await sweeper.sweep() == Swept(transcripts=1)
    assert await store.transcripts.of_session("sess_1") == []
    assert [event.type for event in await store.events.after(0)] == ["session.ended"]
    assert await store.retention.words_deleted_at("sess_1") == clock.now
    assert await sweeper.sweep() == Swept()


async def test_answers_go_after_a_day(store, sweeper, clock, organization):
    claim = Claim(organization, "live", "key", b"f")
    await store.idempotency.keep(claim, Answer(201, b"{}"), START)
    clock.now = START + DAY
    assert await sweeper.sweep() == Swept(answers=1)


async def test_events_go_after_a_month(store, sweeper, clock, ended):
    await store.events.add(event_of(SessionEnded(ended), START))
    await store.events.add(event_of(SessionEnded(ended), START + DAY))
    clock.now = START + 30 * DAY
    assert await sweeper.sweep() == Swept(events=1)
    assert [event.created_at for event in await store.events.after(0)] == [START + DAY]


async def test_many_events_go_in_portions(store, sweeper, clock, ended):
    await store.events.add(*(event_of(SessionEnded(ended), START) for _ in range(230)))
    clock.now = START + 31 * DAY
    assert await sweeper.sweep() == Swept(events=230)


@pytest.fixture
async def listener(store, organization) -> None:
    """Somebody who is told of every event."""
    await store._database.write(
        Statement(
            "INSERT INTO webhook_endpoints (id, organization_id, environment, url, events, status,"
            " secret, created_at) VALUES ('wh_1', ?, 'live', 'https://x', '[\"*\"]', 'enabled',"
            " x'00', ?)",
            (organization, START),
        )
    )


async def settle(store: Store) -> None:
    await store._database.write(Statement("UPDATE webhook_deliveries SET status = 'delivered'", ()))


async def test_an_event_that_is_still_to_be_delivered_is_kept(
    store, sweeper, clock, ended, listener
):
    await store.events.add(event_of(SessionEnded(ended), START))
    clock.now = START + 31 * DAY
    assert await sweeper.sweep() == Swept()
    await settle(store)
    assert await sweeper.sweep() == Swept(events=1)


async def test_words_that_are_still_to_be_delivered_wait_for_that(
    store, sweeper, clock, ended, listener, organization
):
    await store.retention.set(organization, Retention(transcript_days=1), KEPT)
    await say(store, ended, "Hallo")
    clock.now = START + 2 * DAY
    await sweeper.sweep()
    assert len(await store.events.after(0)) == 1
    await settle(store)
    assert (await sweeper.sweep()).transcripts == 1
    assert await store.events.after(0) == []


async def test_a_shorter_rule_holds_for_the_recordings_that_are_there(
    store, sweeper, clock, ended, record, organization
):
    recording = await record("sess_1")
    await store.retention.set(organization, Retention(recording_days=2), KEPT)
    assert await store.retention.of(organization) == Retention(recording_days=2)
    assert (await store.recordings.get(recording.id)).expires_at == START + 2 * DAY
    await store.retention.set(organization, Retention(recording_days=0), KEPT)
    assert (await store.recordings.get(recording.id)).expires_at is None
    await store.retention.set(organization, Retention(), KEPT)
    assert (await store.recordings.get(recording.id)).expires_at == START + 30 * DAY
    await store.retention.set(organization, Retention(recording_days=2), KEPT)
    clock.now = START + 2 * DAY
    assert await sweeper.sweep() == Swept(recordings=1)


async def test_words_that_were_deleted_are_not_in_the_file_any_more(tmp_path):
    store = await Store.open(tmp_path)
    organization = await store.organizations.add("Example", START)
    session = Session("sess_1", organization.id, Mode.BIDIRECTIONAL, (), START)
    await store.sessions.add(session)
    for number in range(100):
        await say(store, session, f"Zugspitze {number}")
    await store.retention.delete_words("sess_1", START)
    await store.close()
    assert b"Zugspitze" not in (tmp_path / "kallglot.db").read_bytes()


async def test_a_store_that_is_closed_ends_no_more_than_the_sweep(store, sweeper):
    await store.close()
    with pytest.raises(StoreError):
        await sweeper.sweep()
