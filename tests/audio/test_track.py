from __future__ import annotations

import os
import signal
import stat
import struct
import subprocess
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.audio.track import TrackWriter

RATE = 8000


def sound(seconds: float, value: int = 1000) -> bytes:
    return np.full(round(seconds * RATE), value, np.int16).tobytes()


def heard(path: Path) -> np.ndarray:
    with wave.open(str(path)) as source:
        assert (source.getnchannels(), source.getsampwidth()) == (1, 2)
        assert source.getframerate() == RATE
        pcm = source.readframes(source.getnframes())
        assert len(pcm) == 2 * source.getnframes()
    return np.frombuffer(pcm, np.int16)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sess_1" / "tracks" / "customer.wav"


@pytest.fixture
def track(path: Path):
    track = TrackWriter.open(path, RATE)
    yield track
    track.close()


def test_sound_lies_at_its_second(track, path):
    track.write(0.5, sound(0.5))
    track.close()
    assert track.duration == 1.0
    assert not heard(path)[:4000].any()
    assert (heard(path)[4000:] == 1000).all()


def test_jitter_leaves_neither_holes_nor_clicks(track, path):
    ramp = np.arange(8000, dtype=np.int16)
    for index, frame in enumerate(ramp.reshape(50, -1)):
        jitter = (0.0, 0.15, -0.01, 0.19)[index % 4]
        track.write(index * 0.02 + jitter, frame.tobytes())
    track.close()
    assert (heard(path) == ramp).all()


def test_a_pause_is_a_gap_of_silence(track, path):
    track.write(0.0, sound(0.1, 1))
    track.write(1.0, sound(0.1, 2))
    track.close()
    samples = heard(path)
    assert (samples[:800] == 1).all()
    assert not samples[800:8000].any()
    assert (samples[8000:] == 2).all()


def test_an_hour_of_silence_takes_no_room(track, path):
    track.write(0.0, sound(0.1))
    track.write(3600.0, sound(0.1))
    track.close()
    assert path.stat().st_size > 57_600_000
    assert path.stat().st_blocks * 512 < 100_000


def test_a_burst_after_a_stall_is_kept_and_the_time_made_up_in_the_next_silence(track, path):
    track.write(0.0, sound(0.02, 1))
    for _ in range(100):
        track.write(2.0, sound(0.02, 1000))
    assert track.duration == pytest.approx(4.0)
    for index in range(100):
        track.write(2.0 + 0.02 * index, sound(0.02, 10))
    track.write(4.0, sound(0.02, 2000))
    track.close()
    samples = heard(path)
    assert np.count_nonzero(samples == 1000) == 16000
    assert np.flatnonzero(samples == 2000)[0] == pytest.approx(4.0 * RATE, abs=0.21 * RATE)


def test_nothing_is_overwritten(track, path):
    track.write(0.0, sound(1.0, 1))
    track.write(0.3, sound(0.1, 2000))
    track.close()
    assert (heard(path)[:8000] == 1).all()
    assert (heard(path)[8000:] == 2000).all()


def test_what_was_cut_short_is_erased(track, path):
    track.write(0.0, sound(0.5, 1))
    track.erase(0.2, 0.3)
    track.close()
    samples = heard(path)
    assert (samples[:1600] == 1).all()
    assert not samples[1600:2400].any()
    assert (samples[2400:] == 1).all()


def test_after_an_interruption_the_next_sound_takes_its_own_place(track, path):
    track.write(0.0, sound(0.5, 1))
    track.erase(0.3, 9.0)
    assert track.duration == 0.5
    track.write(0.35, sound(0.05, 2))
    track.close()
    samples = heard(path)
    assert len(samples) == 4000
    assert (samples[:2400] == 1).all()
    assert not samples[2400:2800].any()
    assert (samples[2800:3200] == 2).all()
    assert not samples[3200:].any()


def test_to_erase_nothing_changes_nothing(track, path):
    track.write(0.0, sound(0.5, 1))
    track.erase(0.4, 0.2)
    track.erase(3.0, 4.0)
    track.write(0.5, sound(0.1, 1))
    track.close()
    assert (heard(path) == 1).all()


def test_a_second_of_audio_reaches_the_operating_system_by_itself(track, path):
    for index in range(50):
        track.write(index * 0.02, sound(0.02))
    assert len(heard(path)) == 8000


