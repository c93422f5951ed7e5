"""What the commands say: answers on standard output, everything else on standard error."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import uvloop
from rich.console import Console
from rich.status import Status

from kallglot import log

__all__ = ["examples", "loading", "log_to_stderr", "notes", "run", "table"]

T = TypeVar("T")

#: Where the engines' processes are heard from while they load.
_LOADING = "kallglot.speech.child"


def examples(*lines: str) -> str:
    """Return the end of a command's help."""
    head = "Examples:" if len(lines) > 1 else "Example:"
    return "\b\n" + "\n".join([head, *(f"  {line}" for line in lines)])


def notes() -> Console:
    """Return what writes to standard error, in colour where that can be seen."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run on an event loop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def log_to_stderr(level: str) -> None:
    """Log in our format from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(log.WhoFilter())
    handler.setFormatter(logging.Formatter(log.FORMAT))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return columns wide enough for what is in them, however wide the terminal."""
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


@contextmanager
def loading(console: Console, what: str) -> Iterator[None]:
    """Show what the engines say while they load: in one line, or as lines where nobody watches."""
    logger = logging.getLogger(_LOADING)
    level = logger.level
    with console.status(what) as status:
        handler = _Progress(console, status)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        is_passed_on, logger.propagate = logger.propagate, False
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = is_passed_on


class _Progress(logging.Handler):
    def __init__(self, console: Console, status: Status) -> None:
        super().__init__()
        self._console = console
        self._status = status

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().removeprefix("speech ")
        if self._console.is_terminal and record.levelno == logging.INFO:
            self._status.update(text)
        else:
            self._console.print(text, markup=False)
