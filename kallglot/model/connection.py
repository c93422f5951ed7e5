"""Provider connections: accounts with carriers.  Their credentials are not in here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

__all__ = ["ConnectionStatus", "Credentials", "ProviderConnection"]

ConnectionStatus: TypeAlias = Literal["active", "disabled"]

#: Credentials as they are given and kept: by name, and a few names have several.
Credentials: TypeAlias = Mapping[str, str | list[str]]


@attrs.frozen
class ProviderConnection:
    """An account with a carrier, for the live or the test keys of an organization.

    One without an organization is the operator's, who assigns its numbers to organizations.
    `hints` are the ends of its credentials, to tell them from others; `verified_at` is when the
    carrier last took them.  Calls go over `secondary_id` when this one fails.
    """

    id: str
    organization_id: str
    environment: str
    provider: str
    name: str
    hints: Mapping[str, str]
    created_at: float
    updated_at: float
    status: ConnectionStatus = "active"
    is_default: bool = False
    secondary_id: str | None = None
    verified_at: float | None = None
    account: str | None = None
