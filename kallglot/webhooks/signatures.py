"""`Kallglot-Signature`: how a receiver knows that an event came from here, and just now.  Pure.

    Kallglot-Signature: t=1775034000,v1=5257a869…

`v1` is the HMAC-SHA256, in lower-case hexadecimal, of the time, a full stop and the raw body,
under the endpoint's secret.  While a secret is being rotated there are two, the new one's first.
Receivers may use `verify`; but for its error it needs nothing beyond the standard library.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from kallglot.errors import KallglotError

__all__ = ["HEADER", "TOLERANCE", "BadSignature", "headers", "sign", "verify"]

HEADER = "Kallglot-Signature"

#: How many seconds a signature may be older or newer than its reader's clock.
TOLERANCE = 300.0

#: More than anybody has in use, and few enough to try.
MOST_SIGNATURES = 8


class BadSignature(KallglotError):
    """An event is not from here, not as it was sent, or not from now."""


def sign(body: bytes, secrets: Iterable[str], now: float) -> str:
    """Return the header for a body that is sent at `now`, signed with each of the secrets."""
    at = str(int(now))
    return ",".join([f"t={at}", *(f"v1={_signature(body, secret, at)}" for secret in secrets)])


def headers(
    body: bytes, secrets: Iterable[str], now: float, *, delivery: str, retry: int, happened: float
) -> dict[str, str]:
    """Return what goes with an event that is sent at `now`, for the `retry`th time after once."""
    return {
        HEADER: sign(body, secrets, now),
        "Kallglot-Webhook-Id": delivery,
        "Kallglot-Retry-Count": str(retry),
        "Kallglot-Original-Timestamp": str(int(happened)),
    }


def verify(body: bytes, header: str, secret: str, now: float, tolerance: float = TOLERANCE) -> None:
    """Check the header that came with a body, as raw as it came.

    Raises:
        BadSignature: nothing of the body may be believed.
    """
    at, signatures = _parts(header)
    expected = _signature(body, secret, at).encode()
    matches = [hmac.compare_digest(expected, given.encode()) for given in signatures]
    if not any(matches):
        raise BadSignature("the signature is another")
    if abs(now - int(at)) > tolerance:
        raise BadSignature("the signature is too old, or one of the clocks is wrong")


def _parts(header: str) -> tuple[str, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1"]
    is_time = len(times) == 1 and times[0].isascii() and times[0].isdigit() and len(times[0]) < 16
    if not is_time or not 1 <= len(signatures) <= MOST_SIGNATURES or not header.isascii():
        raise BadSignature("there is no signature that can be read")
    return times[0], signatures


def _signature(body: bytes, secret: str, at: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
