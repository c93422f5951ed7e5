"""Bars that show a model coming: one for each file that is on its way, and one for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from kallglot.speech.models.pull import Plan

__all__ = ["bars"]


@contextmanager
def bars(console: Console, plan: Plan) -> Iterator[Callable[[str, int], None]]:
    """Yield what is told how many bytes of which file have come; draws nothing for no terminal."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal or plan.is_done,
    )
    with progress:
        whole = progress.add_task(
            plan.entry.name, total=plan.size, completed=plan.size - plan.missing
        )
        tasks: dict[str, TaskID] = {}
        sizes = {file.path: file.size for file in plan.files}

        def moved(path: str, count: int) -> None:
            if path not in tasks:
                tasks[path] = progress.add_task(
                    f"  {path}", total=sizes[path], completed=plan.here.get(path, 0)
                )
            progress.advance(whole, count)
            progress.advance(tasks[path], count)
            if progress.tasks[progress.task_ids.index(tasks[path])].finished:
                progress.update(tasks[path], visible=False)

        yield moved
