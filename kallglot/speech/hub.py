"""Models of the Hugging Face hub: fetched once, while somebody watches how far it is.

What has come stays: a download that was cut off goes on with the files that are missing.  Within
a file the hub's own library goes on where it was, as long as the process lives.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs

from kallglot.errors import ModelMissing

__all__ = [
    "OLD_WEIGHTS",
    "WANTED",
    "HubModel",
    "Progress",
    "Tally",
    "connection_errors",
    "explain",
    "fetch",
    "human_size",
    "name_of",
    "prefer",
]

#: Everything a model is made of, except for copies of its weights in formats we do not read, and
#: the page that names its licence.
WANTED: Final = ["*.json", "*.txt", "*.model", "*.spm", "*.safetensors", "README.md"]
OLD_WEIGHTS: Final = ["pytorch_model*.bin"]

#: How often a download that broke off after something had come is taken up again.
_RESUMPTIONS: Final = 3
#: Seconds between two lines: at least, and at most while anything comes.
_SOONEST: Final = 1.0
_LATEST: Final = 10.0

Progress = Callable[[str], None]


@attrs.frozen
class HubModel:
    """A model on the hub, at one of its revisions."""

    id: str
    revision: str


class Tally:
    """How many bytes of a model have come, said now and then.

    The hub's library counts what comes from the network and what is written to the disk, each by
    a bar, either of which may be the one that moves, and from several threads.
    """

    def __init__(
        self, name: str, progress: Progress, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._progress = progress
        self._clock = clock
        self._lock = threading.Lock()
        self._bars: list[Any] = []
        self._said_at = -_LATEST
        self._said_percent = -1
        self.most = 0

    def bar_class(self) -> Any:
        """Return what the hub's library takes for `tqdm`: it counts, and draws nothing."""
        import tqdm  # type: ignore[import-untyped]  # noqa: PLC0415 - comes with the library

        tally = self

        class Bar(tqdm.tqdm):  # type: ignore[misc]
            def __init__(self, *arguments: Any, **options: Any) -> None:
                options.pop("name", None)
                super().__init__(*arguments, **{**options, "disable": True})
                self.is_of_bytes = options.get("unit") == "B"
                if self.is_of_bytes:
                    tally.watch(self)

            def update(self, n: float | None = 1) -> None:
                if self.is_of_bytes:
                    tally.move(self, int(n or 0))

        return Bar

    def watch(self, bar: Any) -> None:
        with self._lock:
            self._bars.append(bar)

    def move(self, bar: Any, count: int) -> None:
        with self._lock:
            bar.n += count
            total = min((each.total for each in self._bars if each.total), default=0)
            done = max(each.n for each in self._bars)
            self.most = max(self.most, done)
            self._say(min(done, total) if total else done, total)

    def _say(self, done: int, total: int) -> None:
        now = self._clock()
        percent = 100 * done // total if total else 0
        waited = now - self._said_at
        is_news = percent != self._said_percent and waited >= _SOONEST
        if is_news or waited >= _LATEST:
            self._said_at, self._said_percent = now, percent
            share = f" of {human_size(total)}, {percent} %" if total else ""
            self._progress(f"fetching {self._name}: {human_size(done)}{share}")


