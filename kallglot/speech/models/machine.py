"""What a machine has, and how fast it is at what models do.  Pure; `measuring` finds it out.

A speed is how many pieces of a kind of `entries.Work` a second; alone it means nothing, compared
with that of the machine on which the catalogue's costs were measured it says what they will be
here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import attrs
import cattrs

from kallglot.speech.models.entries import Work

__all__ = ["Device", "Machine", "Speeds", "flags_in", "read"]

#: What of a processor's abilities matters to models.
FLAGS: Final = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "asimd")
#: Above this load the speeds are not to be trusted.
BUSY: Final = 0.3


@attrs.frozen
class Speeds:
    """Pieces of work a second, by data type."""

    bulk: Mapping[str, float]
    steps: Mapping[str, float]

    def of(self, work: Work, dtype: str) -> float | None:
        by_type = self.bulk if work is Work.BULK else self.steps
        return by_type.get(dtype)


@attrs.frozen
class Device:
    """What models run on: a processor or a GPU; `memory` is in bytes."""

    name: str
    memory: int
    speeds: Speeds


@attrs.frozen
class Machine:
    """A machine; `threads` are those with which its processor was measured.

    `load` is how many programs wanted to run before it was, for each core.
    """

    processor: Device
    cores: int
    threads: int
    flags: frozenset[str] = frozenset()
    gpu: Device | None = None
    load: float = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether something else ran, so that the speeds say less than the machine can do."""
        return self.load > BUSY


def flags_in(text: str) -> frozenset[str]:
    """Return those of a processor's abilities that matter, from the text of /proc/cpuinfo."""
    found: set[str] = set()
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() in {"flags", "Features"}:
            found.update(value.split())
    return frozenset(found.intersection(FLAGS))


def read(text: str) -> Machine:
    """Return the machine that `recommend --json` found somewhere; raises `ValueError`."""
    try:
        return cattrs.Converter().structure(json.loads(text)["machine"], Machine)
    except (cattrs.BaseValidationError, LookupError, TypeError, RecursionError) as error:
        raise ValueError("it has no machine") from error
