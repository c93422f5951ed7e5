"""The sound of a session on disk."""

import asyncio
import wave

import numpy as np
import pytest

from actors.archive import Archive
from actors.recorder import Recorder
from actors.services import Services
from actors.supervisor import Address
from kallglot.messages import Finish, TrackErased, TrackHeard
from kallglot.model.retention import DAY, Retention
from kallglot.model.session import Mode, Session
from kallglot.timeline import Timeline
from tests.fakes.store import FakeStore

pytestmark = pytest.mark.real_time

SESSION = Session("sess_1", "org_1", Mode.BIDIRECTIONAL, (), created_at=0.0)


class Parent:
    """Who waits for the recorder."""

    def __init__(self) -> None:
        self.finished = asyncio.Event()

    def tell(self, message) -> None:
        self.finished.set()


@pytest.fixture
async def parent():
    return Parent()


@pytest.fixture
async def store():
    return FakeStore()


@pytest.fixture
async def make_recorder(store, parent, tmp_path):
    archive = Address("archive")
    announcer = Parent()
    archive.move_to(Archive.start(store, announcer, lambda: 0.0))
    services = Services(None, archive, announcer, tmp_path / "recordings")
    refs = []

    def make():
        timeline = Timeline(asyncio.get_running_loop().time, 1000.0)
        refs.append(Recorder.start(SESSION, services, parent, timeline))
        return refs[-1]

    yield make
    for ref in refs:
        await ref.stop()
    await archive._ref.stop()


def tone(seconds, level=1000):
    return np.full(int(8000 * seconds), level, np.int16).tobytes()


def read(path):
    with wave.open(str(path)) as track:
        return np.frombuffer(track.readframes(track.getnframes()), np.int16)


async def finish(recorder, parent):
    recorder.tell(Finish())
    async with asyncio.timeout(5):
        await parent.finished.wait()


async def test_each_voice_has_its_track_and_all_are_mixed_and_as_long(
    make_recorder, parent, store, tmp_path
):
    recorder = make_recorder()
    recorder.tell(TrackHeard("customer", tone(1.0), 8000, 0.0))
    recorder.tell(TrackHeard("agent", tone(0.5), 8000, 2.0))
    recorder.tell(TrackHeard("agent_heard", tone(0.5), 8000, 1.2))
    await finish(recorder, parent)
    folder = tmp_path / "recordings" / "sess_1"
    assert {path.stem for path in folder.iterdir()} == {
        "customer",
        "agent",
        "agent_heard",
        "mixed",
    }
    lengths = {len(read(path)) for path in folder.iterdir()}
    assert lengths == {20000}
    mixed = read(folder / "mixed.wav")
    assert (mixed[4000], mixed[12000], mixed[18000]) == (1000, 0, 1000)
    await asyncio.sleep(0.05)
    assert {row.status for row in store.recording_rows.values()} == {"ready"}


async def test_what_was_cut_short_was_not_heard(make_recorder, parent, tmp_path):
    recorder = make_recorder()
    recorder.tell(TrackHeard("agent_heard", tone(2.0), 8000, 0.0))
    recorder.tell(TrackErased("agent_heard", 0.5))
    await finish(recorder, parent)
    heard = read(tmp_path / "recordings" / "sess_1" / "agent_heard.wav")
    assert heard[3900] == 1000
    assert not heard[4100:].any()


async def test_a_recorder_that_crashes_is_followed_by_one_that_goes_on(
    make_recorder, parent, tmp_path
):
    first = make_recorder()
    first.tell(TrackHeard("customer", tone(1.0), 8000, 0.0))
    await asyncio.sleep(0.05)
    await first.stop()
    second = make_recorder()
    second.tell(TrackHeard("customer", tone(1.0, 2000), 8000, 1.0))
    await finish(second, parent)
    track = read(tmp_path / "recordings" / "sess_1" / "customer.wav")
    assert (track[4000], track[12000]) == (1000, 2000)


async def test_a_disk_that_fails_costs_the_recording_and_nothing_else(
    make_recorder, parent, store, tmp_path
):
    (tmp_path / "recordings").write_text("in the way")
    recorder = make_recorder()
    recorder.tell(TrackHeard("customer", tone(1.0), 8000, 0.0))
    await finish(recorder, parent)
    await asyncio.sleep(0.05)
    assert {row.status for row in store.recording_rows.values()} == {"failed"}


@pytest.mark.parametrize(
    ("own", "expires_at"), [(None, 1000.0 + 30 * DAY), (7, 1000.0 + 7 * DAY), (0, None)]
)
async def test_a_recording_expires_when_its_organization_wants_it_to(
    make_recorder, parent, store, own, expires_at
):
    store.kept = Retention(recording_days=own)
    recorder = make_recorder()
    recorder.tell(TrackHeard("customer", tone(1), 8000, 0.0))
    await finish(recorder, parent)
    kept = store.recording_rows["customer"].expires_at
    assert kept == (expires_at if expires_at is None else pytest.approx(expires_at, abs=10))
