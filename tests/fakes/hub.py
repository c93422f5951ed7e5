"""A hub of models in memory, with the real interface, and with troubles on purpose."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path

from kallglot.speech.models.remote import Listing, RemoteFile

FIRST = "a" * 40
SECOND = "b" * 40


def weights(count: int = 64) -> bytes:
    """Return a safetensors file with one tensor of so many bytes."""
    header = json.dumps(
        {"w": {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}
    ).encode()
    return struct.pack("<Q", len(header)) + header + bytes(count)


def model(count: int = 64) -> dict[str, bytes]:
    """Return the files of a model as the hub has them, those that nobody needs included."""
    return {
        "config.json": b'{"model_type": "whisper"}',
        "tokenizer.json": b"{}",
        "model.safetensors": weights(count),
        "pytorch_model.bin": b"the same again",
        "onnx/model.onnx": b"and again",
        "README.md": b"# A model",
        ".gitattributes": b"",
    }


class FakeHub:
    """Models by id and commit; `main` is the newest.

    `troubles` are raised by the downloads to come, one each, after `sends` bytes have come;
    `forged` are files that come with other content than was promised.
    """

    def __init__(self) -> None:
        self.commits: dict[str, dict[str, dict[str, bytes]]] = {}
        self.looked: list[tuple[str, str]] = []
        self.sent: list[tuple[str, int]] = []
        self.troubles: list[OSError] = []
        self.sends = 10
        self.forged: dict[str, bytes] = {}

    def offer(self, id: str, files: dict[str, bytes] | None = None, commit: str = FIRST) -> None:  # noqa: A002
        self.commits.setdefault(id, {})[commit] = model() if files is None else files

    def look(self, id: str, revision: str) -> Listing:  # noqa: A002
        self.looked.append((id, revision))
        if id not in self.commits:
            raise ConnectionError("no route to hub")
        commits = self.commits[id]
        commit = list(commits)[-1] if revision == "main" else revision
        return Listing(commit, tuple(_listed(*each) for each in commits[commit].items()))

    def download(
        self,
        id: str,  # noqa: A002
        revision: str,
        file: RemoteFile,
        to: Path,
        moved: Callable[[int], None],
    ) -> None:
        content = self.forged.get(file.path, self.commits[id][revision][file.path])
        with to.open("ab") as opened:
            start = opened.tell()
            trouble = self.troubles.pop(0) if self.troubles else None
            rest = content[start : start + self.sends] if trouble else content[start:]
            opened.write(rest)
        moved(len(rest))
        self.sent.append((file.path, len(rest)))
        if trouble is not None:
            raise trouble


def _listed(path: str, content: bytes) -> RemoteFile:
    if path.endswith(".safetensors"):
        return RemoteFile(path, len(content), sha256=hashlib.sha256(content).hexdigest())
    named = b"blob %d\0" % len(content) + content
    return RemoteFile(path, len(content), git=hashlib.sha1(named).hexdigest())
