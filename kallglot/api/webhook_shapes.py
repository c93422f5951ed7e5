"""What answers about webhooks look like, as `kallglot.api.shapes` does it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from kallglot.api.shapes import Time, says
from kallglot.model.webhook import DeliveryStatus, DisabledReason, EndpointStatus

__all__ = [
    "Attempt",
    "Delivery",
    "DeliveryList",
    "DeliveryView",
    "Endpoint",
    "EndpointList",
    "EndpointWithSecret",
    "SigningSecret",
]


class Endpoint(TypedDict):
    """A URL that is told of events."""

    id: str
    object: Literal["webhook_endpoint"]
    url: str
    events: Annotated[list[str], says("Their types; `*` is every event.")]
    description: str | None
    metadata: dict[str, Any] | None
    status: EndpointStatus
    disabled_reason: Annotated[
        DisabledReason | None, says("`gone`: the URL has answered 410; null: the owner's wish.")
    ]
    environment: Literal["live", "test"]
    created_at: Time
    previous_secret_expires_at: Annotated[
        Time | None, says("Until when events are signed with the secret before as well.")
    ]


class EndpointWithSecret(Endpoint):
    """An endpoint whose secret has just been made."""

    secret: Annotated[str, says("What events are signed with; it is shown this once.")]


class EndpointList(TypedDict):
    """A page of webhook endpoints, the newest first."""

    object: Literal["list"]
    data: list[Endpoint]
    has_more: bool
    url: str


class Attempt(TypedDict):
    """One try to deliver an event."""

    at: Time
    duration: Annotated[float, says("Seconds until the answer, or until it was given up.")]
    response_status: Annotated[int | None, says("Null: there was no answer.")]
    error: Annotated[str | None, says("Why it was a failure; null: it was none.")]


class Delivery(TypedDict):
    """One event for one endpoint."""

    id: Annotated[str, says("What is sent as `Kallglot-Webhook-Id`.")]
    object: Literal["webhook_delivery"]
    endpoint_id: str
    event_id: str
    event_type: str
    session_id: Annotated[str | None, says("Null: the event is about no session.")]
    status: Annotated[DeliveryStatus, says("`failed`: it is not tried again by itself.")]
    attempt_count: int
    response_status: Annotated[int | None, says("What was answered last.")]
    next_attempt_at: Annotated[
        Time | None,
        says("Null: it is not tried again, or waits for an earlier one of its session."),
    ]
    created_at: Time
    settled_at: Annotated[Time | None, says("When it was delivered, or given up.")]


class DeliveryView(Delivery):
    """A delivery with all there is about it."""

    attempts: Annotated[list[Attempt], says("The latest fifty.")]
    payload: Annotated[dict[str, Any], says("What is sent.")]


class DeliveryList(TypedDict):
    """A page of the deliveries of an endpoint, the newest first."""

    object: Literal["list"]
    data: list[Delivery]
    has_more: bool
    url: str


class SigningSecret(TypedDict):
    """What signs events to URLs that were given for one thing only."""

    object: Literal["webhook_signing_secret"]
    environment: Literal["live", "test"]
    secret: str
