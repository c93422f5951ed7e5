"""What finished calls leave behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import attrs

from kallglot.bench.load import HangUp, HungUp
from kallglot.bench.rig import Rig, Shape, rig
from kallglot.bench.server import Census

__all__ = ["Left", "leak"]

#: Calls at a time, and calls before the first census, which fill what is kept once and for all.
WAVE = 50
FIRST = 300

#: Seconds that a call goes on, and that the server has to close its lines.
SPOKEN = 0.4
CLOSED_WITHIN = 10.0


@attrs.frozen
class Left:
    """What was there before and after so many calls, and how many lines were not closed."""

    calls: int
    before: Census
    after: Census
    unclosed: int

    @property
    def bytes_per_call(self) -> float:
        return (self.after.rss - self.before.rss) / self.calls

    @property
    def leftovers(self) -> dict[str, tuple[int, int]]:
        """What is there in another number than before."""
        names = ("files", "threads", "tasks", "actors", "timers", "ears", "voices")
        pairs = {name: (getattr(self.before, name), getattr(self.after, name)) for name in names}
        return {name: (then, now) for name, (then, now) in pairs.items() if then != now}

    @property
    def grown(self) -> list[tuple[str, int]]:
        """Which objects have become more, most first."""
        more = {
            name: count - self.before.objects.get(name, 0)
            for name, count in self.after.objects.items()
        }
        return sorted(((name, by) for name, by in more.items() if by > 0), key=lambda one: -one[1])


async def leak(shape: Shape, tape: str, calls: int, say: Callable[[str], None]) -> Left:
    """Make so many short calls, and look what is left of them."""
    async with rig(shape, tape) as bench:
        unclosed = 0
        for at in range(0, FIRST, WAVE):
            say(f"first {at} calls of {FIRST}")
            unclosed += await _wave(bench, WAVE)
        before = await _census(bench)
        for at in range(0, calls, WAVE):
            say(f"{at} calls of {calls}")
            unclosed += await _wave(bench, min(WAVE, calls - at))
        return Left(calls, before, await _census(bench), unclosed)


async def _wave(bench: Rig, calls: int) -> int:
    plans = await bench.open(calls)
    await bench.call(plans)
    await asyncio.sleep(SPOKEN)
    await bench.end(plans)
    return (await bench.load.ask(HangUp(within=CLOSED_WITHIN), HungUp)).open


async def _census(bench: Rig) -> Census:
    """Count when the last call has been put away; the connections we keep alive count too."""
    await asyncio.sleep(3.0)
    return await bench.look(is_thorough=True)
