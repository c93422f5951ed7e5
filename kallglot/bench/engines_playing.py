"""Three engines on one device, asked in real time as so many calls would ask them.

What the arithmetic of `queueing` leaves out is here: threads that want the same interpreter, and
a device that does several things at once.  Torch is needed.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import attrs
import torch

from kallglot.bench import queueing, shape_models
from kallglot.bench.engines_figures import Played
from kallglot.bench.figures import quantile
from kallglot.bench.queueing import Errand
from kallglot.bench.shape_runs import Run, prepare
from kallglot.bench.shapes import Shape

__all__ = ["Playing", "load"]

#: Seconds at the beginning that do not count.
_SETTLE = 3.0
#: Seconds that answers may still come after the last request.
_REST = 2.0


@attrs.define(eq=False)
class _Job:
    errand: Errand
    leg: int = 0


class _Desk(threading.Thread):
    """An engine in a thread, and the queue before it."""

    def __init__(
        self,
        runs: Mapping[int, Run],
        pass_on: Callable[[_Job], None],
        stream: AbstractContextManager[None],
    ) -> None:
        super().__init__(daemon=True)
        self._runs = runs
        self._pass_on = pass_on
        self._stream = stream
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._is_open = True

    def put(self, job: _Job) -> None:
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._is_open = False
            self._changed.notify()
        self.join()

    def run(self) -> None:
        sizes = sorted(self._runs)
        with self._stream:
            while batch := self._take(sizes[-1]):
                size = next(size for size in sizes if size >= len(batch))
                self._runs[size]()
                for job in batch:
                    job.leg += 1
                    self._pass_on(job)

    def _take(self, most: int) -> list[_Job]:
        with self._changed:
            while self._is_open and not self._jobs:
                self._changed.wait()
            if not self._is_open:
                return []
            return [self._jobs.popleft() for _ in range(min(most, len(self._jobs)))]


class Playing:
    """The engines of a profile, ready to be asked; `every` is how often a voice is heard."""

    def __init__(self, engines: Sequence[Mapping[int, Run]], every: float, device: str) -> None:
        self._engines = engines
        self._every = every
        self._device = device
        self._waits: list[tuple[Errand, float]] = []
        self._began = 0.0
        self._desks: list[_Desk] = []

    def play(self, calls: int, seconds: float, expected: float) -> Played:
        """Have so many calls for so many seconds, in real time."""
        self._waits = []
        self._desks = [_Desk(runs, self._pass_on, self._stream()) for runs in self._engines]
        for desk in self._desks:
            desk.start()
        errands = queueing.errands(calls, self._every, _SETTLE + seconds)
        self._began = time.perf_counter()
        for errand in errands:
            time.sleep(max(0.0, self._began + errand.at - time.perf_counter()))
            self._desks[0].put(_Job(errand))
        time.sleep(_REST)
        for desk in self._desks:
            desk.close()
        return self._figures(calls, errands, expected)

    def _stream(self) -> AbstractContextManager[None]:
        if not self._device.startswith("cuda"):
            return nullcontext()
        stream: Any = torch.cuda.Stream
        own: AbstractContextManager[None] = torch.cuda.stream(stream(self._device))
        return own

    def _pass_on(self, job: _Job) -> None:
        if job.leg < len(job.errand.route):
            self._desks[job.errand.route[job.leg]].put(job)
        else:
            now = time.perf_counter() - self._began
            self._waits.append((job.errand, now - job.errand.at))

    def _figures(self, calls: int, errands: Sequence[Errand], expected: float) -> Played:
        counted = [(one, wait) for one, wait in self._waits if one.at >= _SETTLE]
        turns = [wait for one, wait in counted if len(one.route) > 1]
        chunks = [wait for one, wait in counted if len(one.route) == 1]
        asked = sum(len(one.route) > 1 and one.at >= _SETTLE for one in errands)
        return Played(
            calls=calls,
            turns=asked,
            p50=quantile(turns, 0.5),
            p95=quantile(turns, 0.95),
            chunk=quantile(chunks, 0.95),
            expected=expected,
            unfinished=1 - len(turns) / max(1, asked),
        )


def load(shapes: Sequence[Shape], batches: Sequence[int], dtype: str, device: str) -> Playing:
    """Build the engines of a profile, and let them warm up."""
    engines = []
    for shape in shapes:
        model = shape_models.build(shape, shape.always or dtype, device)
        runs = {rows: prepare(shape, model, shape.works[0], rows) for rows in batches}
        for run in runs.values():
            run()
        engines.append(runs)
    return Playing(engines, shapes[0].works[0].every, device)
