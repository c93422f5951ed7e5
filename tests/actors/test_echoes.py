"""A loudspeaker next to a microphone: what is played comes back, and means nothing."""

from __future__ import annotations

import asyncio

import attrs
import numpy as np
import pytest

from tests.fakes.speech import heard
from tests.fakes.telephone import FRAME, Telephone


class Loudspeaker(Telephone):
    """A telephone that hears what it plays, 0.2 s later and 14 dB quieter."""

    delay = 0.2
    gain = 0.2

    def echo(self, now: float) -> bytes:
        frame = np.zeros(FRAME // 2)
        for at, pcm in self.played:
            samples = np.frombuffer(pcm, np.int16)
            first = round((now - self.delay - at) * 8000)
            part = samples[max(0, first) : max(0, first + len(frame))]
            frame[: len(part)] += part * self.gain
        return frame.astype(np.int16).tobytes()

    async def stays_on(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(round(seconds / 0.02)):
            await self.sounds(self.echo(loop.time()))


@pytest.fixture
async def call(new_call):
    call = new_call()
    call.agent = Loudspeaker("en", call_id="CA2")
    await call.begin()
    return call


async def test_a_translation_that_comes_back_is_neither_written_down_nor_translated(call, metering):
    both = asyncio.gather(call.customer.says("Guten Tag", silence=4.0), call.agent.stays_on(5.0))
    await both
    await call.settle()
    assert heard(call.agent.sound) == "Good day"
    assert [one.text for one in call.said] == ["Guten Tag"]
    assert heard(call.customer.sound) == ""
    assert call.agent.cleared == []
    assert metering.registry.get_sample_value("kallglot_echoes_total") == 1


async def test_an_echo_of_the_other_is_not_taken_for_what_somebody_speaks(new_call, people):
    unknown = (people[0], attrs.evolve(people[1], language=None))
    call = new_call(participants=unknown)
    call.agent = Loudspeaker("de", call_id="CA2")
    await call.begin()
    # Nobody knows yet what the agent speaks, so they hear the customer's own voice.
    await asyncio.gather(call.customer.says("Guten Tag", silence=3.0), call.agent.stays_on(4.0))
    await call.settle()
    assert [(one.speaker, one.text) for one in call.said] == [("customer", "Guten Tag")]
    assert [one.language for one in call.row.participants] == ["de", None]
