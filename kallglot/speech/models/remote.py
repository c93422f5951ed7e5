"""A hub as pulling sees it: what a model consists of there, and its files piece by piece.

The hub's own library does the talking.  It throws away what has come of a file when its process
ends, so each file is fetched into a place of ours, and asked for from where that ends.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, cast

import attrs

from kallglot.errors import ModelMissing
from kallglot.speech.hub import HubModel, connection_errors, explain

__all__ = ["Hub", "HuggingFaceHub", "Listing", "RemoteFile", "is_offline"]

_YES: Final = frozenset({"1", "ON", "YES", "TRUE"})


@attrs.frozen
class RemoteFile:
    """A file on the hub, and by what its content is known: sha256, or git's name for it."""

    path: str
    size: int
    sha256: str = ""
    git: str = ""


@attrs.frozen
class Listing:
    """What a model consists of at a revision, which is a commit and no name for one."""

    revision: str
    files: tuple[RemoteFile, ...]


class Hub(Protocol):
    """Where models come from; whatever goes wrong is an `OSError` or a `ModelMissing`."""

    def look(self, id: str, revision: str) -> Listing: ...  # noqa: A002 - as the hub calls it

    def download(
        self,
        id: str,  # noqa: A002
        revision: str,
        file: RemoteFile,
        to: Path,
        moved: Callable[[int], None],
    ) -> None:
        """Write the rest of a file behind what is in `to` already.

        `moved` is told how many bytes have come, and a negative number when they start over.
        """
        ...


def is_offline() -> bool:
    """Whether the environment says that the hub is not to be asked."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in _YES


class HuggingFaceHub:
    """The hub at `endpoint`, or at HF_ENDPOINT, or at huggingface.co."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint

    def look(self, id: str, revision: str) -> Listing:  # noqa: A002
        try:
            from huggingface_hub import HfApi  # noqa: PLC0415 - slow to import
        except ImportError as error:
            raise _not_installed(error) from error
        api = HfApi(endpoint=self._endpoint)
        try:
            info = api.model_info(id, revision=revision, files_metadata=True)
        except connection_errors(ValueError) as error:
            raise ModelMissing(explain(HubModel(id, revision), error)) from error
        return Listing(
            str(info.sha), tuple(_remote_file(each) for each in cast("Any", info.siblings) or ())
        )

    def download(
        self,
        id: str,  # noqa: A002
        revision: str,
        file: RemoteFile,
        to: Path,
        moved: Callable[[int], None],
    ) -> None:
        try:
            from huggingface_hub import errors, file_download, hf_hub_url  # noqa: PLC0415
            from huggingface_hub.utils._headers import build_hf_headers  # noqa: PLC0415
        except ImportError as error:
            raise _not_installed(error) from error
        url = hf_hub_url(id, file.path, revision=revision, endpoint=self._endpoint)
        with to.open("ab") as opened:
            opened.seek(0, os.SEEK_END)
            counted = cast("BinaryIO", _Counted(opened, moved))
            try:
                file_download.http_get(
                    url,
                    counted,
                    resume_size=opened.tell(),
                    headers=dict(build_hf_headers()),
                    expected_size=file.size,
                    tqdm_class=_silent(),
                )
            except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
                # Those that want their terms to be accepted say so only now.
                raise ModelMissing(explain(HubModel(id, revision), error)) from error
            except connection_errors(ValueError) as error:
                if isinstance(error, OSError):
                    raise
                raise ConnectionError(type(error).__name__) from error


class _Counted:
    """A file that says how much was written to it."""

    def __init__(self, file: BinaryIO, moved: Callable[[int], None]) -> None:
        self._file = file
        self._moved = moved

    def write(self, data: bytes) -> int:
        count = self._file.write(data)
        self._moved(count)
        return count

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, at: int) -> int:
        return self._file.seek(at)

    def truncate(self) -> int:
        before = self._file.seek(0, os.SEEK_END)
        size = self._file.truncate(0)
        self._moved(-before)
        return size


def _silent() -> Any:
    import tqdm  # type: ignore[import-untyped]  # noqa: PLC0415 - comes with the library

    class Bar(tqdm.tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*arguments, **{**options, "disable": True})

    return Bar


def _remote_file(sibling: Any) -> RemoteFile:
    lfs = sibling.lfs
    return RemoteFile(
        path=str(sibling.rfilename),
        size=int((lfs.size if lfs else sibling.size) or 0),
        sha256=str(lfs.sha256) if lfs else "",
        git="" if lfs else str(sibling.blob_id or ""),
    )


def _not_installed(error: ImportError) -> ModelMissing:
    return ModelMissing(f"{error.name} is not installed: `pip install 'kallglot[speech]'`")
