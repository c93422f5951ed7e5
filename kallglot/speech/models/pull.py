"""Pulling a model: what it needs, whether it may be had and has room, and getting it whole.

Nothing gets a model's own name on the shelf before every file of it has come and was compared
with what the hub says of it.  What has come of the others stays, and the next pull goes on there.
"""

from __future__ import annotations

import errno
import fnmatch
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import attrs

from kallglot.errors import ModelMissing
from kallglot.speech import calibration
from kallglot.speech.hub import HubModel, explain, human_size
from kallglot.speech.models.entries import Entry
from kallglot.speech.models.lock import Lock, Locked, LockedFile, is_safe
from kallglot.speech.models.remote import Hub, RemoteFile
from kallglot.speech.models.shelf import Shelf, State, faults_in, sha256_of

__all__ = ["MARGIN", "Plan", "permitted", "plan", "pull", "wanted"]

#: Bytes that must stay free beside a model.
MARGIN: Final = 512 << 20
#: How often a download that broke off after something had come is taken up again.
_RESUMPTIONS: Final = 3
#: What says that nothing more can be written: the disk, a quota, or a limit of files' sizes.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MAIN: Final = "main"
_REVISION: Final = ".revision"
_PART: Final = ".part"
_TEXTS: Final = ("*.json", "*.txt", "*.model", "*.spm", "README.md")
#: Indexes of weights in formats that are not fetched.
_NOT: Final = ("pytorch_model*.json", "tf_model*", "flax_model*", "*.fp32*", "*.msgpack*")

Moved = Callable[[str, int], None]


@attrs.frozen
class Plan:
    """What pulling a model will do; `here` are bytes that have come already."""

    entry: Entry
    revision: str
    files: tuple[RemoteFile, ...]
    here: dict[str, int]
    is_done: bool = False

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def missing(self) -> int:
        return 0 if self.is_done else max(0, self.size - sum(self.here.values()))


def permitted(entry: Entry, lock: Lock, accepted: Sequence[str] = ()) -> bool:
    """Tell whether the model may be had: the others' licences allow everybody to use them.

    Raises:
        ModelMissing: its licence must be accepted first; the message says how.
    """
    if entry.is_commercial or lock.accepted.get(entry.name) == entry.licence:
        return True
    if entry.licence in accepted:
        return True
    raise ModelMissing(
        f"{entry.name} is not for commercial use (its licence is {entry.licence}).  If yours is"
        f" not: `kallglot models pull {entry.name} --accept-licence {entry.licence}`"
    )


def wanted(files: Sequence[RemoteFile]) -> tuple[RemoteFile, ...]:
    """Return the files that we read: no folders, each weight once, old formats only if need be."""
    top = [file for file in files if "/" not in file.path and is_safe(file.path)]
    top = [file for file in top if not _matches(file.path, _NOT)]
    names = {file.path for file in top}
    if "model.safetensors" in names:
        weights: tuple[str, ...] = ("model.safetensors",)
    elif any(fnmatch.fnmatch(name, "*.safetensors") for name in names):
        weights = ("*.safetensors",)
    else:
        weights = ("pytorch_model*.bin",)
    return tuple(file for file in top if _matches(file.path, (*_TEXTS, *weights)))


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def plan(
    entry: Entry, shelf: Shelf, hub: Hub, revision: str | None = None, *, is_update: bool = False
) -> Plan:
    """Ask the hub what the model consists of, and look what of it is here.

    The revision is the one that is given, else the one that is locked, else what the hub's `main`
    is now.

    Raises:
        ModelMissing: the hub does not have it, or not what we need of it.
    """
    if not entry.is_pulled:
        raise ModelMissing(f"{entry.name} is not pulled: it needs {entry.needs}")
    locked = shelf.lock().models.get(entry.name)
    kept = None if is_update or locked is None else locked.revision
    asked = revision or kept or _MAIN
    try:
        listing = hub.look(entry.id, asked)
    except OSError as error:
        raise ModelMissing(explain(HubModel(entry.id, asked), error)) from error
    if re.fullmatch(r"[0-9a-f]{7,64}", listing.revision) is None:
        raise ModelMissing(f"the hub does not say which commit of {entry.id} its {asked} is")
    files = wanted(listing.files)
    names = {file.path for file in files}
    if "config.json" not in names or not any(
        _matches(name, ("*.safetensors", "*.bin")) for name in names
    ):
        raise ModelMissing(
            f"{entry.id} at {listing.revision} has no config.json and weights that transformers"
            " could read; name another with --revision"
        )
    is_here = locked is not None and locked.revision == listing.revision and locked.is_complete
    if is_here and shelf.state(entry.name) is State.INSTALLED and not _quick(shelf, entry.name):
        return Plan(entry, listing.revision, files, {}, is_done=True)
    return Plan(
        entry, listing.revision, files, _come(shelf.partial(entry.name), listing.revision, files)
    )


def _quick(shelf: Shelf, name: str) -> bool:
    """Whether something about an installed model shows without reading it all."""
    folder = shelf.place(name)
    sizes = {file.path: file.size for file in shelf.lock().models[name].files}
    differ = any(
        not (folder / path).is_file() or (folder / path).stat().st_size != size
        for path, size in sizes.items()
    )
    return differ or any(faults_in(folder))


def _come(folder: Path, revision: str, files: Sequence[RemoteFile]) -> dict[str, int]:
    """Return how many bytes of each file lie in a half-pulled folder of that revision."""
    mark = folder / _REVISION
    if not mark.is_file() or mark.read_text("utf-8") != revision:
        return {}
    come = {}
    for file in files:
        for path in (folder / file.path, folder / (file.path + _PART)):
            if path.is_file() and path.stat().st_size <= file.size:
                come[file.path] = path.stat().st_size
                break
    return come


