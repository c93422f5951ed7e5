"""The sentence that somebody is in the middle of, and what has become of it so far.  Pure.

A long sentence is interpreted in pieces, and what was spoken of it cannot be taken back.  A piece
out of the middle of a sentence is hardly ever one, so the translator is given all that was said of
it, and what was spoken already to go on from.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from kallglot.commits import joined
from kallglot.model.transcript import Rendering, Utterance
from kallglot.speech.engines import TextRequest
from kallglot.speech.streaming import pieces

__all__ = ["Sentence"]

#: Signs of an end that has not come yet: behind them, models have nothing more to say.
_ENDS = " .!?…。！？"  # noqa: RUF001


@attrs.frozen
class Sentence:
    """What was `said` of a sentence, and what was spoken of it by language; `last` is its end."""

    last: Utterance | None = None
    said: str = attrs.field(default="", repr=False)
    spoken: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    #: What was said before the sentence.
    before: str = attrs.field(default="", repr=False)

    def with_(self, utterance: Utterance, renderings: tuple[Rendering, ...]) -> Sentence:
        """Return the sentence that goes on behind an utterance, with what was made of that."""
        language = utterance.language or ""
        made = {one.language: one.text for one in renderings}
        if not self._goes_on_in(utterance):
            return Sentence(utterance, utterance.text, made, self._context(utterance))
        spoken = {
            name: joined(_open(self.spoken[name]), text, name)
            for name, text in made.items()
            if name in self.spoken
        }
        said = joined(self.said, utterance.text, language)
        return Sentence(utterance, said, spoken, self.before)

    def requests(self, utterance: Utterance, target: str) -> tuple[TextRequest, ...]:
        """Return how to ask for an utterance in another language, the best way first."""
        source = utterance.language or ""
        alone = TextRequest(utterance.text, source, target, context=self._context(utterance))
        if not self._goes_on_in(utterance) or target not in self.spoken:
            return (alone,)
        whole = joined(self.said, utterance.text, source)
        begun = attrs.evolve(
            alone, text=whole, context=self.before, prefix=_open(self.spoken[target])
        )
        return (begun, alone)

    def _goes_on_in(self, utterance: Utterance) -> bool:
        last = self.last
        return (
            last is not None
            and (last.turn, last.language) == (utterance.turn, utterance.language)
            and not pieces.ends_sentence(last.text)
        )

    def _context(self, utterance: Utterance) -> str:
        """What was said last, if it was in the same language."""
        is_same = self.last is not None and self.last.language == utterance.language
        return self.last.text if is_same and self.last is not None else ""


def _open(text: str) -> str:
    """A text without the sign that ends it: the sentence goes on."""
    return text.rstrip(_ENDS)
