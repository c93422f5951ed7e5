"""Webhooks: who is told of events, and what has become of telling them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import attrs

__all__ = [
    "EVERYTHING",
    "Attempt",
    "Delivery",
    "DeliveryStatus",
    "DisabledReason",
    "Endpoint",
    "EndpointStatus",
    "Errand",
]

EndpointStatus: TypeAlias = Literal["enabled", "disabled"]
DisabledReason: TypeAlias = Literal["gone"]
DeliveryStatus: TypeAlias = Literal["pending", "delivered", "failed"]

#: The events of an endpoint that is told of every event.
EVERYTHING = ("*",)


@attrs.frozen
class Endpoint:
    """A URL that is told of events; `disabled_reason` is why, if it was not its owner's doing.

    The signing secret is not here: the store keeps it sealed.
    """

    id: str
    organization_id: str
    environment: str
    url: str = attrs.field(repr=False)
    created_at: float
    events: tuple[str, ...] = EVERYTHING
    description: str | None = None
    metadata: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    status: EndpointStatus = "enabled"
    disabled_reason: DisabledReason | None = None
    previous_secret_expires_at: float | None = None
    is_direct: bool = False


@attrs.frozen
class Attempt:
    """One try: `status` is what was answered, `error` why that or its absence is a failure."""

    at: float
    duration: float
    status: int | None = None
    error: str | None = None

    @property
    def is_success(self) -> bool:
        return self.error is None


@attrs.frozen
class Delivery:
    """One event for one endpoint.

    `next_attempt_at` is None while it is not to be tried: it is settled, or waits for an earlier
    one of its session.
    """

    id: str
    endpoint_id: str
    event_id: str
    event_type: str
    session_id: str
    created_at: float
    status: DeliveryStatus = "pending"
    attempts: tuple[Attempt, ...] = ()
    attempt_count: int = 0
    next_attempt_at: float | None = None
    response_status: int | None = None
    settled_at: float | None = None


@attrs.frozen
class Errand:
    """A delivery that is to be made at `due_at`, with what is to be sent.

    `tries` are those since it was made or last asked for again, `attempt_count` all there were.
    """

    id: str
    endpoint_id: str
    lane: str
    created_at: float
    due_at: float
    tries: int
    attempt_count: int
    body: bytes = attrs.field(repr=False)
