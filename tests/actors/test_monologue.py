"""Somebody speaks for half an hour, with no more than a breath between their sentences.

What they say is heard to its end as late at the end as it was at the beginning.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics

import pytest

from kallglot.providers import Heard
from kallglot.speech.catalogue import Mind
from kallglot.speech.engines import Feed, Hypothesis
from tests.fakes.engines import (
    LANGUAGES,
    Loudness,
    ModemRecogniser,
    ModemSynthesiser,
    ModemTranscriber,
    PhraseBook,
)
from tests.fakes.resident import ResidentSpeech
from tests.fakes.speech import says

MINUTES = 30
BREATH = 0.3
SENTENCES = (
    "Ich habe gestern schon einmal angerufen.",
    "Das Internet ist seit neun Stunden weg.",
    "Der Techniker war am Montag da.",
    "Seitdem geht gar nichts mehr.",
)
#: English as long-winded as German is when it is English that is spoken.
TRANSLATIONS = {
    sentence: f"{sentence.swapcase()} {'and so on' * 9}"[: round(1.2 * len(sentence))]
    for sentence in SENTENCES
}
FRAME = 3200


class Patient(ModemTranscriber):
    """Listens when there is a pause, which is cheaper."""

    def step(self, feeds: list[Feed]) -> list[Hypothesis]:
        return [self._step(feed) if feed.is_pause else self._wait(feed) for feed in feeds]

    def _wait(self, feed: Feed) -> Hypothesis:
        self._waiting[feed.stream] += feed.pcm
        until = self._until[feed.stream]
        return Hypothesis("", "", until, until, self._openings[feed.stream].language or "")


@pytest.fixture
async def speech():
    mind = Mind(ModemRecogniser(), PhraseBook(LANGUAGES), ModemSynthesiser(0.4), Patient())
    speech = ResidentSpeech(mind, Loudness())
    speech.knows({("de", "en"): TRANSLATIONS})
    speech.delay.update(recognise=0.15, translate=0.15, synthesise=0.15)
    return speech


async def speak(telephone, seconds):
    """Say one sentence after the other for so long; returns how many there were."""
    clock = asyncio.get_running_loop().time
    began = clock()
    for count in itertools.count():
        if clock() - began > seconds:
            return count
        sentence = says(SENTENCES[count % len(SENTENCES)], telephone.language)
        pcm = sentence + bytes(2 * round(BREATH * 8000))
        for at in range(0, len(pcm), FRAME):
            telephone.sends(Heard(pcm[at : at + FRAME], 8000, None))
            await asyncio.sleep(len(pcm[at : at + FRAME]) / 16000)
            telephone.played.clear()


def lags(call, since, until):
    """How late the middle one of what was said between two moments began and was over."""
    said = [one for one in call.said if since <= one.end < until]
    began = [one.renderings[0].spoken_at - one.end for one in said]
    over = [one.renderings[0].spoken_until - one.end for one in said]
    return statistics.median(began), statistics.median(over)


async def test_after_half_an_hour_the_translation_is_no_later_than_at_the_beginning(call):
    count = await speak(call.customer, MINUTES * 60)
    await call.agent.is_silent(10)
    assert count > 25 * MINUTES
    assert set(SENTENCES) <= {one.text for one in call.said}
    renderings = [rendering for one in call.said for rendering in one.renderings]
    assert len(renderings) == len(call.said) >= count
    assert all(rendering.dropped == 0 for rendering in renderings)
    early, late = lags(call, 0, 120), lags(call, MINUTES * 60 - 120, MINUTES * 60)
    assert late[0] <= 1.2 * early[0]
    assert late[1] <= 1.2 * early[1] < 4
