"""Several translators as one, with English in between where no model knows the pair.

What goes through English is translated twice, and believed only if both translations are.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kallglot.errors import EngineError
from kallglot.speech.engines import EngineCard, TextRequest, Translation, Translator

__all__ = ["Interpreters", "together"]

PIVOT = "en"
_PIVOTED = "Languages without a model for the two are translated by way of English."

Pair = tuple[str, str]


def together(translators: Sequence[Translator]) -> Translator:
    """Return one translator that knows what the given ones know."""
    several = Interpreters(translators)
    is_more = len(translators) > 1 or bool(several.pivoted())
    return several if is_more else translators[0]


class Interpreters:
    """Gives each sentence to the first translator that knows its languages."""

    def __init__(self, translators: Sequence[Translator]) -> None:
        self._by_pair: dict[Pair, Translator] = {}
        for translator in translators:
            for pair in translator.pairs():
                self._by_pair.setdefault(pair, translator)
        cards = [translator.card for translator in translators]
        notices = [card.notice for card in cards if card.notice]
        self.card = EngineCard(
            name=", ".join(card.name for card in cards),
            languages=tuple(sorted({known for card in cards for known in card.languages})),
            revision=", ".join(card.revision for card in cards),
            licence=", ".join(dict.fromkeys(card.licence for card in cards)),
            notice=" ".join(dict.fromkeys([*notices, *([_PIVOTED] if self.pivoted() else [])])),
        )

    def pairs(self) -> frozenset[Pair]:
        return self.pivoted().union(self._by_pair)

    def pivoted(self) -> frozenset[Pair]:
        """The pairs that are translated by way of English."""
        sources = {source for source, target in self._by_pair if target == PIVOT}
        targets = {target for source, target in self._by_pair if source == PIVOT}
        return frozenset(
            (source, target)
            for source in sources
            for target in targets
            if source != target and (source, target) not in self._by_pair
        )

    def translate(self, batch: Sequence[TextRequest]) -> list[Translation]:
        onward = [at for at, request in enumerate(batch) if self._is_pivoted(request)]
        into = dict.fromkeys(onward, PIVOT)
        first = self._hop(
            [
                # Prefix and terms are of the language that comes out at the end.
                attrs.evolve(request, target=into[at], prefix="", terms=())
                if at in into
                else request
                for at, request in enumerate(batch)
            ]
        )
        second = self._hop(
            [
                attrs.evolve(batch[at], text=first[at].text, source=PIVOT, context="", terms=())
                for at in onward
            ]
        )
        for at, translation in zip(onward, second, strict=True):
            first[at] = Translation(
                translation.text,
                first[at].confidence * translation.confidence,
                first[at].is_sure and translation.is_sure,
            )
        return first

    def _is_pivoted(self, request: TextRequest) -> bool:
        """Tell whether a request takes two translations; raises `EngineError` if none would do."""
        pair = (request.source, request.target)
        if pair in self._by_pair:
            return False
        if (request.source, PIVOT) in self._by_pair and (PIVOT, request.target) in self._by_pair:
            return True
        raise EngineError(
            f"no model translates {request.source} to {request.target}: name one for the pair, or"
            f" one into and one out of {PIVOT}, in speech.translator"
        )

    def _hop(self, batch: Sequence[TextRequest]) -> list[Translation]:
        """Translate each request by the translator for its pair, all of a translator at once."""
        shares: dict[int, list[int]] = {}
        chosen: dict[int, Translator] = {}
        for at, request in enumerate(batch):
            translator = self._by_pair[(request.source, request.target)]
            chosen[id(translator)] = translator
            shares.setdefault(id(translator), []).append(at)
        answers: dict[int, Translation] = {}
        for key, share in shares.items():
            translations = chosen[key].translate([batch[at] for at in share])
            answers.update(zip(share, translations, strict=True))
        return [answers[at] for at in range(len(batch))]
