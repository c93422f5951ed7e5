"""A leg: one connection through which a participant hears and is heard."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

__all__ = ["Direction", "Leg", "LegStatus"]

Direction: TypeAlias = Literal["inbound", "outbound"]
LegStatus: TypeAlias = Literal["connecting", "connected", "disconnected", "failed"]


@attrs.frozen
class Leg:
    """What is known of a leg; `call_id` is the provider's name for the call."""

    id: str
    session_id: str
    provider: str
    participant: str
    status: LegStatus
    connected_at: float
    direction: Direction = "inbound"
    call_id: str | None = None
    disconnected_at: float | None = None
