"""Telnyx's signatures: Ed25519 over the time, a bar and the raw body.  Pure.

The same for JSON and for forms, so a body is verified before it is read, and never after it has
been written anew.  What is signed for a GET is said nowhere, so none is believed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kallglot.carriers.webhook import WebhookRequest
from kallglot.errors import NotAuthenticated
from plugins.telnyx.settings import TelnyxSettings, key_bytes

__all__ = [
    "SIGNATURE_HEADER",
    "STREAM_TOKEN_HEADER",
    "TIMESTAMP_HEADER",
    "TOLERANCE",
    "admit",
    "sign",
    "verify",
]

SIGNATURE_HEADER: Final = "telnyx-signature-ed25519"
TIMESTAMP_HEADER: Final = "telnyx-timestamp"
STREAM_TOKEN_HEADER: Final = "x-telnyx-streaming-auth-token"  # noqa: S105 - a header's name

#: How many seconds a webhook may be older or newer than our clock.
TOLERANCE: Final = 300.0


def sign(body: bytes, private_key: bytes, now: float) -> dict[str, str]:
    """Return the headers of a webhook that is sent at `now`."""
    at = str(int(now))
    signature = Ed25519PrivateKey.from_private_bytes(private_key).sign(_signed(at, body))
    return {
        TIMESTAMP_HEADER: at,
        SIGNATURE_HEADER: base64.b64encode(signature).decode("ascii"),
    }


def verify(request: WebhookRequest, settings: TelnyxSettings, now: float) -> None:
    """Check a webhook as it came.

    Raises:
        NotAuthenticated: nothing of it may be believed.
    """
    if request.method != "POST":
        raise _refusal("webhooks are sent by POST")
    at = request.headers.get(TIMESTAMP_HEADER, "")
    if not (at.isascii() and at.isdigit() and len(at) < 16):
        raise _refusal("there is no time that can be read")
    try:
        given = request.headers.get(SIGNATURE_HEADER, "")
        signature = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise _refusal("there is no signature that can be read") from None
    keys = [settings.public_key, *settings.other_public_keys]
    if not any(_is_signed(signature, _signed(at, request.body), key) for key in keys):
        raise _refusal("the signature is another")
    if abs(now - int(at)) > TOLERANCE:
        raise _refusal("the signature is too old, or one of the clocks is wrong")


def admit(request: WebhookRequest, _settings: TelnyxSettings, token: str | None) -> None:
    """Check the upgrade of a stream, which is not signed but shows the token we ordered it with.

    A stream that a TeXML document started can be given none.

    Raises:
        NotAuthenticated: it is not Telnyx that connects.
    """
    if token is None:
        return
    shown = request.headers.get(STREAM_TOKEN_HEADER, "")
    if not hmac.compare_digest(
        shown.encode("utf-8", "surrogatepass"), token.encode("utf-8", "surrogatepass")
    ):
        raise _refusal("the stream's token is another")


def _signed(at: str, body: bytes) -> bytes:
    return at.encode("ascii") + b"|" + body


def _is_signed(signature: bytes, message: bytes, key: str) -> bool:
    raw = key_bytes(key)
    if raw is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _refusal(why: str) -> NotAuthenticated:
    return NotAuthenticated(why, code="invalid_signature")
