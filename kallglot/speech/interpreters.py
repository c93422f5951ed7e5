"""Several translators as one, with English in between where no model knows the pair."""

from __future__ import annotations

from collections.abc import Sequence

from kallglot.errors import EngineError
from kallglot.speech.engines import EngineCard, TextRequest, Translation, Translator

__all__ = ["Interpreters", "together"]

PIVOT = "en"

Pair = tuple[str, str]


def together(translators: Sequence[Translator]) -> Translator:
    """Return one translator that knows what the given ones know."""
    return translators[0] if len(translators) == 1 else Interpreters(translators)


class Interpreters:
    """Gives each sentence to the first translator that knows its languages."""

    def __init__(self, translators: Sequence[Translator]) -> None:
        self._by_pair: dict[Pair, Translator] = {}
        for translator in translators:
            for pair in translator.pairs():
                self._by_pair.setdefault(pair, translator)
        cards = [translator.card for translator in translators]
        self.card = EngineCard(
            name=", ".join(card.name for card in cards),
            languages=tuple(sorted({known for card in cards for known in card.languages})),
            revision=", ".join(card.revision for card in cards),
            licence=", ".join(dict.fromkeys(card.licence for card in cards)),
            notice=" ".join(dict.fromkeys(card.notice for card in cards if card.notice)),
        )

    def pairs(self) -> frozenset[Pair]:
        direct = frozenset(self._by_pair)
        sources = {source for source, target in direct if target == PIVOT}
        targets = {target for source, target in direct if source == PIVOT}
        return direct | {
            (source, target) for source in sources for target in targets if source != target
        }

    def translate(self, batch: Sequence[TextRequest]) -> list[Translation]:
        first = self._hop(
            [
                request
                if (request.source, request.target) in self._by_pair
                else TextRequest(request.text, request.source, PIVOT)
                for request in batch
            ]
        )
        onward = [
            at
            for at, request in enumerate(batch)
            if (request.source, request.target) not in self._by_pair
        ]
        second = self._hop([TextRequest(first[at].text, PIVOT, batch[at].target) for at in onward])
        for at, translation in zip(onward, second, strict=True):
            first[at] = Translation(
                translation.text,
                first[at].confidence * translation.confidence,
                first[at].is_sure and translation.is_sure,
            )
        return first

    def _hop(self, batch: Sequence[TextRequest]) -> list[Translation]:
        """Translate each request by the translator for its pair, all of a translator at once."""
        shares: dict[int, list[int]] = {}
        chosen: dict[int, Translator] = {}
        for at, request in enumerate(batch):
            translator = self._by_pair.get((request.source, request.target))
            if translator is None:
                raise EngineError(f"no model translates {request.source} to {request.target}")
            chosen[id(translator)] = translator
            shares.setdefault(id(translator), []).append(at)
        answers: dict[int, Translation] = {}
        for key, share in shares.items():
            translations = chosen[key].translate([batch[at] for at in share])
            answers.update(zip(share, translations, strict=True))
        return [answers[at] for at in range(len(batch))]
