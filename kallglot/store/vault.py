"""Secrets that must be read again: provider credentials, signing secrets, SIP passwords.

They are kept sealed with AES-256-GCM under a key that is derived from the server's secret, and
each is bound to what it belongs to: moved to another row it does not open.  A copy of the
database alone gives none of them away.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kallglot.errors import StoreError
from kallglot.store.secret import ServerSecret

__all__ = ["Vault"]

_VERSION = b"\x01"
_NONCE = 12


class Vault:
    """Seals and opens; `owner` names what a secret belongs to, such as `wh_01H….secret`."""

    def __init__(self, secret: ServerSecret) -> None:
        self._cipher = AESGCM(secret.digest("vault"))

    def seal(self, text: str, owner: str) -> bytes:
        """Return the secret as it may be kept."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """Return what was sealed for that owner.

        Raises:
            StoreError: the server's secret is another than it was, or the row was tampered with.
        """
        nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            if sealed[:1] != _VERSION:
                raise InvalidTag
            return self._cipher.decrypt(nonce, rest, owner.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise StoreError(
                f"the secret of {owner} cannot be opened: the server's own secret"
                " (the file `secret` in its data folder, or secret_key) is not that which sealed it"
            ) from error
