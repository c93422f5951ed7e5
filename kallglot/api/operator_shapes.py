"""What answers about organizations, API keys and the audit log look like."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from kallglot.api.shapes import Time, says
from kallglot.model.organization import OrganizationStatus

__all__ = [
    "ApiKey",
    "ApiKeyList",
    "ApiKeyWithText",
    "AuditEntry",
    "AuditLog",
    "EndedSessions",
    "Organization",
    "OrganizationList",
    "Quotas",
    "Retention",
]


class ApiKey(TypedDict):
    """A key, by which its organization is known."""

    id: str
    object: Literal["api_key"]
    organization_id: Annotated[str | None, says("Null for an operator's key.")]
    name: str | None
    environment: Literal["live", "test"]
    hint: Annotated[str, says("How the key begins and ends.")]
    scopes: Annotated[list[str], says("What it may be used for.")]
    created_at: Time
    expires_at: Time | None
    revoked_at: Time | None
    last_used_at: Time | None


class ApiKeyWithText(ApiKey):
    """A key that has just been made."""

    key: Annotated[str, says("The key itself; it is shown this once.")]


class ApiKeyList(TypedDict):
    """A page of API keys, the newest first."""

    object: Literal["list"]
    data: list[ApiKey]
    has_more: bool
    url: str


class Quotas(TypedDict):
    """How much an organization may; null is as much as it likes."""

    rate_limit: Annotated[int | None, says("Requests a minute; null: as the server allows.")]
    max_concurrent_sessions: int | None
    api_credits: Annotated[int | None, says("A calendar month.")]


class Retention(TypedDict):
    """For how many days what is kept; 0 is for ever, null as long as the server keeps it."""

    recording_days: int | None
    transcript_days: int | None
    event_days: int | None


class Organization(TypedDict):
    """Who owns keys, sessions and recordings."""

    id: str
    object: Literal["organization"]
    name: str
    status: Annotated[
        OrganizationStatus,
        says("`inactive`: it may begin nothing new; `suspended`: its keys are refused."),
    ]
    quotas: Quotas
    retention: Retention
    api_credits_used: Annotated[int, says("This month; not counted where there is no quota.")]
    created_at: Time


class OrganizationList(TypedDict):
    """A page of organizations, the newest first."""

    object: Literal["list"]
    data: list[Organization]
    has_more: bool
    url: str


class EndedSessions(TypedDict):
    """What became of the sessions of an organization."""

    object: Literal["ended_sessions"]
    organization_id: str
    reason: Annotated[str, says("The `end_reason` of each.")]
    ended: Annotated[int, says("How many were living.")]


class AuditEntry(TypedDict):
    """Who did what to what."""

    id: str
    object: Literal["audit_entry"]
    organization_id: str | None
    actor: Annotated[str, says("A key's id, or `cli`, or `server`.")]
    action: Annotated[str, says("Such as `api_key.revoked`.")]
    target: Annotated[str, says("The id of what it was done to.")]
    request_id: str | None
    details: dict[str, Any]
    created_at: Time


class AuditLog(TypedDict):
    """A page of the audit log, the newest first."""

    object: Literal["list"]
    data: list[AuditEntry]
    has_more: bool
    url: str
