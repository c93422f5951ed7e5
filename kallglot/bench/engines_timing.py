"""The clock of `scripts/bench engines`: how long batches take, and how much memory.

Torch is needed.
"""

from __future__ import annotations

import contextlib
import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
import transformers

from kallglot.bench import shape_models, shape_runs
from kallglot.bench.engines_figures import Timed
from kallglot.bench.shape_runs import Run
from kallglot.bench.shapes import Shape, Work

__all__ = ["device_name", "time_shape", "use_threads", "versions"]

#: However slow a model is, so many runs are made if the first took no longer than its share.
_LEAST = 3
#: However quick it is, no more than so many.
_MOST = 200


def use_threads(threads: int) -> None:
    """Let a model use so many threads, and keep quiet otherwise."""
    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()


def versions() -> str:
    return f"torch {torch.__version__}, transformers {transformers.__version__}"


def device_name(device: str) -> str:
    """Return what the device is called; raises LookupError if it is not there."""
    if not device.startswith("cuda"):
        return f"{torch.get_num_threads()} threads"
    if not torch.cuda.is_available():
        raise LookupError("there is no GPU that torch can use; choose --device cpu")
    return torch.cuda.get_device_name(device)


def time_shape(
    shape: Shape,
    works: Sequence[Work],
    dtype: str,
    device: str,
    batches: Sequence[int],
    seconds: float,
    say: Callable[[str], None],
) -> Iterator[Timed]:
    """Yield the figures of one model, batch by batch; each may take about so many seconds.

    A batch that the device has no memory for ends the larger ones.
    """
    say(f"{shape.name} {dtype}: building")
    model = shape_models.build(shape, dtype, device)
    weights = shape_models.weights(model)
    for work in works:
        for rows in batches:
            say(f"{shape.name} {dtype}: {work.name}, {rows} at once")
            memory = _Memory(device)
            try:
                run = shape_runs.prepare(shape, model, work, rows)
                audio, spent = _spent(run, seconds, device)
            except torch.cuda.OutOfMemoryError:
                break
            yield Timed(
                model=shape.name,
                role=shape.role,
                work=work.name,
                dtype=dtype,
                device=device,
                rows=rows,
                seconds=statistics.median(spent),
                quickest=min(spent),
                runs=len(spent),
                audio=audio,
                every=work.every,
                weights=weights,
                peak=memory.peak(),
                is_engine=shape_runs.has_engine(shape)
                and not (shape.family == "vits" and rows > 1),
            )
            if statistics.median(spent) > 2 * seconds:
                break  # twice as many rows would take twice as long
    del model
    _let_go()


def _spent(run: Run, seconds: float, device: str) -> tuple[float, list[float]]:
    """Run until the time is up; the first run, which warms up, counts only if it took too long."""
    audio, first = _once(run, device)
    if first > 4 * seconds:
        return audio, [first]
    spent: list[float] = []
    deadline = time.perf_counter() + seconds
    while len(spent) < _LEAST or (time.perf_counter() < deadline and len(spent) < _MOST):
        if spent and time.perf_counter() > deadline + seconds:
            break
        spent.append(_once(run, device)[1])
    return audio, spent


def _once(run: Run, device: str) -> tuple[float, float]:
    began = time.perf_counter()
    audio = run()
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return audio, time.perf_counter() - began


class _Memory:
    """How much more memory was in use at worst than at the beginning."""

    def __init__(self, device: str) -> None:
        self._device = device
        _let_go()
        if device.startswith("cuda"):
            torch.cuda.reset_peak_memory_stats(device)
        else:
            with contextlib.suppress(OSError):
                Path("/proc/self/clear_refs").write_text("5")
        self._before = self._now()

    def peak(self) -> int:
        if self._device.startswith("cuda"):
            return max(0, torch.cuda.max_memory_allocated(self._device) - self._before)
        return max(0, _status("VmHWM") - self._before)

    def _now(self) -> int:
        if self._device.startswith("cuda"):
            return torch.cuda.memory_allocated(self._device)
        return _status("VmRSS")


def _status(name: str) -> int:
    """Return a figure of this process in bytes; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            key, _, value = line.partition(":")
            if key == name:
                return int(value.split()[0]) * 1024
    return 0


def _let_go() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
