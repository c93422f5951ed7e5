"""One turn of a speaker, recognised while it goes on and cut into utterances as it does.

Positions are seconds of the voice; the transcription counts from where the turn starts.
"""

from __future__ import annotations

from asyncio import TimerHandle
from collections.abc import Callable

from kallglot.commits import CommitPolicy, Unit, Units
from kallglot.errors import EngineError
from kallglot.ids import new_id
from kallglot.speech.engines import Hypothesis, Opening
from kallglot.speech.service import SpeechService

__all__ = ["Turn"]


class Turn:
    """From when somebody starts to speak until everything they said is understood.

    `id` is that of its first utterance; `utterance_id` that of the next, which captions are about.
    """

    def __init__(
        self,
        speech: SpeechService,
        opening: Opening,
        policy: CommitPolicy,
        start: float,
        onset: float,
        heard: Callable[[Turn, Hypothesis | EngineError], None],
    ) -> None:
        self.id = self.utterance_id = new_id("utt")
        self.start = start
        self.fed = start
        #: Up to where its utterances reach.
        self.interpreted = start
        #: When the speech in it ended, as far as is known.
        self.offset: float | None = None
        self.unstable = ""
        #: All that is understood for good.
        self.said = ""
        #: Everything was said; and everything that was said is understood, or never will be.
        self.has_ended = False
        self.is_over = False
        self.error: EngineError | None = None
        self.alarm: TimerHandle | None = None
        self._units = Units(policy, onset - start)
        self._transcription = speech.transcribe(opening, lambda answer: heard(self, answer))

    @property
    def caption(self) -> str:
        """What was said since the last utterance, as it seems at present."""
        return f"{self._units.pending} {self.unstable}".strip()

    @property
    def words(self) -> str:
        """All that was said, as far as it is known."""
        return f"{self.said} {self.caption}".strip()

    def feed(self, pcm: bytes, until: float, *, is_pause: bool) -> None:
        """Take the voice up to `until`."""
        self.fed = until
        if self.error is None:
            self._transcription.feed(pcm, is_pause=is_pause)

    def end(self, pcm: bytes, until: float, offset: float) -> None:
        """Take the rest of the turn, in which the speech ended at `offset`."""
        self.fed, self.offset, self.has_ended = until, offset, True
        if self.error is None:
            self._transcription.finish(pcm)
        else:
            self.is_over = True

    def understand(self, hypothesis: Hypothesis) -> list[Unit]:
        """Take what it is understood as; returns what can be interpreted."""
        units = self._units.take(hypothesis)
        self.said = " ".join((self.said, *(unit.text for unit in units))).strip()
        self.unstable = hypothesis.unstable
        self.is_over = self.is_over or hypothesis.is_final
        return units

    def next_utterance(self, until: float) -> str:
        """Return the id for an utterance that reaches up to that position."""
        taken, self.utterance_id = self.utterance_id, new_id("utt")
        self.interpreted = until
        return taken

    def fail(self, error: EngineError) -> None:
        """Nothing more of it will be understood."""
        self.error = error
        self.unstable = ""
        self._transcription.close()
        self.is_over = self.is_over or self.has_ended

    def close(self) -> None:
        """Let go of what it holds."""
        self._transcription.close()
        if self.alarm is not None:
            self.alarm.cancel()
