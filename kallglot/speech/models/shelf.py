"""The folder where pulled models lie: what is there, whether it is whole, and taking it away.

models.lock             which revision of each model, file by file
whisper-base/           a model that is all there: only a complete one gets its name
.partial/whisper-base/  one that is still coming; pulling goes on with what it finds here
"""

from __future__ import annotations

import contextlib
import enum
import fcntl
import fnmatch
import hashlib
import json
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import attrs

from kallglot.errors import ModelMissing
from kallglot.speech.models import lock as locks
from kallglot.speech.models.lock import Lock, Locked

__all__ = ["Fault", "Shelf", "State", "faults_in", "sha256_of"]

PARTIAL: Final = ".partial"
_PIECE: Final = 1 << 22
#: A header of a safetensors file that is longer was not written by anybody.
_LONGEST_HEADER: Final = 100_000_000


class State(enum.Enum):
    """How much of a model is here; `LOCKED` is none of it, but the revision is settled."""

    ABSENT = "-"
    LOCKED = "locked"
    PARTIAL = "half"
    INSTALLED = "installed"


@attrs.frozen
class Fault:
    """A file of a model that is not as it should be."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path} {self.what}"


@attrs.frozen
class Shelf:
    """A folder of models."""

    folder: Path

    def place(self, name: str) -> Path:
        """Return where a complete model lies."""
        return self.folder / name

    def partial(self, name: str) -> Path:
        """Return where a model lies while it comes."""
        return self.folder / PARTIAL / name

    def lock(self) -> Lock:
        return locks.load(self.folder)

    def keep(self, name: str, locked: Locked) -> None:
        """Write down which revision of a model is used."""
        locks.save(self.folder, self.lock().with_model(name, locked))

    def accept(self, name: str, licence: str) -> None:
        """Remember that a licence was accepted."""
        locks.save(self.folder, self.lock().with_licence(name, licence))

    def state(self, name: str) -> State:
        if self.place(name).is_dir():
            return State.INSTALLED
        if self.partial(name).is_dir():
            return State.PARTIAL
        return State.LOCKED if name in self.lock().models else State.ABSENT

    def installed(self, pattern: str = "*") -> list[str]:
        """Return the names of the models that are all here, in order."""
        if not self.folder.is_dir():
            return []
        known = self.lock().models
        names = (path.name for path in self.folder.iterdir() if path.is_dir())
        return sorted(name for name in names if name in known and fnmatch.fnmatch(name, pattern))

    def size(self, name: str) -> int:
        """Return how many bytes a model takes here, half of one too."""
        folders = (self.place(name), self.partial(name))
        return sum(
            path.stat().st_size
            for folder in folders
            if folder.is_dir()
            for path in folder.rglob("*")
            if path.is_file()
        )

    def verify(self, name: str, watch: Callable[[int], None] = lambda _: None) -> list[Fault]:
        """Read every file of a model and compare it with the lock; `watch` gets bytes read.

        Raises:
            ModelMissing: it is not here to be verified.
        """
        locked = self.lock().models.get(name)
        if locked is None or not self.place(name).is_dir():
            raise ModelMissing(f"{name} is not here: `kallglot models pull {name}`")
        return list(self._differences(name, locked, watch))

    def _differences(
        self, name: str, locked: Locked, watch: Callable[[int], None]
    ) -> Iterator[Fault]:
        folder = self.place(name)
        for file in locked.files:
            path = folder / file.path
            if not path.is_file():
                yield Fault(file.path, "is missing")
            elif path.stat().st_size != file.size:
                yield Fault(file.path, f"has {path.stat().st_size} bytes and must have {file.size}")
            elif sha256_of(path, watch) != file.sha256:
                yield Fault(file.path, "is not what was pulled: its sha256 differs")
        yield from faults_in(folder)

    def remove(self, name: str) -> int:
        """Delete a model, half or whole; returns the bytes that are free now."""
        size = self.size(name)
        for folder in (self.place(name), self.partial(name)):
            if folder.is_dir():
                shutil.rmtree(folder)
        return size

    def forget(self, name: str) -> None:
        """Let go of the revision, so that the next pull takes the newest."""
        locks.save(self.folder, self.lock().without(name))

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other commands from changing the folder meanwhile; raises `ModelMissing`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".busy").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ModelMissing(
                    f"another command is changing {self.folder}; wait until it is done"
                ) from None
            yield


def sha256_of(path: Path, watch: Callable[[int], None] = lambda _: None) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            watch(len(piece))
    return digest.hexdigest()


def faults_in(folder: Path) -> Iterator[Fault]:
    """Yield what shows, without reading the weights, that a model cannot be loaded."""
    if not (folder / "config.json").is_file():
        yield Fault("config.json", "is missing")
    weights = [*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")]
    if not weights:
        yield Fault("model.safetensors", "is missing")
    for path in sorted(folder.glob("*.json")):
        try:
            json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            yield Fault(path.name, "is not JSON")
    for path in _shards(folder):
        if not path.is_file():
            yield Fault(path.name, "is missing")
    for path in sorted(folder.glob("*.safetensors")):
        what = _weights_fault(path)
        if what:
            yield Fault(path.name, what)


def _shards(folder: Path) -> list[Path]:
    """Return the files that the index of large weights names."""
    try:
        index = json.loads((folder / "model.safetensors.index.json").read_bytes())
        return sorted({folder / str(name) for name in index["weight_map"].values()})
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return []


def _weights_fault(path: Path) -> str:
    """Return what is wrong with a safetensors file: a length, a header in JSON, and the data."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= min(size, _LONGEST_HEADER):
            return "does not begin as a safetensors file does"
        try:
            header = json.loads(file.read(length))
            ends = [
                int(each["data_offsets"][1])
                for name, each in header.items()
                if name != "__metadata__"
            ]
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
            return "has a header that cannot be read"
    whole = 8 + length + max(ends, default=0)
    return "" if size == whole else f"has {size} bytes and must have {whole}"