def pull(
    plan: Plan,
    shelf: Shelf,
    hub: Hub,
    moved: Moved = lambda _, __: None,
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> Path:
    """Get what is missing, and return the folder of the whole model.

    Raises:
        ModelMissing: there is no room, or the hub broke off, or sent something else.
    """
    name = plan.entry.name
    if plan.is_done:
        return shelf.place(name)
    folder = shelf.partial(name)
    with shelf.alone():
        try:
            _check_room(plan, free(shelf.folder))
            _make(folder, plan)
            _remember(plan, shelf)
            for file in plan.files:
                _fetch(plan, file, folder, hub, moved)
            _describe(plan, folder)
            return _install(plan, shelf)
        except OSError as error:
            raise ModelMissing(_complaint(plan, shelf, error)) from error


def _make(folder: Path, plan: Plan) -> None:
    if folder.is_dir() and not plan.here:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _REVISION).write_text(plan.revision, "utf-8")


def _check_room(plan: Plan, free: int) -> None:
    needed = plan.missing + MARGIN
    if free < needed:
        raise OSError(errno.ENOSPC, f"{human_size(needed)} are needed, {human_size(free)} free")


def _remember(plan: Plan, shelf: Shelf) -> None:
    """Write the revision down before anything comes, unless another is in use meanwhile."""
    if not shelf.place(plan.entry.name).is_dir():
        files = tuple(LockedFile(file.path, file.size) for file in plan.files)
        shelf.keep(plan.entry.name, Locked(plan.entry.id, plan.revision, files))


def _fetch(plan: Plan, file: RemoteFile, folder: Path, hub: Hub, moved: Moved) -> None:
    path = folder / file.path
    if path.is_file() and _is_as_said(path, file):
        return
    path.unlink(missing_ok=True)
    part = folder / (file.path + _PART)
    if part.is_file() and part.stat().st_size > file.size:
        part.unlink()
    for attempt in (1, 2):
        _persist(plan, file, part, hub, moved)
        if _is_as_said(part, file):
            part.replace(path)
            return
        moved(file.path, -part.stat().st_size)
        part.unlink()
        if attempt == 2:
            raise ModelMissing(
                f"the hub sent something else for {file.path} of {plan.entry.id} than it says"
                " that it has, twice; try later, or another mirror (models.mirror)"
            )


def _persist(plan: Plan, file: RemoteFile, part: Path, hub: Hub, moved: Moved) -> None:
    """Take the download up again when it breaks off after something has come."""
    for attempt in range(_RESUMPTIONS + 1):
        before = part.stat().st_size if part.is_file() else 0
        try:
            hub.download(
                plan.entry.id, plan.revision, file, part, lambda count: moved(file.path, count)
            )
            if not part.is_file():
                part.touch()  # an empty file
            return
        except OSError as error:
            has_come = part.is_file() and part.stat().st_size > before
            if _is_of_this_machine(error) or not has_come or attempt == _RESUMPTIONS:
                raise


def _is_of_this_machine(error: OSError) -> bool:
    """Whether it is the disk and not the network."""
    is_network = isinstance(error, ConnectionError | TimeoutError)
    return error.errno is not None and not is_network


def _is_as_said(path: Path, file: RemoteFile) -> bool:
    if path.stat().st_size != file.size:
        return False
    if file.sha256:
        return sha256_of(path) == file.sha256
    return not file.git or _git_name(path) == file.git


def _git_name(path: Path) -> str:
    """Return what git calls a file of this content."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324


def _describe(plan: Plan, folder: Path) -> None:
    """Write what we know of the model beside it, unless it says so itself."""
    path = folder / calibration.FILE_NAME
    if any(file.path == calibration.FILE_NAME for file in plan.files):
        return
    about: dict[str, str | bool] = {
        "name": plan.entry.name,
        "revision": plan.revision,
        "licence": plan.entry.licence,
        # What stock models have learnt; a description that leaves it out says that they have not.
        "is_promptable": True,
    }
    if plan.entry.is_window_elastic:
        about["is_window_elastic"] = True
    path.write_text(json.dumps(about, indent=2) + "\n", "utf-8")


def _install(plan: Plan, shelf: Shelf) -> Path:
    name, entry = plan.entry.name, plan.entry
    folder, place = shelf.partial(name), shelf.place(name)
    ours = {calibration.FILE_NAME} | {file.path for file in plan.files}
    files = tuple(
        LockedFile(path.name, path.stat().st_size, sha256_of(path))
        for path in sorted(folder.iterdir())
        if path.name in ours
    )
    # First what may fail for want of room: then nothing has changed, and all that came is kept.
    shelf.keep(name, Locked(entry.id, plan.revision, files))
    for path in folder.iterdir():
        if path.name not in ours:
            path.unlink()  # the mark, or of a pull that wanted other files
    old = folder.with_name(name + ".old")
    if place.is_dir():
        if old.is_dir():
            shutil.rmtree(old)
        place.rename(old)
    folder.rename(place)
    if old.is_dir():
        shutil.rmtree(old)
    return place


def _complaint(plan: Plan, shelf: Shelf, error: OSError) -> str:
    name = plan.entry.name
    if error.errno in _FULL:
        return (
            f"there is no room for {name} in {shelf.folder} ({error.strerror});"
            f" make some and pull again, which goes on where it stopped, or set models.folder to a"
            f" folder on another disk; `kallglot models remove {name}` gives back what has come"
        )
    if isinstance(error, PermissionError):
        return f"{shelf.folder} cannot be written; set models.folder, or let this user write there"
    return (
        f"{name} broke off ({type(error).__name__}); `kallglot models pull {name}`"
        " goes on where it stopped"
    )
