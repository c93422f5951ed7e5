"""Two people speak at the same time, each on their own telephone."""

from __future__ import annotations

import asyncio

import pytest

from kallglot.overlap import OverlapRules
from tests.fakes.speech import heard

GERMAN = (
    "Guten Tag, hier spricht Helen Becker aus München.",
    "Das Internet ist seit neun Stunden weg.",
    "Der Techniker war am Montag da.",
)
ENGLISH = (
    "Hello, you are speaking to the customer service.",
    "Can you please restart the router now?",
    "I will put you down for Tuesday.",
)
MEANINGS = {
    ("de", "en"): {one: one.swapcase() for one in GERMAN},
    ("en", "de"): {one: one.swapcase() for one in ENGLISH},
}


async def both_speak(call, later):
    """Let the customer say their part, and the agent theirs, beginning so much later."""
    call.speech.knows(MEANINGS)

    async def agent_speaks():
        await asyncio.sleep(later)
        await call.agent.says(" ".join(ENGLISH), silence=12.0)

    await asyncio.gather(call.customer.says(" ".join(GERMAN), silence=12.0), agent_speaks())
    await call.settle()


def written(call, speaker):
    """Return what somebody said, as it is in the transcript, in both languages."""
    return [(one.text, one.renderings[0].text) for one in call.said if one.speaker == speaker]


def meant(sentences):
    return [(one, one.swapcase()) for one in sentences]


async def test_two_who_say_something_at_once_are_both_understood(call):
    await asyncio.gather(
        call.customer.says("Guten Tag", silence=4.0), call.agent.says("How are you", silence=4.0)
    )
    assert heard(call.agent.sound) == "Good day"
    assert heard(call.customer.sound) == "Wie geht es Ihnen"


@pytest.mark.parametrize("later", [0.0, 0.7, 1.3])
async def test_speeches_that_overlap_reach_the_other_side_whole(call, later):
    await both_speak(call, later)
    assert heard(call.agent.sound) == " ".join(GERMAN).swapcase()
    assert heard(call.customer.sound) == " ".join(ENGLISH).swapcase()
    assert written(call, "customer") == meant(GERMAN)
    assert written(call, "agent") == meant(ENGLISH)


async def test_who_interrupts_at_length_is_spared_the_rest_and_can_read_it(call):
    await both_speak(call, later=2.9)  # then the first translation is being played to them
    assert not heard(call.agent.sound).startswith(GERMAN[0].swapcase())
    assert heard(call.customer.sound) == " ".join(ENGLISH).swapcase()
    assert written(call, "customer") == meant(GERMAN)
    assert written(call, "agent") == meant(ENGLISH)
    assert sum(one.renderings[0].dropped > 0 for one in call.said) == 2


@pytest.mark.parametrize("overlap", [OverlapRules("never")])
async def test_where_nobody_may_interrupt_nothing_is_lost_either(call):
    await both_speak(call, later=2.9)
    assert heard(call.agent.sound) == " ".join(GERMAN).swapcase()
    assert heard(call.customer.sound) == " ".join(ENGLISH).swapcase()
