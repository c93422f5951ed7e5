from __future__ import annotations

import itertools

import pytest

from kallglot.model.transcript import Rendering, Utterance


class Script:
    """Who says what when; each line is an utterance of a turn of its own unless it says which."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def say(self, speaker, start, end, text="so it is", language="en", **more) -> Utterance:
        number = next(self._numbers)
        return Utterance(
            f"utt_{number}", "sess_1", number, speaker, language, text, start, end, 0.9, **more
        )

    def heard_as(self, language, since, until, **more) -> tuple[Rendering, ...]:
        return (Rendering(language, "…", spoken_at=since, spoken_until=until, **more),)


@pytest.fixture
def script() -> Script:
    return Script()
