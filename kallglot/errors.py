"""Every error Kallglot raises on purpose.

* KallglotError
  x Refused              - the caller's; an answer; nothing is broken
    + InvalidRequest     - what was asked is not well formed
    + NotFound           - what was asked about does not exist
    + IllegalMove        - what was asked does not fit the state of things
    + NoRoute            - the telephone network cannot be reached that way
    + NotAuthenticated   - nobody we know
    + NotAllowed         - somebody we know, who may not
    + RateLimited        - too often
    + OverCapacity       - this server carries as many calls as it may
    + NotAvailable       - understood, and not offered here
    + CarrierRefused     - understood, and turned down by the carrier; the message is its own
  x ProviderError        - the network's or the provider's; costs a leg
    + WireError          - a frame, or a webhook, that cannot be understood
    + CarrierDeclined    - a carrier's REST API said no; `code` says why
    + CarrierUnreachable - it said nothing, or is being left alone for a while
  x EngineError          - the machine's; costs a translation, the voice passes untranslated
    + EngineBusy         - it would take too long
    + ModelMissing       - no such model on this machine; the message says how to get it
  x StoreError           - costs the archive a restart
  x ChildFailed          - a part of a call crashed, and its restarts are used up; costs the call
  x SettingsError        - the operator's; the server does not start

`Refused` is an answer: it travels back to whoever asked, and the actor that raised it lives on.
Anything else is a failure: it ends the actor, and its supervisor decides what happens next.

Each `Refused` has a `code`, the machine-readable half of an API error body, which never changes
once released.  Which HTTP status a class becomes is decided in `kallglot.api.errors` alone.
"""

from __future__ import annotations

__all__ = [
    "CarrierDeclined",
    "CarrierRefused",
    "CarrierUnreachable",
    "ChildFailed",
    "EngineBusy",
    "EngineError",
    "IllegalMove",
    "InvalidRequest",
    "KallglotError",
    "ModelMissing",
    "NoRoute",
    "NotAllowed",
    "NotAuthenticated",
    "NotAvailable",
    "NotFound",
    "OverCapacity",
    "ProviderError",
    "RateLimited",
    "Refused",
    "SettingsError",
    "StoreError",
    "WireError",
]


class KallglotError(Exception):
    """Base class of every error raised on purpose."""


class Refused(KallglotError):
    """A request was understood and turned down.

    `param` names the field at fault; `retry_after` is in seconds.
    """

    code = "refused"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.param = param
        self.retry_after = retry_after


class InvalidRequest(Refused):
    """What was asked is not well formed; `param` says where."""

    code = "invalid_request"


class NotFound(Refused):
    """What was asked about does not exist, or belongs to somebody else."""

    code = "not_found"


class IllegalMove(Refused):
    """A request does not fit the state its receiver is in."""

    code = "illegal_state"


class NoRoute(Refused):
    """The telephone network cannot be reached in the way that was asked."""

    code = "no_default_provider"


class NotAuthenticated(Refused):
    """The key or token is missing, unknown, expired or revoked."""

    code = "invalid_api_key"


class NotAllowed(Refused):
    """The key is good and may not do this."""

    code = "insufficient_permissions"


class RateLimited(Refused):
    """Asked too often; `retry_after` says when to ask again."""

    code = "rate_limit_exceeded"


class OverCapacity(Refused):
    """This server carries as many calls as it may."""

    code = "over_capacity"


class NotAvailable(Refused):
    """Understood, and not offered by this server."""

    code = "feature_not_available"


class CarrierRefused(Refused):
    """A carrier turned down what was asked of it on somebody's behalf; the message says why."""

    code = "provider_error"


class ProviderError(KallglotError):
    """A carrier or its network failed; a leg is lost."""


class WireError(ProviderError):
    """A frame, or a webhook, that cannot be understood."""


class CarrierDeclined(ProviderError):
    """A carrier did not do what it was asked to.

    `code` is one of our stable error codes, `status` and `carrier_code` are the carrier's own.
    """

    def __init__(
        self, message: str, *, code: str, status: int, carrier_code: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.carrier_code = carrier_code


class CarrierUnreachable(ProviderError):
    """A carrier did not answer, or is being left alone; `was_sent` if it may have been reached."""

    def __init__(self, message: str, *, was_sent: bool) -> None:
        super().__init__(message)
        self.was_sent = was_sent


class EngineError(KallglotError):
    """A speech engine failed; the voice passes untranslated."""


class EngineBusy(EngineError):
    """The answer would come too late to be of use."""


class ModelMissing(EngineError):
    """A model is not on this machine; the message says how to get it."""


class StoreError(KallglotError):
    """The store could not keep what it was given."""


class ChildFailed(KallglotError):
    """A child crashed, and its restarts are used up."""


class SettingsError(KallglotError):
    """A setting is wrong; the message names its key and says what it may be."""
