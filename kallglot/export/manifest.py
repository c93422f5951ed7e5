"""What is in an archive, so that nobody need trust the way it came.  Pure."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import attrs
import cattrs
import msgspec

from kallglot.errors import KallglotError

__all__ = ["NAME", "BrokenExport", "Included", "Manifest", "Member", "Presence", "safe_name"]

#: The last member of an archive: it says what the others are.
NAME = "manifest.json"
VERSION = 1

#: What has become of a recording; `deleted` also if its time had run out.
Presence: TypeAlias = Literal["included", "deleted", "failed", "missing"]

_SAFE = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


class BrokenExport(KallglotError):
    """An archive is not what its manifest says, or has none."""


@attrs.frozen
class Member:
    """A file of the archive; `sha256` is in hexadecimal."""

    name: str
    size: int
    sha256: str


@attrs.frozen
class Included:
    """A recording of the session, and under what name it is here, if it is."""

    id: str
    channel: str
    status: Presence
    file: str | None


@attrs.frozen
class Manifest:
    """Every member of an archive but the manifest itself, and every recording there was."""

    session_id: str
    created_at: str
    created_by: str
    files: tuple[Member, ...]
    recordings: tuple[Included, ...]
    version: int = VERSION
    object: Literal["session_export"] = "session_export"

    def encode(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(attrs.asdict(self)), indent=2) + b"\n"

    @classmethod
    def decode(cls, text: bytes) -> Manifest:
        """Read a manifest.

        Raises:
            BrokenExport: it is none, is from a newer Kallglot, or has names that lead elsewhere.
        """
        try:
            manifest = cattrs.structure(msgspec.json.decode(text), cls)
        except (msgspec.DecodeError, cattrs.BaseValidationError, TypeError, ValueError) as error:
            raise BrokenExport("the manifest cannot be read") from error
        if manifest.version != VERSION:
            raise BrokenExport(f"the manifest has version {manifest.version}, which we do not know")
        if not all(is_safe(member.name) for member in manifest.files):
            raise BrokenExport("the manifest has names that no archive of ours has")
        return manifest


def is_safe(name: str) -> bool:
    """Tell whether a member's name stays within the folder that it is unpacked into."""
    return _SAFE.fullmatch(name) is not None


def safe_name(text: str) -> str:
    """Return a name for a file that no system takes for anything else."""
    return re.sub(r"^-|[^A-Za-z0-9_-]", "_", text)[:64] or "_"
