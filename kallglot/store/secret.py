"""The server's secret, from which it derives what it must recognise again.

It lives in a file only the owner can read, beside the database and not in it, so that a copy of
the database alone opens no door; or it is made from a text in the settings, `secret_key`.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from kallglot.errors import StoreError

__all__ = ["ServerSecret"]

LENGTH = 32


class ServerSecret:
    """Signs and recognises its own signatures."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def fresh(cls) -> ServerSecret:
        return cls(secrets.token_bytes(LENGTH))

    @classmethod
    def derived(cls, text: str) -> ServerSecret:
        """Return the secret that a long text of the operator's stands for."""
        return cls(hashlib.sha256(b"kallglot server secret\n" + text.encode()).digest())

    @classmethod
    def load(cls, path: Path) -> ServerSecret:
        """Read the secret, making it first if there is none.

        Raises:
            StoreError: the file holds something else.
        """
        if not path.exists():
            _keep(secrets.token_bytes(LENGTH), path)
        key = path.read_bytes()
        if len(key) != LENGTH:
            raise StoreError(f"{path} does not hold a secret of {LENGTH} bytes")
        return cls(key)

    def digest(self, purpose: str, *parts: str) -> bytes:
        """Return 32 bytes that only this server can make of `parts`."""
        message = b"".join(
            len(part).to_bytes(4) + part for part in map(str.encode, (purpose, *parts))
        )
        return hmac.digest(self._key, message, hashlib.sha256)

    def sign(self, purpose: str, *parts: str) -> str:
        """Return `digest` in letters that are safe in a URL."""
        return base64.urlsafe_b64encode(self.digest(purpose, *parts)).decode().rstrip("=")

    def is_signed(self, signature: str, purpose: str, *parts: str) -> bool:
        """Tell, in constant time, whether `sign` made that signature."""
        return hmac.compare_digest(signature.encode(), self.sign(purpose, *parts).encode())


def _keep(key: bytes, path: Path) -> None:
    """Write a new secret so that it is there whole or not at all, and never in another's place."""
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # somebody else was quicker
            os.link(unfinished, path)
    finally:
        unfinished.unlink()
