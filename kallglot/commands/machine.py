"""What a machine must have to run Kallglot, one function per thing looked at."""

from __future__ import annotations

import enum
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import attrs

from kallglot.config import Settings
from kallglot.errors import KallglotError
from kallglot.speech import catalogue, espeak_program
from kallglot.speech.models.shelf import faults_in

__all__ = ["Finding", "Grade", "findings"]

GIB = 1 << 30
#: Of disk: a day of calls, 10 of them at a time, is about 4 GiB.
ENOUGH_DISK = 5 * GIB
LITTLE_DISK = GIB // 2
#: Of memory: the demonstration models and torch want about 1 GiB.
ENOUGH_MEMORY = 2 * GIB
#: Names of the synthesiser that is looked at by itself.
_ESPEAK = frozenset({"demo", "espeak-ng"})
#: When this was written; no clock is earlier.
THIS_YEAR = 1_767_225_600.0


class Grade(enum.Enum):
    """What is thought of a thing."""

    GOOD = "good"
    MEAGRE = "meagre"
    MISSING = "MISSING"


@attrs.frozen
class Finding:
    """What was looked at, what was found, and what can be done about it."""

    what: str
    grade: Grade
    found: str
    remedy: str = ""


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at everything that a server with these settings needs."""
    yield _python()
    yield _processors()
    yield _memory()
    yield _torch(settings)
    yield _package("transformers", Grade.MISSING)
    yield _package("silero_vad", Grade.MISSING)
    yield _package("sentencepiece", Grade.MEAGRE)  # the demonstration does without
    yield _espeak()
    for role, choice in (
        ("recogniser", settings.speech.recogniser),
        ("translator", settings.speech.translator),
        ("synthesiser", settings.speech.synthesiser),
    ):
        for each in catalogue.expand(choice, role, settings.models.folder):
            if role != "synthesiser" or each not in _ESPEAK:
                yield _model(role, each, settings.models.folder)
    yield _port(settings)
    yield _folder(settings.data)
    yield _disk(settings.data)
    yield _clock()


def _python() -> Finding:
    return Finding("Python", Grade.GOOD, platform.python_version())


def _processors() -> Finding:
    count = os.cpu_count() or 1
    if count < 2:
        return Finding(
            "processors", Grade.MEAGRE, "one", "two or more let models and calls work side by side"
        )
    return Finding("processors", Grade.GOOD, str(count))


def _memory() -> Finding:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return Finding("memory", Grade.GOOD, "not known here")
    found = f"{size / GIB:.1f} GiB"
    if size < ENOUGH_MEMORY:
        return Finding("memory", Grade.MEAGRE, found, "the demonstration models want 2 GiB")
    return Finding("memory", Grade.GOOD, found)


def _torch(settings: Settings) -> Finding:
    if importlib.util.find_spec("torch") is None:
        return Finding("torch", Grade.MISSING, "not installed", "pip install 'kallglot[speech]'")
    version = importlib.metadata.version("torch")
    build = version.partition("+")[2] or "default"
    if settings.speech.device.startswith("cuda") and build == "cpu":
        return Finding(
            "torch",
            Grade.MISSING,
            f"{version}, a build for CPUs, and speech.device is {settings.speech.device}",
            "install a CUDA build from pytorch.org, or set speech.device to cpu",
        )
    return Finding(
        "torch", Grade.GOOD, f"{version}, {build} build, used on {settings.speech.device}"
    )


def _package(name: str, without: Grade) -> Finding:
    if importlib.util.find_spec(name) is None:
        return Finding(name, without, "not installed", "pip install 'kallglot[speech]'")
    return Finding(name, Grade.GOOD, importlib.metadata.version(name.replace("_", "-")))


def _espeak() -> Finding:
    found = espeak_program.find()
    if found is None:
        return Finding(
            "espeak-ng",
            Grade.MISSING,
            "no library",
            "pip install espeakng-loader, or install your system's espeak-ng package",
        )
    return Finding("espeak-ng", Grade.GOOD, found[0])


def _model(role: str, choice: str, folder: Path) -> Finding:
    try:
        place = catalogue.find(choice, role, folder)
    except KallglotError as error:
        return Finding(role, Grade.MISSING, choice, str(error))
    if isinstance(place, Path):
        for fault in faults_in(place):
            return Finding(
                role,
                Grade.MISSING,
                f"{choice}: {fault}",
                f"kallglot models pull {place.name} mends what was pulled; copy other models again",
            )
        size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
        return Finding(role, Grade.GOOD, f"{choice}: {place} ({size / (1 << 20):.0f} MiB)")
    return Finding(role, Grade.GOOD, f"{choice}, fetched from the hub when it is first used")


def _port(settings: Settings) -> Finding:
    address = settings.bind
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            return Finding(
                "port",
                Grade.MISSING,
                f"{address}: {error.strerror}",
                "stop what listens there, or choose another with --bind or KALLGLOT_BIND",
            )
    return Finding("port", Grade.GOOD, f"{address} is free")


def _folder(data: Path) -> Finding:
    there = _nearest(data)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Finding(
            "data folder",
            Grade.MISSING,
            f"{there}: {error.strerror}",
            "choose another with --data or KALLGLOT_DATA, or let this user write there",
        )
    return Finding("data folder", Grade.GOOD, f"{data.absolute()} can be written")


def _disk(data: Path) -> Finding:
    free = shutil.disk_usage(_nearest(data)).free
    found = f"{free / GIB:.1f} GiB free"
    remedy = "a recorded call takes about 5 MiB a minute; make room or choose another folder"
    if free < LITTLE_DISK:
        return Finding("disk", Grade.MISSING, found, remedy)
    if free < ENOUGH_DISK:
        return Finding("disk", Grade.MEAGRE, found, remedy)
    return Finding("disk", Grade.GOOD, found)


def _clock() -> Finding:
    now = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    if time.time() < THIS_YEAR:
        return Finding("clock", Grade.MISSING, now, "set the clock; tokens depend on it")
    return Finding("clock", Grade.GOOD, now)


def _nearest(path: Path) -> Path:
    """Return the path, or the first folder above it that exists."""
    return next(each for each in (path, *path.absolute().parents) if each.is_dir())
