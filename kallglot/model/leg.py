"""A leg: one connection through which a participant hears and is heard."""

from __future__ import annotations

import attrs

__all__ = ["Leg"]


@attrs.frozen
class Leg:
    """What is known of a leg; `call_id` is the provider's name for the call."""

    id: str
    session_id: str
    provider: str
    participant: str
    status: str
    connected_at: float
    direction: str = "inbound"
    call_id: str | None = None
    disconnected_at: float | None = None
