"""A zip archive made as it is read: nothing of it is ever kept.

The sizes and checksums of a member follow it (APPNOTE.TXT, 4.3.9), so that none need be known
before.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zipfile
from typing import IO

from kallglot.export.manifest import Member

__all__ = ["ZipStream"]

#: From how large a member on its sizes take eight bytes; a wave file stays below four GiB.
_LARGE = 1 << 30

_OLDEST = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)


class _Sink:
    """Where the archive is written, and taken away from; one cannot go back in it."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, content: bytes) -> int:
        self._written += content
        return len(content)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


class ZipStream:
    """An archive that is being written, member by member; used by one thread at a time."""

    def __init__(self, at: float) -> None:
        """Begin an archive whose members are as old as `at`."""
        made = max(_OLDEST, dt.datetime.fromtimestamp(at, tz=dt.UTC))
        self._made_at = (made.year, made.month, made.day, made.hour, made.minute, made.second)
        self._sink = _Sink()
        # It looks for no more than `write`; what cannot `tell` cannot go back.
        sink: IO[bytes] = self._sink  # type: ignore[assignment]
        self._zip = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._member: IO[bytes] | None = None
        self._name = ""
        self._size = 0
        self._digest = hashlib.sha256()

    def begin(self, name: str, *, size: int = 0, is_dense: bool = False) -> None:
        """Begin a member, of about that size; a `dense` one cannot be made smaller."""
        info = zipfile.ZipInfo(name, self._made_at)
        info.compress_type = zipfile.ZIP_STORED if is_dense else zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        self._member = self._zip.open(info, "w", force_zip64=size >= _LARGE)
        self._name, self._size, self._digest = name, 0, hashlib.sha256()

    def add(self, content: bytes) -> None:
        assert self._member is not None
        self._member.write(content)
        self._digest.update(content)
        self._size += len(content)

    def end(self) -> Member:
        """End the member, and say what it was."""
        assert self._member is not None
        self._member.close()
        self._member = None
        return Member(self._name, self._size, self._digest.hexdigest())

    def take(self) -> bytes:
        """Return what has been written since this was last asked."""
        return self._sink.take()

    def close(self) -> None:
        """End the archive; if a member has not ended, it is broken off and will not be read."""
        if self._member is not None:
            self._member.close()
            self._member = None
        self._zip.close()
