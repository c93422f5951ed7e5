"""What a connection to Twilio needs to know."""

from __future__ import annotations

import re

import attrs

from kallglot.carriers.settings import plain, secret

__all__ = ["TwilioSettings"]

_matches = attrs.validators.matches_re


@attrs.frozen
class TwilioSettings:
    """An account's credentials.

    Webhooks are signed with the primary auth token even when the REST API is used with an API key.
    While the token is being changed, the other one is among `other_tokens`.
    """

    account_sid: str = plain("Account SID, AC…", validator=_matches(r"AC[0-9a-fA-F]{32}"))
    auth_token: str = secret("Auth token")
    api_key_sid: str | None = plain(
        "API key for the REST API, SK…",
        default=None,
        validator=attrs.validators.optional(_matches(r"SK[0-9a-fA-F]{32}")),
    )
    api_key_secret: str | None = secret("The API key's secret", default=None)
    other_tokens: tuple[str, ...] = secret("Auth tokens that are also believed", default=())
    shared_keys: tuple[str, ...] = secret(
        "Shared keys that sign webhooks, each as its id, a colon and its secret", default=()
    )
    region: str | None = plain(
        "Where the REST API is, such as dublin.ie1",
        default=None,
        validator=attrs.validators.optional(_matches(r"[a-z]+\.[a-z]+[0-9]", flags=re.ASCII)),
    )

    @property
    def host(self) -> str:
        return f"api.{self.region}.twilio.com" if self.region else "api.twilio.com"

    @property
    def user(self) -> tuple[str, str]:
        """Return name and password for the REST API."""
        if self.api_key_sid is not None and self.api_key_secret is not None:
            return self.api_key_sid, self.api_key_secret
        return self.account_sid, self.auth_token
