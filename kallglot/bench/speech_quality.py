"""How much of what was said was understood and translated.  Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence

import attrs

from kallglot.bench.speech_figures import Outcome
from kallglot.bench.speech_script import Kind
from kallglot.demo.judgement import word_accuracy, words

__all__ = ["Quality", "quality"]


@attrs.frozen
class Quality:
    """What was understood, by one kind of passage and one direction; shares are in 0..1.

    `chrf` and `bleu` are None where sacrebleu is not installed.
    """

    kind: Kind
    direction: str
    passages: int
    word_errors: float
    exact: float
    translated_words: float
    unsure: float
    chrf: float | None
    bleu: float | None


def quality(
    found: Iterable[Outcome],
    scores: Callable[[Sequence[str], Sequence[str]], tuple[float, float]] | None,
) -> list[Quality]:
    """Return how good it was; `scores` gives chrF and BLEU for translations and references."""
    groups: dict[tuple[Kind, str], list[Outcome]] = {}
    for one in found:
        direction = f"{one.passage.language} → {one.passage.target}"
        groups.setdefault((one.passage.kind, direction), []).append(one)
    rows = []
    for (kind, direction), group in sorted(groups.items()):
        chrf, bleu = (
            (None, None)
            if scores is None
            else scores([one.translated for one in group], [one.passage.reference for one in group])
        )
        rows.append(
            Quality(
                kind=kind,
                direction=direction,
                passages=len(group),
                word_errors=1 - _accuracy((one.passage.text, one.recognised) for one in group),
                exact=statistics.fmean(one.is_exact for one in group),
                translated_words=_accuracy(
                    (one.passage.reference, one.translated) for one in group
                ),
                unsure=sum(one.unsure for one in group)
                / max(1, sum(len(one.utterances) for one in group)),
                chrf=chrf,
                bleu=bleu,
            )
        )
    return rows


def _accuracy(pairs: Iterable[tuple[str, str]]) -> float:
    """Return the share of words that are right; a longer text counts for more."""
    counted = [(len(words(wanted)), word_accuracy(wanted, got)) for wanted, got in pairs]
    total = sum(count for count, _ in counted)
    return sum(count * share for count, share in counted) / max(1, total)
