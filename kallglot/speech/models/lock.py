"""Which revision of each model was taken, file by file: `models.lock`.

A name such as `main` is asked for once; what it stood for then is written here and used ever
after, on other machines too if the file is copied there.  It also remembers which licences that
are not for everybody were accepted.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import cattrs
from attrs import validators

from kallglot.errors import SettingsError

__all__ = ["NAME", "Lock", "Locked", "LockedFile", "is_safe", "load", "read", "save", "write"]

NAME: Final = "models.lock"
_FORMAT: Final = 1


def is_safe(path: str) -> bool:
    """Whether a file's name keeps it inside its model's folder."""
    parts = path.split("/")
    return bool(path) and "\\" not in path and not any(part in {"", ".", ".."} for part in parts)


def _safe(_instance: Any, _attribute: Any, value: str) -> None:
    if not is_safe(value):
        raise ValueError(f"{value!r} is not a file of a model")


@attrs.frozen
class LockedFile:
    """A file of a model; `sha256` is empty until it has come."""

    path: str = attrs.field(validator=_safe)
    size: int = attrs.field(validator=validators.ge(0))
    sha256: str = attrs.field(default="", validator=validators.matches_re(r"(?:[0-9a-f]{64})?"))


@attrs.frozen
class Locked:
    """A model at the revision that is used."""

    id: str
    revision: str = attrs.field(validator=validators.matches_re(r"[0-9a-f]{7,64}"))
    files: tuple[LockedFile, ...] = ()

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def is_complete(self) -> bool:
        """Whether all its files have come once."""
        return bool(self.files) and all(file.sha256 for file in self.files)


@attrs.frozen
class Lock:
    """The whole file; `accepted` are licences by the name of the model they were accepted for."""

    models: Mapping[str, Locked] = attrs.field(factory=dict)
    accepted: Mapping[str, str] = attrs.field(factory=dict)

    def with_model(self, name: str, locked: Locked) -> Lock:
        return attrs.evolve(self, models={**self.models, name: locked})

    def without(self, name: str) -> Lock:
        return attrs.evolve(
            self, models={key: value for key, value in self.models.items() if key != name}
        )

    def with_licence(self, name: str, licence: str) -> Lock:
        return attrs.evolve(self, accepted={**self.accepted, name: licence})


def read(text: str) -> Lock:
    """Read the file's text; raises `ValueError`."""
    try:
        content = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(content, dict) or content.pop("format", None) != _FORMAT:
        raise ValueError(f"it is not in format {_FORMAT}")
    try:
        return cattrs.Converter(forbid_extra_keys=True).structure(content, Lock)
    except cattrs.BaseValidationError as error:
        raise ValueError("; ".join(cattrs.transform_error(error))) from error


def write(lock: Lock) -> str:
    """Return the file's text: the same for the same content, so that it can be compared."""
    content = {
        "format": _FORMAT,
        "models": {name: attrs.asdict(lock.models[name]) for name in sorted(lock.models)},
        "accepted": dict(sorted(lock.accepted.items())),
    }
    return json.dumps(content, indent=2) + "\n"


def load(folder: Path) -> Lock:
    """Return the lock of a folder; raises `SettingsError` when it cannot be read."""
    path = folder / NAME
    try:
        return read(path.read_text("utf-8"))
    except FileNotFoundError:
        return Lock()
    except (OSError, ValueError) as error:
        reason = re.sub(r"\s+", " ", str(error))
        raise SettingsError(
            f"{path} cannot be read ({reason}); restore it, or delete it and pull the models again"
        ) from error


def save(folder: Path, lock: Lock) -> None:
    """Replace the lock of a folder, wholly or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(write(lock))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
