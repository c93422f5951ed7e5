from __future__ import annotations

import itertools
import tracemalloc
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from kallglot.audio import files
from kallglot.audio.track import TrackWriter
from tests.audio.tones import level, pitch, tone


@pytest.fixture
def track(tmp_path: Path):
    """Writes a tone as a track, so many seconds of so many Hz."""
    count = itertools.count()

    def write(hz: float, seconds: float, rate_hz: int = 8000) -> Path:
        path = tmp_path / f"track{next(count)}.wav"
        writer = TrackWriter.open(path, rate_hz)
        writer.write(0.0, tone(hz, seconds, rate_hz, peak=0.3).tobytes())
        writer.close()
        return path

    return write


def decoded(path: Path) -> tuple[np.ndarray, int]:
    """Every channel as a row of floats, and the rate."""
    with av.open(str(path)) as source:
        rate_hz = source.streams.audio[0].rate
        to_float = av.AudioResampler(format="fltp")
        frames = [out for frame in source.decode(audio=0) for out in to_float.resample(frame)]
        return np.concatenate([frame.to_ndarray() for frame in frames], axis=1), rate_hz


def test_a_wave_file_is_read_as_it_is(track):
    pcm, rate_hz = files.read_wave(track(440, 0.5))
    assert (len(pcm), rate_hz) == (8000, 8000)


def test_a_stereo_file_is_not_a_track(tmp_path):
    path = tmp_path / "stereo.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(400))
    with pytest.raises(ValueError, match="mono"):
        files.read_wave(path)


@pytest.mark.parametrize("container", sorted(files.FORMATS))
@pytest.mark.parametrize("rate_hz", [None, 8000, 16000, 22050, 44100, 48000])
def test_a_track_is_encoded_to_what_decodes_to_it(track, tmp_path, container, rate_hz):
    path = tmp_path / f"out.{container}"
    path.write_bytes(b"".join(files.encode([track(440, 2.0)], container, rate_hz)))
    sound, found_hz = decoded(path)
    if container != "ogg":
        assert found_hz == (rate_hz or 8000)
    assert len(sound) == 1
    assert sound.shape[1] / found_hz == pytest.approx(2.0, abs=0.05)
    assert pitch(sound[0], found_hz) == pytest.approx(440, abs=2)
    assert level(sound[0] * 32768) == pytest.approx(-13.5, abs=1)


@pytest.mark.parametrize("container", sorted(files.FORMATS))
def test_two_tracks_are_the_left_and_the_right(track, tmp_path, container):
    path = tmp_path / f"out.{container}"
    chunks = files.encode([track(440, 2.0), track(700, 1.5, 16000)], container)
    path.write_bytes(b"".join(chunks))
    (left, right), rate_hz = decoded(path)
    assert len(left) / rate_hz == pytest.approx(2.0, abs=0.05)
    assert pitch(left, rate_hz) == pytest.approx(440, abs=2)
    assert pitch(right, rate_hz) == pytest.approx(700, abs=2)
    assert np.abs(right[int(1.6 * rate_hz) :]).max() < 0.02


@pytest.mark.parametrize("container", sorted(files.FORMATS))
def test_the_header_tells_how_long_it_is(track, tmp_path, container):
    path = tmp_path / f"out.{container}"
    path.write_bytes(b"".join(files.encode([track(440, 3.0)], container)))
    with av.open(str(path)) as source:
        assert source.duration / av.time_base == pytest.approx(3.0, abs=0.05)


def test_wave_and_flac_keep_every_sample(track, tmp_path):
    source = track(440, 1.25)
    for container in ("wav", "flac"):
        path = tmp_path / f"out.{container}"
        path.write_bytes(b"".join(files.encode([source], container)))
        pcm, _ = files.read_wave(source)
        assert files.load(path, 8000).tobytes() == pcm


def test_an_empty_track_is_an_empty_file(track, tmp_path):
    for container in files.FORMATS:
        path = tmp_path / f"out.{container}"
        path.write_bytes(b"".join(files.encode([track(440, 0.0)], container)))
        assert path.stat().st_size > 0


def test_what_cannot_be_encoded_is_refused_before_the_first_chunk(track):
    with pytest.raises(ValueError, match="wma"):
        files.encode([track(440, 0.1)], "wma")
    with pytest.raises(ValueError, match="one source"):
        files.encode([], "mp3")


def test_nothing_is_left_beside_the_tracks(track, tmp_path):
    source = track(440, 0.5)
    b"".join(files.encode([source], "mp3"))
    assert list(tmp_path.iterdir()) == [source]


def test_any_file_is_loaded_as_mono_at_the_rate_that_is_wanted(track, tmp_path):
    path = tmp_path / "both.ogg"
    path.write_bytes(b"".join(files.encode([track(440, 1.0), track(440, 1.0)], "ogg")))
    sound = files.load(path, 16000)
    assert sound.dtype == np.int16
    assert len(sound) == pytest.approx(16000, abs=800)
    assert pitch(sound, 16000) == pytest.approx(440, abs=2)


def test_a_mix_is_the_sum_of_its_tracks(track, tmp_path):
    out = tmp_path / "mixed.wav"
    files.mix_tracks([track(440, 1.0, 8000), track(1000, 2.5, 16000)], out)
    pcm, rate_hz = files.read_wave(out)
    sound = np.frombuffer(pcm, np.int16)
    assert rate_hz == 16000
    assert len(sound) / rate_hz == 2.5
    expected = tone(1000, 2.5, 16000, peak=0.3).astype(int)
    expected[:16000] += tone(440, 1.0, 16000, peak=0.3)
    assert np.abs(sound - expected)[100:15900].max() < 40
    assert np.abs(sound - expected)[16100:].max() == 0


def test_a_mix_replaces_an_older_one(track, tmp_path):
    out = tmp_path / "mixed.wav"
    files.mix_tracks([track(440, 2.0)], out)
    files.mix_tracks([track(440, 1.0)], out)
    assert len(files.read_wave(out)[0]) == 16000
    assert not list(tmp_path.glob("*.part"))


def test_a_long_recording_needs_no_more_memory_than_a_short_one(tmp_path):
    path = tmp_path / "long.wav"
    writer = TrackWriter.open(path, 8000)
    writer.write(300.0, bytes(2))
    writer.close()
    tracemalloc.start()
    try:
        for _ in files.encode([path, path], "flac"):
            pass
        files.mix_tracks([path, path], tmp_path / "mixed.wav")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
