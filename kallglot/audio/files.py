"""Sound in files: reading what people bring, encoding what they take away.

The only module that imports PyAV.  Everything here blocks and belongs in a thread or after the
call.  Sources are mono wave files of 16 bits, as `kallglot.audio.track` writes them, and are read
a second at a time.
"""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO, cast

import attrs
import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream

from kallglot.audio import pcm
from kallglot.audio.resample import Resampler
from kallglot.audio.track import TrackWriter

__all__ = ["FORMATS", "encode", "load", "mix_tracks", "read_wave"]

_CHUNK = 1 << 16


@attrs.frozen
class _Encoding:
    """How PyAV names a format, and the bits per second of a channel where one chooses."""

    codec: str
    bit_rate: int | None = None
    rates: frozenset[int] | None = None


_ENCODINGS = {
    "mp3": _Encoding("libmp3lame", 32_000),
    "wav": _Encoding("pcm_s16le"),
    "ogg": _Encoding("libopus", 32_000, frozenset({8000, 16000, 24000, 48000})),
    "flac": _Encoding("flac"),
}

#: What `encode` can make.
FORMATS = frozenset(_ENCODINGS)


def read_wave(path: Path) -> tuple[bytes, int]:
    """Return the PCM of a mono 16-bit wave file, and its rate in Hz."""
    with _open_track(path) as source:
        return source.readframes(source.getnframes()), source.getframerate()


def load(path: Path, rate_hz: int) -> npt.NDArray[np.int16]:
    """Return the sound of a file of any format and any channels as mono at `rate_hz`."""
    converter = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
    pieces: list[npt.NDArray[np.int16]] = []
    with av.open(str(path)) as source:
        for frame in source.decode(audio=0):
            pieces += [out.to_ndarray()[0] for out in converter.resample(frame)]
    pieces += [out.to_ndarray()[0] for out in converter.resample(None)]
    return np.concatenate(pieces, dtype=np.int16) if pieces else np.zeros(0, np.int16)


def encode(
    sources: Sequence[Path],
    format: str,  # noqa: A002  # what the API calls it
    sample_rate: int | None = None,
) -> Iterator[bytes]:
    """Yield a file made of one track, or of two as left and right, in chunks of 64 KiB.

    Without `sample_rate` the rate is the highest of the sources; Opus, in `ogg`, is 48 kHz
    wherever it does not know the rate that was asked for.

    The first chunk comes when all is encoded, in a nameless file beside the first source: the
    headers of MP3 (length, gapless playback), FLAC and wave are known only then.

    Raises:
        ValueError: The format is none of `FORMATS`, or there are more than two sources.
    """
    if format not in FORMATS:
        raise ValueError(f"cannot encode {format}")
    if len(sources) not in {1, 2}:
        raise ValueError("one source is mono, two are stereo, there is nothing else")
    return _spooled(sources, format, sample_rate or max(map(_rate_of, sources)))


def _spooled(sources: Sequence[Path], container: str, rate_hz: int) -> Iterator[bytes]:
    with tempfile.TemporaryFile(dir=sources[0].parent) as spool:
        _encode_into(spool, sources, container, rate_hz)
        spool.seek(0)
        while chunk := spool.read(_CHUNK):
            yield chunk


def _encode_into(spool: BinaryIO, sources: Sequence[Path], container: str, rate_hz: int) -> None:
    encoding = _ENCODINGS[container]
    if encoding.rates is not None and rate_hz not in encoding.rates:
        rate_hz = max(encoding.rates)
    layout = "mono" if len(sources) == 1 else "stereo"
    with av.open(spool, "w", format=container) as out:
        # PyAV's own types know an audio codec only by a literal name.
        stream = cast("AudioStream", out.add_stream(encoding.codec, rate=rate_hz))
        stream.layout = layout
        if encoding.bit_rate is not None:
            stream.bit_rate = encoding.bit_rate * len(sources)
        out.start_encoding()  # even a track without a sample becomes a file with a header
        position = 0
        for voices in _together(sources, rate_hz):
            block = voices[0] if len(voices) == 1 else pcm.interleave(*voices)
            samples = np.frombuffer(block, np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(samples, "s16", layout)
            frame.sample_rate = rate_hz
            frame.pts = position
            position += frame.samples
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def mix_tracks(paths: Sequence[Path], out_path: Path) -> None:
    """Write the sum of mono tracks that start together, at the highest of their rates.

    What was at `out_path` is replaced once the mix is on the disk.
    """
    rate_hz = max(map(_rate_of, paths))
    unfinished = out_path.with_name(out_path.name + ".part")
    unfinished.unlink(missing_ok=True)
    with closing(TrackWriter.open(unfinished, rate_hz)) as out:
        for block in _together(paths, rate_hz):
            out.write(out.duration, pcm.mix(block))
    unfinished.replace(out_path)


def _together(paths: Sequence[Path], rate_hz: int) -> Iterator[list[bytes]]:
    """Yield each next second of all tracks; those that are over are silent."""
    for block in zip_longest(*(_seconds(path, rate_hz) for path in paths), fillvalue=b""):
        length = max(map(len, block))
        yield [voice.ljust(length, b"\0") for voice in block]


def _seconds(path: Path, rate_hz: int) -> Iterator[bytes]:
    """Yield a track second by second at another rate; the last is shorter."""
    size = 2 * rate_hz
    with _open_track(path) as source:
        resampler = Resampler(source.getframerate(), rate_hz)
        ready = b""
        while heard := source.readframes(source.getframerate()):
            ready += resampler.feed(heard)
            while len(ready) >= size:
                yield ready[:size]
                ready = ready[size:]
        ready += resampler.flush()
    for at in range(0, len(ready), size):
        yield ready[at : at + size]


def _rate_of(path: Path) -> int:
    with _open_track(path) as source:
        return source.getframerate()


def _open_track(path: Path) -> wave.Wave_read:
    source = wave.open(str(path), "rb")  # noqa: SIM115  # the caller closes it
    if source.getnchannels() == 1 and source.getsampwidth() == 2:
        return source
    source.close()
    raise ValueError("not a mono wave file of 16 bits")
