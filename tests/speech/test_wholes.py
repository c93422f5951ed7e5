from __future__ import annotations

import pytest

from kallglot.speech.engines import Feed, Opening, VoiceRequest
from kallglot.speech.wholes import Wholes
from tests.fakes.engines import ModemTranscriber
from tests.fakes.speech import says


class Careful(ModemTranscriber):
    """One that remembers who is there."""

    def streams(self):
        return set(self._openings)


def test_whole_utterances_are_turns_that_are_over_at_once():
    transcriber = Careful()
    transcriber.open(1, Opening(8000, "de"))
    transcriber.step([Feed(1, says("Guten", "de"))])
    requests = [VoiceRequest(says(text, "de"), 8000) for text in ("eins", "zwei")]
    answers = Wholes(transcriber).recognise(requests)
    assert [answer.text for answer in answers] == ["eins", "zwei"]
    assert transcriber.streams() == {1}


def test_a_failure_leaves_nothing_behind():
    class Failing(Careful):
        def step(self, feeds):
            raise ZeroDivisionError

    transcriber = Failing()
    with pytest.raises(ZeroDivisionError):
        Wholes(transcriber).recognise([VoiceRequest(b"", 8000)])
    assert transcriber.streams() == set()
