"""How hard pressed the engines are, and what is given up for it: a pure function of their load.

    normal → refuse → captions_only → bridge

First no more sessions are let in, then translations are shown and no longer spoken, at last the
voices pass as they are.  A step is taken when its threshold has been passed for a while, and taken
back when the load has been well below it for longer, the last step first.  More load never leads
to a milder level, and no level is left and taken again faster than its `calm` allows.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from typing import Final

import attrs

from kallglot.speech.load import Load, worst

__all__ = ["Level", "Pressure", "PressurePolicy", "Step"]


class Level(enum.IntEnum):
    """What the engines can still do for everybody."""

    NORMAL = 0
    REFUSE = 1
    CAPTIONS_ONLY = 2
    BRIDGE = 3

    def __str__(self) -> str:
        return self.name.lower()


#: Those without whom there is nothing to show either.
UNDERSTANDING: Final = frozenset({"recogniser", "transcriber", "translator"})


@attrs.frozen
class Step:
    """What brings one level about.

    The oldest request has waited for `age` seconds or more, or the share `missed` of the requests
    was answered too late, or so many are `waiting`, for `rise` seconds on end; and it is over when
    all are below `relief` times that for `calm` seconds on end.  With `engines`, only those count.
    """

    age: float
    rise: float
    calm: float
    missed: float = math.inf
    waiting: float = math.inf
    relief: float = 0.5
    engines: frozenset[str] | None = None

    def is_hot(self, load: Load) -> bool:
        return load.age >= self.age or load.missed >= self.missed or load.waiting >= self.waiting

    def is_calm(self, load: Load) -> bool:
        return (
            load.age < self.age * self.relief
            and load.missed < self.missed * self.relief
            and load.waiting < self.waiting * self.relief
        )


@attrs.frozen
class PressurePolicy:
    """When which step is taken; each is harder to take than the one before, and sooner over.

    Looks that are further apart than `gap` seconds say nothing about the time between.
    """

    refuse: Step = Step(age=0.5, missed=0.25, rise=2.0, calm=20.0)
    captions_only: Step = Step(age=1.5, rise=3.0, calm=15.0)
    bridge: Step = Step(age=4.0, rise=4.0, calm=10.0, engines=UNDERSTANDING)
    gap: float = 5.0

    @property
    def steps(self) -> tuple[Step, Step, Step]:
        return self.refuse, self.captions_only, self.bridge


@attrs.frozen
class _Stage:
    """Where a step stands: whether it is taken, and since when it has been hot or calm."""

    is_taken: bool = False
    hot_since: float | None = None
    calm_since: float | None = None

    def look(self, step: Step, load: Load, now: float) -> _Stage:
        hot = _since(self.hot_since, now) if step.is_hot(load) else None
        calm = _since(self.calm_since, now) if step.is_calm(load) else None
        is_taken = self.is_taken
        if hot is not None and now - hot >= step.rise:
            is_taken = True
        elif calm is not None and now - calm >= step.calm:
            is_taken = False
        return _Stage(is_taken, hot, calm)

    def forget(self) -> _Stage:
        return _Stage(self.is_taken)


def _since(known: float | None, now: float) -> float:
    return now if known is None else known


class Pressure:
    """The level, look by look."""

    def __init__(self, policy: PressurePolicy | None = None) -> None:
        self.policy = policy or PressurePolicy()
        self._stages = tuple(_Stage() for _ in self.policy.steps)
        self._looked = -math.inf

    @property
    def level(self) -> Level:
        """The hardest step that is taken."""
        taken = [Level(n) for n, stage in enumerate(self._stages, 1) if stage.is_taken]
        return max(taken, default=Level.NORMAL)

    def look(self, loads: Mapping[str, Load], now: float) -> Level:
        """Take the load of each engine, and return the level."""
        stages = self._stages
        if now - self._looked > self.policy.gap:
            stages = tuple(stage.forget() for stage in stages)
        self._looked = now
        self._stages = tuple(
            stage.look(step, _of(loads, step.engines), now)
            for stage, step in zip(stages, self.policy.steps, strict=True)
        )
        return self.level


def _of(loads: Mapping[str, Load], engines: frozenset[str] | None) -> Load:
    return worst(*(load for name, load in loads.items() if engines is None or name in engines))
