"""Whether an archive, or a folder it was unpacked into, is what its manifest says."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from kallglot.export.manifest import NAME, BrokenExport, Manifest, Member

__all__ = ["check_folder", "check_zip", "unpack"]

_CHUNK = 1 << 18

_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


def check_zip(path: Path) -> Manifest:
    """Return the manifest of an archive of which every byte is as it should be.

    Raises:
        BrokenExport: it is not, or it is no archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = Manifest.decode(_read(archive, NAME))
            names = [name for name in archive.namelist() if name != NAME]
            _check(manifest, names, archive.open)
            return manifest
    except _UNREADABLE as error:
        raise BrokenExport(f"{path} cannot be read: {error}") from error


def check_folder(folder: Path) -> Manifest:
    """Return the manifest of an unpacked archive of which every byte is as it should be.

    Files that were put beside those of the archive do not matter.

    Raises:
        BrokenExport: something has changed, or is missing.
    """
    try:
        manifest = Manifest.decode((folder / NAME).read_bytes())
        names = [member.name for member in manifest.files if (folder / member.name).is_file()]
        _check(manifest, names, lambda name: (folder / name).open("rb"))
    except OSError as error:
        raise BrokenExport(f"{folder} cannot be read: {error}") from error
    return manifest


def unpack(path: Path, folder: Path) -> None:
    """Unpack an archive that has been checked, so that no member can lead elsewhere."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            target = folder / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with archive.open(name) as packed, target.open("wb") as file:
                while chunk := packed.read(_CHUNK):
                    file.write(chunk)


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError:
        raise BrokenExport(f"it has no {name}") from None


def _check(manifest: Manifest, names: list[str], read: Callable[[str], IO[bytes]]) -> None:
    expected = sorted(member.name for member in manifest.files)
    if sorted(names) != expected:
        raise BrokenExport("it has not the files that its manifest names")
    for member in manifest.files:
        with read(member.name) as file:
            if _measure(member.name, file) != member:
                raise BrokenExport(f"{member.name} is not what the manifest says")


def _measure(name: str, file: IO[bytes]) -> Member:
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return Member(name, size, digest.hexdigest())
