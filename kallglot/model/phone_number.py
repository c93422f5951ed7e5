"""Managed telephone numbers, and what becomes of a call to one."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from kallglot.model.session import Mode

__all__ = ["NumberProfile", "NumberStatus", "PhoneNumber"]

NumberStatus: TypeAlias = Literal["active", "inactive"]


@attrs.frozen
class NumberProfile:
    """What kind of session a call to a number becomes, when it is us who answer.

    The greeting is in `greeting_language`, or else in the caller's.  `agent` is a telephone number
    or a SIP URI that is called into the session; without one the agent comes by a stream.
    `fallback_number` is where the caller is put through when nothing can be translated.
    """

    mode: Mode = Mode.BIDIRECTIONAL
    source_language: str | None = None
    target_language: str | None = None
    greeting: str | None = attrs.field(default=None, repr=False)
    greeting_language: str | None = None
    agent: str | None = attrs.field(default=None, repr=False)
    is_recorded: bool = False
    fallback_number: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class PhoneNumber:
    """A number that an organization has.

    `carrier_id` is the carrier's name for it.  Without a profile calls to it are answered by the
    organization's own application.
    """

    id: str
    organization_id: str
    environment: str
    number: str = attrs.field(repr=False)
    provider: str
    connection_id: str | None
    created_at: float
    updated_at: float
    carrier_id: str | None = None
    status: NumberStatus = "active"
    profile: NumberProfile | None = None
