"""The ways a native client may write its audio, and wants to be written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from kallglot.audio import g711, pcm

__all__ = ["Fault", "Format", "agreed_format", "audio_format"]

RATES_HZ: Final = (8000, 16000, 24000, 48000)


@attrs.frozen
class Fault:
    """What is wrong with a message; `param` names the field, where it is one field."""

    code: str
    message: str
    param: str | None = None


@attrs.frozen
class Encoding:
    """How 16-bit PCM becomes bytes and back; a sample takes `width` of them."""

    width: int
    decode: Callable[[bytes], bytes]
    encode: Callable[[bytes], bytes]


#: 16-bit PCM is little-endian on the wire, and so is every machine this runs on.
ENCODINGS: Final = {
    "mulaw": Encoding(1, g711.decode_mulaw, g711.encode_mulaw),
    "alaw": Encoding(1, g711.decode_alaw, g711.encode_alaw),
    "pcm_16": Encoding(2, bytes, bytes),
    "pcm_s16le": Encoding(2, bytes, bytes),
    "pcm_8": Encoding(1, pcm.from_pcm_8, pcm.to_pcm_8),
}


@attrs.frozen
class Format:
    """An encoding by the name the client gave it, a rate, and one channel or two."""

    encoding: str
    rate_hz: int
    channels: int = 1

    def decode(self, payload: bytes) -> list[bytes] | Fault:
        """Return the PCM of each channel."""
        encoding = ENCODINGS[self.encoding]
        if len(payload) % (encoding.width * self.channels):
            return Fault("invalid_audio_format", "the audio ends inside a sample")
        samples = encoding.decode(payload)
        return [samples] if self.channels == 1 else list(pcm.deinterleave(samples))

    def encode(self, samples: bytes) -> bytes:
        """Return mono PCM as the client wants it."""
        return ENCODINGS[self.encoding].encode(samples)


def audio_format(
    encoding: str, rate_hz: int, channels: int, names: tuple[str, str, str]
) -> Format | Fault:
    """Return the format so described, or what is wrong; `names` are what its fields are called."""
    if encoding not in ENCODINGS:
        known = ", ".join(ENCODINGS)
        return Fault("invalid_audio_format", f"the encoding must be one of {known}", names[0])
    if rate_hz not in RATES_HZ:
        known = ", ".join(map(str, RATES_HZ))
        return Fault("invalid_audio_format", f"the rate must be one of {known}", names[1])
    if channels not in {1, 2}:
        return Fault("invalid_audio_format", "there may be 1 or 2 channels", names[2])
    return Format(encoding, rate_hz, channels)


def agreed_format(query: Mapping[str, str]) -> Format | Fault:
    """Return the format the client asked for when it connected: mu-law at 8 kHz if it did not."""
    encoding = query.get("encoding", "mulaw")
    rate, channels = query.get("sample_rate", "8000"), query.get("channels", "1")
    return audio_format(
        encoding, _number(rate), _number(channels), ("encoding", "sample_rate", "channels")
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