def human_size(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def prefer(mirror: str | None, *, is_offline: bool) -> None:
    """Let the hub's library, in this process and its children, ask the mirror or nobody.

    What the environment says already is left; it must be called before the library is imported.
    """
    if mirror is not None:
        os.environ.setdefault("HF_ENDPOINT", mirror)
    if is_offline:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")


def connection_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """Return `others` and what the hub's library raises when the hub is away or refuses."""
    from huggingface_hub import errors  # noqa: PLC0415 - slow to import, rarely used

    return (
        *others,
        OSError,
        RuntimeError,
        errors.HTTPError,  # type: ignore[attr-defined]  # of httpx, whichever the library uses
        errors.XetDownloadError,
    )


def from_hub(id: str, **options: Any) -> str:  # noqa: A002 - as the hub calls it
    """Download a model and return its directory; raises `OSError` where that is not possible."""
    try:
        from huggingface_hub import snapshot_download  # noqa: PLC0415 - slow, rarely used
    except ImportError as error:
        raise ModelMissing(
            f"{error.name} is not installed: `pip install 'kallglot[speech]'`"
        ) from error
    try:
        path: str = snapshot_download(id, **options)
    except connection_errors() as error:
        if isinstance(error, OSError):
            raise
        raise ConnectionError(type(error).__name__) from error
    return path


def fetch(model: HubModel, progress: Progress, download: Callable[..., str] = from_hub) -> Path:
    """Return the model's directory, from the cache or else from the hub.

    Raises:
        ModelMissing: it is on neither; the message says what to do.
    """

    def get(patterns: list[str], **options: Any) -> Path:
        return Path(download(model.id, revision=model.revision, allow_patterns=patterns, **options))

    try:
        path = get(WANTED, local_files_only=True)
        if _has_weights(path):
            return path
    except OSError:
        pass  # not in the cache, or not all of it
    progress(f"fetching {model.id} at {model.revision}")
    try:
        path = _persist(lambda bars: get(WANTED, tqdm_class=bars), model.id, progress)
        if not _has_weights(path):
            both = WANTED + OLD_WEIGHTS
            path = _persist(lambda bars: get(both, tqdm_class=bars), model.id, progress)
    except (OSError, ValueError) as error:
        raise ModelMissing(explain(model, error)) from error
    return path


def name_of(path_or_id: str) -> str:
    """What a model is called, also where it lies in the cache of the hub's library."""
    path = Path(path_or_id)
    if path.parent.name == "snapshots" and path.parent.parent.name.startswith("models--"):
        return path.parent.parent.name.removeprefix("models--").replace("--", "/", 1)
    return path.resolve().name if path.is_dir() else path_or_id


def _persist(get: Callable[[Any], Path], name: str, progress: Progress) -> Path:
    """Take the download up again when it breaks off after something has come."""
    for _ in range(_RESUMPTIONS):
        tally = Tally(name, progress)
        try:
            return get(tally.bar_class())
        except OSError as error:
            if not tally.most or error.errno == errno.ENOSPC:
                raise
            progress(f"fetching {name} broke off after {human_size(tally.most)}, going on")
    return get(Tally(name, progress).bar_class())


def _has_weights(path: Path) -> bool:
    return any(path.glob("*.safetensors")) or any(path.glob("pytorch_model*.bin"))


def explain(model: HubModel, error: Exception) -> str:
    """Return what an error of the hub's library means, and what to do about it."""
    from huggingface_hub import errors  # noqa: PLC0415 - slow to import, rarely used

    page = f"https://huggingface.co/{model.id}"
    match error:
        case errors.GatedRepoError():
            return (
                f"{model.id} is only for those who accept its terms: do so at {page},"
                " and set HF_TOKEN to a token of that account"
            )
        case errors.RepositoryNotFoundError():
            return (
                f"the hub shows no model {model.id}: correct its name, or set HF_TOKEN to a token"
                " of an account that may see it"
            )
        case errors.RevisionNotFoundError():
            return f"{model.id} has no revision {model.revision}: choose one at {page}/commits/main"
        case OSError(errno=errno.ENOSPC):
            return (
                f"there is no room for {model.id} on this disk: make some,"
                " or set HF_HOME to a directory on another"
            )
        case _:
            return (
                f"{model.id} at {model.revision} is not on this machine and could not be fetched"
                f" ({type(error).__name__}).  If this machine may not reach the hub, run"
                f" `hf download {model.id} --revision {model.revision} --local-dir DIRECTORY`"
                " on one that may, copy the directory here, and name it in the settings"
            )