def test_a_flush_leaves_a_whole_file_at_any_time(track, path):
    track.write(0.0, sound(0.3))
    assert len(heard(path)) == 0
    track.flush()
    assert len(heard(path)) == 2400
    track.write(0.3, sound(0.3))
    track.flush()
    assert len(heard(path)) == 4800


def test_a_restart_goes_on_where_the_file_ends(track, path):
    track.write(0.0, sound(1.0, 1))
    track.close()
    again = TrackWriter.open(path, RATE)
    assert again.duration == 1.0
    again.write(0.9, sound(0.1, 2))
    again.write(2.0, sound(0.1, 3))
    again.close()
    samples = heard(path)
    assert (samples[:8000] == 1).all()
    assert (samples[8000:8800] == 2).all()
    assert not samples[8800:16000].any()
    assert (samples[16000:] == 3).all()


@pytest.mark.parametrize("header", [b"", b"RIFF", bytes(44), None])
def test_a_header_that_was_cut_off_or_is_behind_is_mended(track, path, header):
    track.write(0.0, sound(1.0))
    track.close()
    whole = path.read_bytes()
    if header is None:
        stale = struct.pack("<I", 100)
        path.write_bytes(whole[:4] + stale + whole[8:40] + stale + whole[44:] + b"\1")
        expected = 8000
    elif len(header) == 44:
        path.write_bytes(header + whole[44:])
        expected = 8000
    else:
        path.write_bytes(header)
        expected = 0
    TrackWriter.open(path, RATE).close()
    assert len(heard(path)) == expected


def test_a_track_of_another_rate_is_not_continued(track, path):
    with pytest.raises(ValueError, match="16000"):
        TrackWriter.open(path, 16000)


def test_a_file_that_is_no_track_is_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("milk")
    with pytest.raises(ValueError, match="not a track"):
        TrackWriter.open(path, RATE)
    assert path.read_text() == "milk"


def test_only_the_owner_can_listen(track, path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


def test_what_a_wave_file_cannot_hold_is_refused_and_the_file_stays_whole(track, path):
    track.write(0.0, sound(0.1))
    with pytest.raises(ValueError, match="beyond"):
        track.write(1.7e9, sound(0.02))
    with pytest.raises(ValueError, match="half"):
        track.write(0.1, b"\0")
    track.close()
    assert len(heard(path)) == 800


def test_a_closed_track_says_so(track):
    track.close()
    track.close()
    with pytest.raises(ValueError, match="closed"):
        track.write(0.0, sound(0.02))


@settings(deadline=None, max_examples=40)
@given(writes=st.lists(st.tuples(st.floats(0, 5), st.integers(1, 2000)), max_size=20))
def test_every_loud_sample_is_on_the_disk_once_and_in_order(tmp_path_factory, writes):
    path = tmp_path_factory.mktemp("track") / "track.wav"
    track = TrackWriter.open(path, RATE)
    for index, (at, count) in enumerate(writes):
        track.write(at, np.full(count, 1000 + index, np.int16).tobytes())
    track.close()
    samples = heard(path)
    said = np.repeat(np.arange(len(writes)) + 1000, [count for _, count in writes])
    assert (samples[samples != 0] == said).all()
    assert len(samples) == round(track.duration * RATE)


VICTIM = """
import sys, time
from pathlib import Path
from kallglot.audio.track import TrackWriter

track = TrackWriter.open(Path(sys.argv[1]), 8000)
for index in range(175):
    track.write(index * 0.02, b"\\xe8\\x03" * 160)
print("written", flush=True)
time.sleep(60)
"""


def test_a_killed_process_leaves_a_track_that_any_player_plays(path):
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(path)],
        stdout=subprocess.PIPE,
        cwd=root,
        env=os.environ | {"PYTHONPATH": root},
    ) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == b"written\n"
        victim.send_signal(signal.SIGKILL)
    samples = heard(path)
    assert len(samples) == 3 * RATE
    assert (samples == 1000).all()
    with av.open(str(path)) as source:
        assert sum(frame.samples for frame in source.decode(audio=0)) == 3 * RATE
    again = TrackWriter.open(path, RATE)
    again.write(3.5, sound(0.5))
    again.close()
    assert len(heard(path)) == 4 * RATE
