"""How badly a carrier's webhooks and its API may behave on request.  Pure.

Whatever is done follows from the seed.
"""

from __future__ import annotations

from collections import deque
from random import Random

import attrs

__all__ = ["Answer", "ApiFaults", "WebhookFaults", "WebhookFortune"]

#: Seconds by which a webhook that is overtaken is late.
OVERTAKEN = 0.2


@attrs.frozen
class WebhookFaults:
    """Shares of webhooks that are lost, come twice, or are overtaken by the next ones.

    `delay` is the longest that one is late, in seconds.  Requests for documents are never lost:
    a carrier waits for their answer.
    """

    lost: float = 0.0
    doubled: float = 0.0
    overtaken: float = 0.0
    delay: float = 0.0


class WebhookFortune:
    """Decides what becomes of each webhook."""

    def __init__(self, faults: WebhookFaults | None = None, seed: int = 0) -> None:
        self._faults = faults or WebhookFaults()
        self._random = Random(seed)

    def deliveries(self) -> list[float]:
        """Return after how many seconds the next webhook is delivered, once for each time."""
        # Everything is drawn each time, so that one fault does not change another's.
        lost, doubled, overtaken, late = (self._random.random() for _ in range(4))
        faults = self._faults
        if lost < faults.lost:
            return []
        after = late * faults.delay + (OVERTAKEN if overtaken < faults.overtaken else 0.0)
        return [after, after + OVERTAKEN / 2] if doubled < faults.doubled else [after]


@attrs.frozen
class Answer:
    """What the API answers instead of doing what it was asked."""

    status: int
    code: int | str
    message: str = ""


class ApiFaults:
    """What the API is to answer next, instead of the truth."""

    def __init__(self) -> None:
        self._next: deque[Answer] = deque()

    def refuse(self, status: int, code: int | str, message: str = "", times: int = 1) -> None:
        """Turn the next requests down with an error of the carrier's."""
        self._next.extend([Answer(status, code, message)] * times)

    def take(self) -> Answer | None:
        return self._next.popleft() if self._next else None
