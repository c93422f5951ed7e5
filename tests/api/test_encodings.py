from __future__ import annotations

import asyncio
import tempfile
import threading
from typing import BinaryIO

import pytest

from kallglot.api.encodings import Encodings

pytestmark = pytest.mark.real_time


class Workshop:
    """Encodes for next to nothing, and remembers what it made."""

    def __init__(self) -> None:
        self.made: list[BinaryIO] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def encode(self) -> BinaryIO:
        self.go_on.wait(5)
        self.made.append(tempfile.TemporaryFile())  # noqa: SIM115 - whoever borrows it closes it
        return self.made[-1]

    @property
    def open_files(self) -> int:
        return sum(not file.closed for file in self.made)


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def encodings():
    return Encodings(lifetime=60.0, most=2)


async def read(encodings: Encodings, workshop: Workshop, tag: str) -> BinaryIO:
    async with encodings.borrowed(tag, workshop.encode) as sound:
        assert not sound.closed
        return sound


async def test_a_sound_is_encoded_once_for_all_its_parts(encodings, workshop):
    assert await read(encodings, workshop, "a") is await read(encodings, workshop, "a")
    assert len(workshop.made) == 1
    encodings.forget()


async def test_two_who_ask_at_once_wait_for_the_same(encodings, workshop):
    workshop.go_on.clear()
    both = [asyncio.create_task(read(encodings, workshop, "a")) for _ in range(2)]
    await asyncio.sleep(0)
    workshop.go_on.set()
    first, second = await asyncio.gather(*both)
    assert first is second
    encodings.forget()


async def test_the_one_that_was_used_longest_ago_makes_room(encodings, workshop):
    for tag in ("a", "b", "a", "c"):
        await read(encodings, workshop, tag)
    await asyncio.sleep(0)
    assert [file.closed for file in workshop.made] == [False, True, False]
    encodings.forget()


async def test_after_a_while_nothing_is_kept(workshop):
    encodings = Encodings(lifetime=0.01)
    await read(encodings, workshop, "a")
    async with asyncio.timeout(5):
        while workshop.open_files:
            await asyncio.sleep(0.01)


async def test_what_is_being_read_is_kept_when_something_is_deleted(encodings, workshop):
    await read(encodings, workshop, "a")
    async with encodings.borrowed("b", workshop.encode) as sound:
        encodings.forget()
        await asyncio.sleep(0)
        assert [file.closed for file in workshop.made] == [True, False]
        assert not sound.closed
    encodings.forget()
    await asyncio.sleep(0)
    assert workshop.open_files == 0


async def test_what_failed_is_tried_again(encodings, workshop):
    def fail() -> BinaryIO:
        raise FileNotFoundError

    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            async with encodings.borrowed("a", fail):
                pass
    await read(encodings, workshop, "a")
    encodings.forget()


async def test_who_leaves_while_it_is_encoded_leaves_nothing_open(encodings, workshop):
    workshop.go_on.clear()
    reader = asyncio.create_task(read(encodings, workshop, "a"))
    await asyncio.sleep(0.01)
    reader.cancel()
    await asyncio.wait({reader})
    encodings.forget()
    workshop.go_on.set()
    async with asyncio.timeout(5):
        while not workshop.made or workshop.open_files:
            await asyncio.sleep(0.01)
