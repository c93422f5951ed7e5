"""One recorded track: a mono wave file of 16-bit PCM that a killed process leaves playable.

The format is RIFF WAVE (IBM and Microsoft, 1991) with the 44-byte header everybody writes; sound
lies at 44 + 2 × rate × time.  Silence that was skipped takes no room on the disk.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np

__all__ = ["TrackWriter"]

#: How far the arrival of a frame may stray from its place without moving it there.
_SLACK = 0.2
#: The peak below which a frame may be left out to catch up: -40 dBFS.
_QUIET = 328

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_MOST_BYTES = 0xFFFF_FFFF - _HEADER.size


class TrackWriter:
    """What is heard at which second of a recording, on its way to the disk.

    A frame within 0.2 s of the end of what was written before continues it to the sample, so
    that jitter leaves neither holes nor clicks.  A later one leaves a gap of silence.  An earlier
    one follows at the end all the same, since nothing is overwritten; from then on quiet frames
    are left out until time is made up.  Only `erase` takes sound back.

    About a second of audio is kept in memory, and whatever is there before a pause stays there:
    call `flush` once a second.  The header is written after the audio it counts.  A second of
    audio in 20 ms frames costs 60 us.
    """

    def __init__(self, descriptor: int, rate_hz: int, length: int) -> None:
        """Take over a file of `length` samples, open for reading and writing; see `open`."""
        self._file: int | None = descriptor
        self._rate_hz = rate_hz
        self._length = length
        self._end = length
        self._continues = False
        self._pending = bytearray()

    @classmethod
    def open(cls, path: Path, rate_hz: int) -> TrackWriter:
        """Open a track, new or cut off, for its owner's eyes only.

        Raises:
            ValueError: There is a file, and it is no track of this rate.
        """
        _make_private_folder(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            length = _mend(descriptor, rate_hz)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor, rate_hz, length)

    @property
    def duration(self) -> float:
        """Seconds from the start of the recording to the end of the track."""
        return self._length / self._rate_hz

    def write(self, at: float, pcm: bytes) -> None:
        """Place PCM at `at` seconds since the start of the recording.

        Raises:
            ValueError: The place is beyond the 4 GiB of a wave file, or half a sample was given.
        """
        self._descriptor()
        if len(pcm) % 2:
            raise ValueError("half a sample")
        wanted = round(at * self._rate_hz)
        slack = _SLACK * self._rate_hz
        if self._continues and wanted < self._end - slack and _is_quiet(pcm):
            return
        is_contiguous = wanted < self._end or (self._continues and wanted <= self._end + slack)
        start = self._end if is_contiguous else wanted
        end = start + len(pcm) // 2
        if 2 * end > _MOST_BYTES:
            raise ValueError(f"second {at:.0f} is beyond what a wave file holds")
        if start != self._end:
            self.flush()
        self._continues = True
        self._pending += pcm
        self._end = end
        self._length = max(self._length, end)
        if len(self._pending) >= 2 * self._rate_hz:
            self.flush()

    def erase(self, from_: float, to: float) -> None:
        """Replace what lies between two times by silence.

        If that reaches to the end, what is written next takes its own place again.
        """
        self.flush()
        start = max(0, round(from_ * self._rate_hz))
        stop = min(self._length, round(to * self._rate_hz))
        if start >= stop:
            return
        for each in range(start, stop, self._rate_hz):
            self._put(each, bytes(2 * min(self._rate_hz, stop - each)))
        if stop >= self._end:
            self._end = min(self._end, start)
            self._continues = False

    def flush(self) -> None:
        """Give the operating system what is in memory; costs nothing if that is nothing."""
        if not self._pending:
            return
        self._put(self._end - len(self._pending) // 2, bytes(self._pending))
        self._pending.clear()
        _write_all(self._descriptor(), _header(self._rate_hz, self._length), 0)

    def close(self) -> None:
        """Flush, wait until the disk has it, and close."""
        if self._file is None:
            return
        self.flush()
        os.fsync(self._file)
        os.close(self._file)
        self._file = None

    def _put(self, position: int, pcm: bytes) -> None:
        _write_all(self._descriptor(), pcm, _HEADER.size + 2 * position)

    def _descriptor(self) -> int:
        if self._file is None:
            raise ValueError("the track is closed")
        return self._file


def _header(rate_hz: int, length: int) -> bytes:
    """Return the header of a mono 16-bit wave file of `length` samples."""
    size = 2 * length
    riff = (b"RIFF", size + _HEADER.size - 8, b"WAVE")
    return _HEADER.pack(*riff, b"fmt ", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16, b"data", size)


def _mend(descriptor: int, rate_hz: int) -> int:
    """Make the header agree with the file's length and return that in samples."""
    size = os.fstat(descriptor).st_size
    found = os.pread(descriptor, _HEADER.size, 0)
    expected = _header(rate_hz, 0)
    # After a power cut the block of the header may be there and empty.
    if found.strip(b"\0") and not _but_sizes(expected).startswith(_but_sizes(found)):
        raise ValueError(f"not a track of {rate_hz} Hz")
    length = max(0, size - _HEADER.size) // 2
    os.ftruncate(descriptor, _HEADER.size + 2 * length)
    _write_all(descriptor, _header(rate_hz, length), 0)
    return length


def _but_sizes(header: bytes) -> bytes:
    return header[:4] + header[8:40]


def _write_all(descriptor: int, content: bytes, offset: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, offset)
        content = content[written:]
        offset += written


def _make_private_folder(folder: Path) -> None:
    """Create a folder and those above it; `Path.mkdir` would give the latter to everybody."""
    if folder.is_dir():
        return
    _make_private_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _is_quiet(pcm: bytes) -> bool:
    samples = np.frombuffer(pcm, np.int16)
    return not samples.size or bool(samples.max() < _QUIET and samples.min() > -_QUIET)
