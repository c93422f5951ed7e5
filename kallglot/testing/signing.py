"""How the carriers sign what they send, from their documentation alone.  Pure.

Nothing here is shared with the plugins that check these signatures, so that the two check each
other.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Literal, TypeAlias

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

__all__ = ["Field", "Hash", "SharedKey", "TelnyxKey", "TwilioKey", "twilio_headers"]

Field: TypeAlias = tuple[str, str]
Hash: TypeAlias = Literal["HMAC_SHA1", "HMAC_SHA256"]

_HASHES = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}


@attrs.frozen
class SharedKey:
    """A key of its own for webhooks, which Twilio names in a header of each."""

    id: str
    secret: str = attrs.field(repr=False)
    hash: Hash = "HMAC_SHA256"


@attrs.frozen
class TwilioKey:
    """An account's auth token; with a `shared` key webhooks are signed with that instead."""

    auth_token: str = attrs.field(repr=False)
    shared: SharedKey | None = None

    def sign(self, url: str, fields: Iterable[Field] = ()) -> str:
        """Return the signature of a URL, as it is written, and of a form's fields."""
        signed = url + "".join(name + value for name, value in sorted(set(fields)))
        secret = self.auth_token if self.shared is None else self.shared.secret
        algorithm = _HASHES["HMAC_SHA1" if self.shared is None else self.shared.hash]
        digest = hmac.new(secret.encode(), signed.encode(), algorithm).digest()
        return base64.b64encode(digest).decode()


def twilio_headers(key: TwilioKey, url: str, fields: Iterable[Field] = ()) -> dict[str, str]:
    headers = {"X-Twilio-Signature": key.sign(url, fields)}
    if key.shared is not None:
        settings = f"key={key.shared.id},algorithm={key.shared.hash}"
        headers["X-Twilio-Webhooks-Signature-Settings"] = settings
    return headers


class TelnyxKey:
    """An Ed25519 key; `public` is what Telnyx's portal shows of it."""

    def __init__(self, seed: bytes | None = None) -> None:
        self._private = (
            Ed25519PrivateKey.generate()
            if seed is None
            else Ed25519PrivateKey.from_private_bytes(seed)
        )

    @property
    def public(self) -> str:
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    def headers(self, body: bytes, now: float) -> dict[str, str]:
        """Return the headers of a webhook that is sent at `now`, on the wall's clock."""
        at = str(int(now))
        signature = self._private.sign(at.encode() + b"|" + body)
        return {
            "telnyx-timestamp": at,
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        }
