"""Who looks after the courier, apart from the calls: whatever befalls webhooks costs no call."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import attrs

from actors.courier import Courier, Posting
from actors.supervisor import ChildSpec, Supervisor
from kallglot.messages import Request

__all__ = ["PostOffice"]

logger = logging.getLogger(__name__)


@attrs.frozen
class _Employ(Request):
    """Start a courier."""


class PostOffice(Supervisor):
    """The courier's parent; it never gives up, for what waits in the store waits for a courier."""

    #: Seconds after which there is another courier when one has failed.
    pause: ClassVar[float] = 5.0

    def __init__(self, posting: Posting) -> None:
        super().__init__("post office")
        self._posting = posting

    async def prepare(self) -> None:
        self._employ()

    async def on_receive(self, message: Any) -> Any:
        match message:
            case _Employ():
                self._employ()
            case _:
                return await super().on_receive(message)

    async def on_child_stopped(self, name: str, cause: BaseException | None) -> None:
        logger.warning("the %s has failed; there is another in %.0f s", name, self.pause)
        self.remind(self.pause, _Employ())

    def _employ(self) -> None:
        self.spawn(ChildSpec("courier", Courier, (self._posting,), stop_within=10.0))
