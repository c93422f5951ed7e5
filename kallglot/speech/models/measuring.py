"""How fast this machine is at what models do, by trying.

Two things are timed, as `entries.Work` has them: arithmetic in bulk, as in an encoder or a
vocoder, and many small steps after each other, as in writing a text token by token.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs

from kallglot.errors import ModelMissing
from kallglot.speech.models.machine import Device, Machine, Speeds, flags_in

__all__ = ["look", "measure"]

_BF16: Final = frozenset({"avx512_bf16", "amx_bf16"})
_CPUINFO: Final = Path("/proc/cpuinfo")

#: Seconds that each of the measurements takes; four on a CPU with bf16 make three seconds.
_EACH: Final = 0.75
_WIDTH: Final = 512
_LAYERS: Final = 6
_STEPS: Final = 8


def look() -> Machine:
    """Look at the machine without measuring."""
    text = _CPUINFO.read_text("utf-8", "replace") if _CPUINFO.is_file() else ""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = cores or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    processor = Device(_processor_name(text), memory, Speeds({}, {}))
    load = os.getloadavg()[0] / cores
    return Machine(processor, cores, max(1, cores - 1), flags_in(text), load=round(load, 2))


def measure(seconds_each: float = _EACH) -> Machine:
    """Look at the machine and time it.

    Raises:
        ModelMissing: torch is not installed.
    """
    try:
        import torch  # noqa: PLC0415 - slow to import, and not for those who only look
    except ImportError as error:
        raise ModelMissing("torch is not installed: `pip install 'kallglot[speech]'`") from error
    machine = look()
    before = torch.get_num_threads()
    torch.set_num_threads(machine.threads)
    try:
        has_bf16 = bool(machine.flags & _BF16)
        types = ("float32", "bfloat16") if has_bf16 else ("float32",)
        speeds = _speeds(torch, "cpu", types, seconds_each)
    finally:
        torch.set_num_threads(before)
    return attrs.evolve(
        machine,
        processor=attrs.evolve(machine.processor, speeds=speeds),
        gpu=_gpu(torch, seconds_each),
    )


def _gpu(torch: Any, seconds_each: float) -> Device | None:
    if not torch.cuda.is_available():
        return None
    speeds = _speeds(torch, "cuda", ("float16",), seconds_each)
    memory = int(torch.cuda.get_device_properties(0).total_memory)
    return Device(str(torch.cuda.get_device_name(0)), memory, speeds)


def _speeds(torch: Any, device: str, types: tuple[str, ...], seconds_each: float) -> Speeds:
    bulk, steps = {}, {}
    with torch.inference_mode():
        for dtype in types:
            kind = getattr(torch, dtype)
            bulk[dtype] = _rate(_bulk(torch, device, kind), seconds_each)
            steps[dtype] = _rate(_steps(torch, device, kind), seconds_each)
    return Speeds(bulk, steps)


def _rate(work: Callable[[], None], seconds: float) -> float:
    """Return how often a second the work can be done, by the fastest time it took."""
    work()
    fastest = float("inf")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        work()
        fastest = min(fastest, time.perf_counter() - start)
    return 1.0 / fastest


def _bulk(torch: Any, device: str, dtype: Any) -> Callable[[], None]:
    """Multiply and convolve as an encoder does with a few seconds of speech."""
    sound = torch.randn(1, _WIDTH, 250, device=device, dtype=dtype)
    kernel = torch.randn(_WIDTH, _WIDTH, 3, device=device, dtype=dtype)
    wide = torch.randn(_WIDTH, 4 * _WIDTH, device=device, dtype=dtype)
    narrow = torch.randn(4 * _WIDTH, _WIDTH, device=device, dtype=dtype)

    def work() -> None:
        heard = torch.nn.functional.conv1d(sound, kernel, padding=1)[0].T
        for _ in range(_LAYERS):
            heard = torch.nn.functional.layer_norm(heard @ wide @ narrow, (_WIDTH,))
        heard.float().sum().item()  # waits for a GPU

    return work


def _steps(torch: Any, device: str, dtype: Any) -> Callable[[], None]:
    """Go through the layers of a small decoder, one token at a time."""
    layers = [
        (
            torch.randn(_WIDTH, 4 * _WIDTH, device=device, dtype=dtype),
            torch.randn(4 * _WIDTH, _WIDTH, device=device, dtype=dtype),
        )
        for _ in range(_LAYERS)
    ]
    heard = torch.randn(250, _WIDTH, device=device, dtype=dtype)
    first = torch.randn(1, _WIDTH, device=device, dtype=dtype)

    def work() -> None:
        token = first
        for _ in range(_STEPS):
            for wide, narrow in layers:
                shares = (token @ heard.T).softmax(-1)
                token = torch.nn.functional.layer_norm(token + shares @ heard, (_WIDTH,))
                token = torch.nn.functional.layer_norm(token @ wide @ narrow, (_WIDTH,))
        token.float().sum().item()

    return work


def _processor_name(cpuinfo: str) -> str:
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine() or "processor"
