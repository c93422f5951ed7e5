"""What a connection to Telnyx needs to know."""

from __future__ import annotations

import base64
import binascii

import attrs

from kallglot.carriers.settings import plain, secret

__all__ = ["TelnyxSettings", "key_bytes"]


def key_bytes(text: str) -> bytes | None:
    """Return a public key as its 32 bytes, None if it is none."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == 32 else None


def _is_key(_: object, field: attrs.Attribute[str], value: str) -> None:
    if key_bytes(value) is None:
        raise ValueError(f"{field.name} is 32 bytes in base64")


@attrs.frozen
class TelnyxSettings:
    """An account's credentials.

    Calls are steered by commands through the application `connection_id`; with a
    `texml_application_id` and the `account_id` it belongs to, by TeXML instead.
    """

    api_key: str = secret("API key, KEY…")
    public_key: str = plain("Public key that webhooks are signed with", validator=_is_key)
    connection_id: str | None = plain("Id of the Voice API application", default=None)
    texml_application_id: str | None = plain("Id of the TeXML application", default=None)
    account_id: str | None = plain("Account that TeXML calls belong to", default=None)
    other_public_keys: tuple[str, ...] = plain("Public keys that are also believed", default=())

    @property
    def is_by_documents(self) -> bool:
        return self.texml_application_id is not None and self.account_id is not None
