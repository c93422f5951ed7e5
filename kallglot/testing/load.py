"""What came of many calls.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

__all__ = ["Fate", "Summary", "quantile", "summarised"]


@attrs.frozen
class Fate:
    """What came of one call: whether it was answered, and how many streams it had."""

    was_answered: bool
    streams: int
    is_over: bool = True


@attrs.frozen
class Summary:
    """Times are of the voice webhook, in seconds; None without one."""

    calls: int
    answered: int
    streamed: int
    lost: int
    median: float | None
    p95: float | None
    slowest: float | None

    @property
    def failed(self) -> int:
        return self.calls - self.answered

    def lines(self) -> list[str]:
        calls = f"{self.calls} calls: {self.answered} answered, {self.failed} failed"
        said = [f"{calls}, {self.streamed} with a stream"]
        if self.lost:
            said.append(f"{self.lost} had not ended when we stopped waiting")
        if self.median is not None and self.p95 is not None and self.slowest is not None:
            said.append(
                f"voice webhook: p50 {1000 * self.median:.0f} ms, p95 {1000 * self.p95:.0f} ms,"
                f" slowest {1000 * self.slowest:.0f} ms"
            )
        return said


def summarised(fates: Sequence[Fate], took: Sequence[float]) -> Summary:
    return Summary(
        len(fates),
        sum(fate.was_answered for fate in fates),
        sum(fate.streams > 0 for fate in fates),
        sum(not fate.is_over for fate in fates),
        quantile(took, 0.5),
        quantile(took, 0.95),
        max(took, default=None),
    )


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least `share` of them do not exceed."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, -(-round(share * 1000) * len(ordered) // 1000) - 1)]
