"""Several synthesisers as one: each sentence is spoken by the first that can."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from kallglot.errors import EngineError
from kallglot.speech.engines import Chunk, EngineCard, SpeechRequest, Synthesiser

__all__ = ["Synthesisers", "together"]

logger = logging.getLogger(__name__)


def together(synthesisers: Sequence[Synthesiser]) -> Synthesiser:
    """Return one synthesiser that speaks what the given ones speak; the first are preferred."""
    return synthesisers[0] if len(synthesisers) == 1 else Synthesisers(synthesisers)


class Synthesisers:
    """Gives each sentence to the first synthesiser of its language.

    Where that one refuses before any sound, as one without digits refuses a sentence with a
    number in it, the next is asked: half of a sentence would be worse than another voice.
    """

    def __init__(self, synthesisers: Sequence[Synthesiser]) -> None:
        self._synthesisers = tuple(synthesisers)
        cards = [synthesiser.card for synthesiser in synthesisers]
        self.card = EngineCard(
            name=", ".join(card.name for card in cards),
            languages=tuple(sorted({known for card in cards for known in card.languages})),
            revision=", ".join(card.revision for card in cards if card.revision),
            licence=", ".join(dict.fromkeys(card.licence for card in cards if card.licence)),
            notice=" ".join(dict.fromkeys(card.notice for card in cards if card.notice)),
        )

    def voices(self, language: str) -> tuple[str, ...]:
        """Return the names of the voices for a language, the default first."""
        every = (voice for each in self._synthesisers for voice in each.voices(language))
        return tuple(dict.fromkeys(every))

    def synthesise(
        self, request: SpeechRequest, is_cancelled: Callable[[], bool]
    ) -> Iterator[Chunk]:
        refusal = EngineError(f"no synthesiser speaks {request.language!r}")
        for synthesiser in self._able(request):
            speech = synthesiser.synthesise(request, is_cancelled)
            try:
                first = next(speech, None)
            except EngineError as error:
                logger.debug("%s: %s", synthesiser.card.name, error)
                refusal = error
                continue
            if first is not None:
                yield first
                yield from speech
            return
        raise refusal

    def _able(self, request: SpeechRequest) -> list[Synthesiser]:
        """Those that speak the language, first those that have the voice."""
        voices = [(each, each.voices(request.language)) for each in self._synthesisers]
        able = [(each, request.voice in names) for each, names in voices if names]
        return [each for each, has_voice in sorted(able, key=lambda one: not one[1])]
