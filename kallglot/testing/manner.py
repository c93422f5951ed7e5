"""How a simulated carrier behaves, whichever it is."""

from __future__ import annotations

import attrs

from kallglot.phones.network import Faults
from kallglot.testing.faults import WebhookFaults

__all__ = ["Manner"]


@attrs.frozen
class Manner:
    """How a simulated carrier behaves.

    `pace` is 1 at the speed of life, and 0 where prompts take no time.  `is_strict` refuses what
    the documentation says is refused, such as `both_tracks` in `<Connect>`; otherwise that is
    only noted.  `media` and `webhooks` are faults, which follow from the `seed`.
    """

    pace: float = 0.0
    is_strict: bool = True
    media: Faults = attrs.field(factory=Faults)
    webhooks: WebhookFaults = attrs.field(factory=WebhookFaults)
    seed: int = 0
