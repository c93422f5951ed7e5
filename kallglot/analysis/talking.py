"""How much each said: seconds, their share of all, and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from kallglot.analysis.conversation import Conversation
from kallglot.analysis.spans import total, union
from kallglot.lag.units import units
from kallglot.model.transcript import Utterance

__all__ = ["percentages", "talk_times", "words_by_language", "words_by_speaker"]


def talk_times(talk: Conversation) -> dict[str, float]:
    """Return for how many seconds each spoke, understood or not."""
    spans: dict[str, list[tuple[float, float]]] = {key: [] for key in talk.speakers}
    for one in talk.utterances:
        spans[one.speaker].append((one.start, one.end))
    return {key: total(union(each)) for key, each in spans.items()}


def percentages(shares: Mapping[str, float]) -> dict[str, int]:
    """Return whole percentages that add up to 100; all are 0 where there is nothing to share."""
    whole = sum(shares.values())
    if whole <= 0:
        return dict.fromkeys(shares, 0)
    exact = {key: 100 * share / whole for key, share in shares.items()}
    floors = {key: int(each) for key, each in exact.items()}
    nearest_above = sorted(exact, key=lambda key: floors[key] - exact[key])
    for key in nearest_above[: 100 - sum(floors.values())]:
        floors[key] += 1
    return floors


def words_by_speaker(talk: Conversation) -> Counter[str]:
    """Count the words of each; signs where a language puts no space between words."""
    counts: Counter[str] = Counter()
    for one in talk.utterances:
        counts[one.speaker] += _words(one)
    return counts


def words_by_language(talk: Conversation) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in talk.utterances:
        if one.language is not None:
            counts[one.language] += _words(one)
    return counts


def _words(utterance: Utterance) -> int:
    """Count the words that are sure; a noise that was taken for words has none."""
    return len(units(utterance.text, utterance.language or "")) if utterance.is_sure else 0
