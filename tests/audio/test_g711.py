from __future__ import annotations

import struct

import pytest

from kallglot.audio import g711


def mulaw_expand(code: int) -> int:
    """`ulaw_expand` of ITU-T G.191."""
    sign = -1 if code < 0x80 else 1
    mantissa = ~code
    exponent = mantissa >> 4 & 7
    step = 4 << exponent + 1
    return sign * ((0x80 << exponent) + step * (mantissa & 15) + step // 2 - 4 * 33)


def mulaw_compress(sample: int) -> int:
    """`ulaw_compress` of ITU-T G.191."""
    magnitude = min(((~sample if sample < 0 else sample) >> 2) + 33, 0x1FFF)
    segment = 1
    while magnitude >> 5 + segment:
        segment += 1
    code = 8 - segment << 4 | 15 - (magnitude >> segment & 15)
    return code if sample < 0 else code | 0x80


def alaw_expand(code: int) -> int:
    """`alaw_expand` of ITU-T G.191."""
    bits = (code ^ 0x55) & 0x7F
    exponent = bits >> 4
    mantissa = bits & 15
    if exponent > 0:
        mantissa += 16
    mantissa = (mantissa << 4) + 8
    if exponent > 1:
        mantissa <<= exponent - 1
    return mantissa if code > 127 else -mantissa


def alaw_compress(sample: int) -> int:
    """`alaw_compress` of ITU-T G.191."""
    bits = (~sample if sample < 0 else sample) >> 4
    if bits > 15:
        exponent = 1
        while bits > 31:
            bits >>= 1
            exponent += 1
        bits += (exponent << 4) - 16
    return (bits if sample < 0 else bits | 0x80) ^ 0x55


EVERY_CODE = bytes(range(256))
EVERY_SAMPLE = range(-32768, 32768)
EVERY_PCM = struct.pack("=65536h", *EVERY_SAMPLE)


def samples(pcm: bytes) -> list[int]:
    return list(struct.unpack(f"={len(pcm) // 2}h", pcm))


def test_every_code_decodes_as_the_itu_says():
    assert samples(g711.decode_mulaw(EVERY_CODE)) == [mulaw_expand(code) for code in EVERY_CODE]
    assert samples(g711.decode_alaw(EVERY_CODE)) == [alaw_expand(code) for code in EVERY_CODE]


def test_every_sample_encodes_as_the_itu_says():
    assert g711.encode_mulaw(EVERY_PCM) == bytes(map(mulaw_compress, EVERY_SAMPLE))
    assert g711.encode_alaw(EVERY_PCM) == bytes(map(alaw_compress, EVERY_SAMPLE))


@pytest.mark.parametrize(
    ("code", "sample"),
    [(0x00, -32124), (0x80, 32124), (0xFF, 0), (0x7F, 0), (0xFE, 8), (0x7E, -8), (0xEF, 132)],
)
def test_golden_values_of_mulaw(code: int, sample: int):
    assert samples(g711.decode_mulaw(bytes([code]))) == [sample]


@pytest.mark.parametrize(
    ("code", "sample"),
    [(0xD5, 8), (0x55, -8), (0x2A, -32256), (0xAA, 32256), (0xD4, 24), (0x80, 5504)],
)
def test_golden_values_of_alaw(code: int, sample: int):
    assert samples(g711.decode_alaw(bytes([code]))) == [sample]


def test_what_was_decoded_encodes_to_the_same_code():
    # But for mu-law's negative zero, which becomes the positive one.
    assert g711.encode_mulaw(g711.decode_mulaw(EVERY_CODE)) == EVERY_CODE.replace(b"\x7f", b"\xff")
    assert g711.encode_alaw(g711.decode_alaw(EVERY_CODE)) == EVERY_CODE


def test_silence_is_what_silence_encodes_to():
    assert g711.encode_mulaw(bytes(320)) == g711.MULAW_SILENCE * 160
    assert g711.encode_alaw(bytes(320)) == g711.ALAW_SILENCE * 160


def test_half_a_sample_is_an_error():
    with pytest.raises(ValueError, match="multiple"):
        g711.encode_mulaw(bytes(3))


def test_nothing_is_nothing():
    assert g711.decode_mulaw(b"") == g711.encode_mulaw(b"") == b""
