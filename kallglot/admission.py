"""Whether a stream may join a session: what proves that it belongs there.

A stream proves itself by the session's token, shown in the query, a header, the path, or, because
carriers drop queries, among the parameters of its first frame.  Telnyx's `streaming_start`, as our
guide shows it, carries no token at all; such a stream is let in when its session is waiting for
just that call, or has been created a moment ago and waits for its first.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from kallglot.errors import NotAuthenticated
from kallglot.model.session import Session, Status

__all__ = ["TokenlessPolicy", "admit_without_token", "token_of"]


#: Where Telnyx puts the `stream_auth_token` with which a stream was started.
TELNYX_TOKEN = "x-telnyx-streaming-auth-token"  # noqa: S105 - the name of a header


@attrs.frozen
class TokenlessPolicy:
    """Which providers may come without a token, and for how long after the session's creation."""

    providers: frozenset[str]
    within: float


def token_of(query: Mapping[str, str], headers: Mapping[str, str], path: str | None) -> str | None:
    """Return the token that a stream shows while it connects, if any."""
    scheme, _, bearer = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer.strip().startswith("kst_"):
        return bearer.strip()
    return query.get("token") or path or headers.get(TELNYX_TOKEN)


def admit_without_token(
    session: Session, provider: str, call_id: str | None, now: float, policy: TokenlessPolicy
) -> None:
    """Return if a stream that shows no token may join.

    Raises:
        NotAuthenticated: it may not.
    """
    if provider in policy.providers and call_id is not None:
        if session.routing.call_id is not None:
            is_expected = session.routing.call_id == call_id
        else:
            is_fresh = now - session.created_at <= policy.within
            is_expected = session.status is Status.CREATED and is_fresh
        if is_expected:
            return
    raise NotAuthenticated("the stream shows no token for this session", code="invalid_token")
