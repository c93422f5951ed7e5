"""The time, written into mu-law so that it is still there when the sound comes out again.

Decoded to PCM and encoded again, every byte but 0x7f stays what it was.  The digits of a time in
microseconds become 0xf0 to 0xf9, which are almost silence.  Pure.
"""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

__all__ = ["BLOCK", "SIZE", "age", "base64_of", "block_of", "stamp"]

#: Bytes of mu-law in 20 ms, and how many of its characters in base64 are the stamp.
BLOCK = 160
SIZE = 16

_DIGITS = 12
_MOST = 10**_DIGITS
_BASE64_OF_BLOCK = 216
_TO_SOUND = bytes(byte + 0xC0 if 0x30 <= byte <= 0x39 else byte for byte in range(256))
_FROM_SOUND = bytes(byte - 0xC0 if 0xF0 <= byte <= 0xF9 else 0x20 for byte in range(256))


def stamp(microseconds: int) -> bytes:
    """Return a time as the beginning of a payload in base64."""
    digits = b"%012d" % (microseconds % _MOST)
    return b2a_base64(digits.translate(_TO_SOUND), newline=False)


def base64_of(mulaw: bytes) -> bytes:
    """Return what follows the stamp in the payload of a block."""
    return b2a_base64(mulaw[_DIGITS:BLOCK], newline=False)


def block_of(mulaw: bytes, microseconds: int) -> bytes:
    """Return a block with a stamp as it is heard at the far end."""
    return a2b_base64(stamp(microseconds)) + mulaw[_DIGITS:BLOCK]


def age(payload: bytes, microseconds: int) -> list[int | None]:
    """Return how old each block of a payload in base64 is; None for one without a stamp."""
    if len(payload) == _BASE64_OF_BLOCK:
        return [_age(payload[:SIZE], microseconds)]
    try:
        sound = a2b_base64(payload)
    except Error:
        return [None]
    heads = (sound[at : at + _DIGITS] for at in range(0, len(sound), BLOCK))
    return [_age(b2a_base64(head, newline=False), microseconds) for head in heads]


def _age(head: bytes, microseconds: int) -> int | None:
    try:
        age: int = (microseconds - int(a2b_base64(head).translate(_FROM_SOUND))) % _MOST
    except (ValueError, Error):
        return None
    return age
