from binascii import a2b_base64, b2a_base64

from kallglot.audio import g711
from kallglot.bench import stamps

SOUND = bytes(range(0x80, 0x100)) + bytes(32)


def through_the_server(payload):
    """Decode and encode a payload as two legs do."""
    return b2a_base64(g711.encode_mulaw(g711.decode_mulaw(a2b_base64(payload))), newline=False)


def test_a_stamp_survives_the_way_through_the_server():
    payload = stamps.stamp(123_456_789) + stamps.base64_of(SOUND)
    assert stamps.age(through_the_server(payload), 123_456_789 + 1500) == [1500]


def test_what_follows_the_stamp_is_the_sound():
    payload = stamps.stamp(1) + stamps.base64_of(SOUND)
    assert a2b_base64(payload) == stamps.block_of(SOUND, 1)
    assert stamps.block_of(SOUND, 1)[12:] == SOUND[12:]


def test_blocks_that_come_together_are_told_apart():
    two = stamps.block_of(SOUND, 100) + stamps.block_of(SOUND, 200)
    assert stamps.age(b2a_base64(two, newline=False), 1000) == [900, 800]


def test_a_block_without_a_stamp_has_no_age():
    assert stamps.age(b2a_base64(b"\xff" * 160, newline=False), 1000) == [None]
    assert stamps.age(b"?" * 216, 1000) == [None]


def test_a_stamp_is_nearly_silent():
    pcm = g711.decode_mulaw(stamps.block_of(SOUND, 9)[:12])
    assert max(abs(sample) for sample in memoryview(pcm).cast("h")) < 200


def test_the_clock_may_run_over():
    assert stamps.age(stamps.stamp(10**12 - 5) + stamps.base64_of(SOUND), 10**12 + 5) == [10]
