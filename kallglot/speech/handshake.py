"""How a media process and a host on another machine make sure of each other.  No socket.

Both know a secret, and each proves it by an HMAC (RFC 2104, SHA-256) over both greetings, which
carry random numbers, so that no proof can be used twice.  What is said afterwards is not
encrypted: between machines that others can listen to, it belongs into a tunnel.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from typing import Final, Literal, TypeAlias

import attrs

from kallglot.errors import EngineError
from kallglot.speech.wire import VERSION

__all__ = ["GREETING_BYTES", "PROOF_BYTES", "VERDICT_BYTES", "Caller", "Host", "Role"]

Role: TypeAlias = Literal["ear", "mind"]

_MAGIC: Final = b"KGLT"
_GREETING: Final = struct.Struct(">4sH4s32s")
GREETING_BYTES: Final = _GREETING.size
PROOF_BYTES: Final = 32
_OK, _WRONG_VERSION, _WRONG_ROLE, _WRONG_SECRET = range(4)
#: A verdict and, if it is good, the host's own proof.
VERDICT_BYTES: Final = 1 + PROOF_BYTES


def _greeting(role: Role, version: int) -> bytes:
    return _GREETING.pack(_MAGIC, version, role.encode(), secrets.token_bytes(32))


@attrs.frozen
class _Greeted:
    version: int
    role: str


def _read(greeting: bytes) -> _Greeted:
    magic, version, role, _ = _GREETING.unpack(greeting)
    if magic != _MAGIC:
        raise EngineError("is answered by something that is no speech host")
    return _Greeted(version, role.rstrip(b"\0").decode("ascii", "replace"))


def _proof(secret: bytes, side: bytes, host: bytes, caller: bytes) -> bytes:
    return hmac.digest(secret, b"kallglot speech " + side + host + caller, hashlib.sha256)


class Host:
    """The side that is called: sends its `greeting`, then takes a greeting with a proof."""

    def __init__(self, secret: bytes, role: Role, version: int = VERSION) -> None:
        self._secret = secret
        self._role = role
        self._version = version
        self.greeting = _greeting(role, version)

    def judge(self, greeting: bytes, proof: bytes) -> tuple[bytes, str]:
        """Return the verdict to be sent, and why the caller is turned away, if so."""
        magic, version, role, _ = _GREETING.unpack(greeting)
        if magic != _MAGIC:
            return self._no(_WRONG_VERSION), "it is no media process"
        if version != self._version:
            return self._no(_WRONG_VERSION), f"it speaks version {version}, not {self._version}"
        expected = _proof(self._secret, b"caller", self.greeting, greeting)
        if not hmac.compare_digest(expected, proof):
            return self._no(_WRONG_SECRET), "it does not know the secret"
        if role.rstrip(b"\0") != self._role.encode():
            return self._no(_WRONG_ROLE), f"it does not look for {self._role}"
        own = _proof(self._secret, b"host", self.greeting, greeting)
        return bytes([_OK]) + own, ""

    def _no(self, verdict: int) -> bytes:
        return bytes([verdict]) + bytes(PROOF_BYTES)


class Caller:
    """The side that calls: takes a greeting, sends its own with a proof, takes the verdict."""

    def __init__(self, secret: bytes, role: Role, version: int = VERSION) -> None:
        self._secret = secret
        self._role = role
        self._version = version
        self._own = _greeting(role, version)
        self._host = b""

    def answer(self, greeting: bytes) -> bytes:
        """Return greeting and proof.

        Raises:
            EngineError: nobody is there whom we could talk to.
        """
        host = _read(greeting)
        if host.version != self._version:
            raise EngineError(
                f"speaks version {host.version} of our protocol, and we {self._version};"
                " install the same Kallglot on both machines"
            )
        self._host = greeting
        return self._own + _proof(self._secret, b"caller", greeting, self._own)

    def check(self, verdict: bytes) -> None:
        """Return if host and secret are the right ones.

        Raises:
            EngineError: they are not.
        """
        match verdict[0]:
            case 0:
                expected = _proof(self._secret, b"host", self._host, self._own)
                if not hmac.compare_digest(expected, verdict[1:]):
                    raise EngineError("does not know our secret itself, and is not trusted")
            case 3:
                raise EngineError("does not accept our secret; both sides must have the same")
            case 2:
                raise EngineError(f"is no {self._role}; it was started in another role")
            case _:
                raise EngineError("turned us away: it speaks another version of our protocol")
