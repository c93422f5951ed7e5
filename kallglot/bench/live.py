"""How many calls a machine carries, and what one of them costs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kallglot.bench.figures import Measured, percentile, quantile
from kallglot.bench.load import RESOLUTION, HangUp, Heard, HungUp, Listen
from kallglot.bench.rig import Rig, Shape, rig
from kallglot.bench.server import Profile, Profiled

__all__ = ["measure", "memory", "profile"]

#: Seconds in which a server comes to rest after many calls have begun.
SETTLE = 2.0

#: Seconds after which a call keeps as much of a voice as it ever will.
FULL = 50.0


async def measure(
    shape: Shape, tape: str, calls: int, seconds: float, runs: int, say: Callable[[str], None]
) -> list[Measured]:
    """Measure so many live calls, `runs` times."""
    async with rig(shape, tape) as bench:
        await _warm_up(bench)
        idle = (await bench.look()).rss
        plans = await bench.open(calls)
        await bench.call(plans)
        measured = []
        for run in range(runs):
            say(f"{calls} calls, run {run + 1} of {runs}")
            await asyncio.sleep(SETTLE)
            measured.append(await _run(bench, calls, seconds, idle))
        await bench.load.ask(HangUp(), HungUp)
        return measured


async def _run(bench: Rig, calls: int, seconds: float, idle: int) -> Measured:
    before = await bench.look()
    media, ear = bench.clocks()
    asking = asyncio.create_task(bench.load.ask(Listen(seconds), Heard, seconds + 60))
    await asyncio.sleep(seconds)
    media, ear = (now - then for now, then in zip(bench.clocks(), (media, ear), strict=True))
    after = await bench.look()
    heard = await asking
    return Measured(
        calls=calls,
        sent=heard.sent,
        received=heard.received,
        dropped=after.dropped - before.dropped,
        guessed=(after.guessed - before.guessed) / max(1, after.judged - before.judged),
        age_p50=percentile(heard.ages, 0.5, RESOLUTION * 1e-6),
        age_p99=percentile(heard.ages, 0.99, RESOLUTION * 1e-6),
        age_max=heard.oldest * 1e-6,
        media_cpu=media / seconds / calls,
        ear_cpu=ear / seconds / calls,
        busy=media / seconds,
        lag_p99=quantile(after.lags, 0.99),
        pause=after.pause,
        rss=(after.rss - idle) / calls,
        generator_late=heard.late,
    )


async def profile(shape: Shape, tape: str, calls: int, seconds: float) -> str:
    """Return where the media process spends its time."""
    async with rig(shape, tape) as bench:
        await bench.call(await bench.open(calls))
        await asyncio.sleep(SETTLE)
        profiled = await bench.server.ask(Profile(seconds), Profiled, seconds + 60)
        await bench.load.ask(HangUp(), HungUp)
        return profiled.text


async def memory(shape: Shape, tape: str, counts: tuple[int, ...]) -> list[tuple[float, float]]:
    """Return the memory of the media process with so many calls that have gone on for a while."""
    points: list[tuple[float, float]] = []
    async with rig(shape, tape) as bench:
        await _warm_up(bench)
        live = 0
        for count in counts:
            await bench.call(await bench.open(count - live))
            live = count
            await asyncio.sleep(FULL)
            points.append((count, (await bench.look()).rss))
        await bench.load.ask(HangUp(), HungUp)
    return points


async def _warm_up(bench: Rig) -> None:
    """Let what is made only once be made before anything is measured."""
    plans = await bench.open(4)
    await bench.call(plans)
    await asyncio.sleep(1.0)
    await bench.end(plans)
    await bench.load.ask(HangUp(within=2.0), HungUp)
    await bench.look(is_thorough=True)
