"""A translator whose numbers, names and addresses are checked, and put right or not vouched for."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kallglot.language import glossary, protect
from kallglot.language.protect import Masked
from kallglot.speech.engines import TextRequest, Translation, Translator

__all__ = ["Careful"]


@attrs.frozen
class _Retry:
    """A request that is made once more with stand-ins, for the translation at `at`."""

    at: int
    way: Masked
    request: TextRequest


class Careful:
    """Any translator, with what must not change held against what was said.

    `kallglot.language.protect` says what is compared and how it is repaired.  `TextRequest.terms`
    are held as well, but a sentence that lacks one is only less good and not wrong.
    """

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        self.card = translator.card

    def pairs(self) -> frozenset[tuple[str, str]]:
        return self._translator.pairs()

    def translate(self, batch: Sequence[TextRequest]) -> list[Translation]:
        answers = self._translator.translate(batch)
        retries: list[_Retry] = []
        for at, (request, answer) in enumerate(zip(batch, answers, strict=True)):
            if answer.is_sure and _is_wrong(request, answer.text):
                made = _mended(request, answer.text)
                if made is None:
                    retries += _retries(at, request, answer.text)
                answers[at] = attrs.evolve(
                    answer, text=answer.text if made is None else made, is_sure=made is not None
                )
        if retries:
            self._try_again(batch, answers, retries)
        self._keep_terms(batch, answers)
        return answers

    def _try_again(
        self,
        batch: Sequence[TextRequest],
        answers: list[Translation],
        retries: Sequence[_Retry],
    ) -> None:
        """Translate with stand-ins; the first way that comes out right is taken."""
        others = self._translator.translate([retry.request for retry in retries])
        for retry, other in zip(retries, others, strict=True):
            if answers[retry.at].is_sure or not other.is_sure:
                continue
            request = batch[retry.at]
            head = _head(request)
            made = protect.unmasked(
                retry.way,
                request.text,
                f"{head}{other.text}",
                request.source,
                request.target,
                keep=len(head),
            )
            if made is not None:
                answers[retry.at] = attrs.evolve(other, text=made[len(head) :])

    def _keep_terms(self, batch: Sequence[TextRequest], answers: list[Translation]) -> None:
        """Put in the terms that the translator did not use, where it can be told where."""
        lacking = [
            (at, term)
            for at, (request, answer) in enumerate(zip(batch, answers, strict=True))
            if answer.is_sure
            for term in _lacking(request, answer.text)
        ]
        if not lacking:
            return
        # What the translator calls the thing when asked for it alone shows where it is; if not,
        # a name that nobody translates may stand in its place.
        names = [TextRequest(term[0], batch[at].source, batch[at].target) for at, term in lacking]
        masked = [
            attrs.evolve(batch[at], text=glossary.hidden(batch[at].text, term[0]), terms=())
            for at, term in lacking
        ]
        found = self._translator.translate([*names, *masked])
        half = len(lacking)
        for (at, term), name, whole in zip(lacking, found[:half], found[half:], strict=True):
            request, text = batch[at], answers[at].text
            ways = [glossary.replaced(text, name.text, term[1], request.target)]
            if whole.is_sure:
                ways.append(
                    glossary.replaced(whole.text, glossary.STAND_IN, term[1], request.target)
                )
            better = (way for way in ways if way is not None and _is_better(request, way, text))
            answers[at] = attrs.evolve(answers[at], text=next(better, text))


def _head(request: TextRequest) -> str:
    """What was spoken before, and the space behind it."""
    return f"{request.prefix.strip()} " if request.prefix.strip() else ""


def _is_wrong(request: TextRequest, text: str) -> bool:
    whole = f"{_head(request)}{text}"
    return bool(protect.difference(request.text, whole, request.source, request.target))


def _lacking(request: TextRequest, text: str) -> list[tuple[str, str]]:
    whole = f"{_head(request)}{text}"
    return glossary.lacking(request.terms, request.text, whole, request.target)


def _is_better(request: TextRequest, text: str, than: str) -> bool:
    """Tell whether a translation has more of the terms, and is not wrong for it."""
    lacks_less = len(_lacking(request, text)) < len(_lacking(request, than))
    return lacks_less and not _is_wrong(request, text)


def _mended(request: TextRequest, text: str) -> str | None:
    head = _head(request)
    whole = f"{head}{text}"
    made = protect.repaired(request.text, whole, request.source, request.target, keep=len(head))
    return None if made is None else made[len(head) :]


def _retries(at: int, request: TextRequest, text: str) -> list[_Retry]:
    whole = f"{_head(request)}{text}"
    ways = protect.masked(request.text, whole, request.source, request.target)
    return [_Retry(at, way, attrs.evolve(request, text=way.text)) for way in ways]
