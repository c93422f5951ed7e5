"""A conversation as those in it lived it: who spoke when, and what each of them heard.

With an interpreter between them people do not hear each other but the translation, and later.
Whether somebody interrupted, and how soon they replied, counts from what they heard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import attrs

from kallglot.analysis.spans import Span, union
from kallglot.model.transcript import Utterance

__all__ = ["Conversation", "Turn", "conversation"]


@attrs.frozen
class Turn:
    """What somebody said in one go, perhaps in several utterances."""

    speaker: str
    start: float
    end: float
    language: str | None
    text: str = attrs.field(repr=False)


@attrs.frozen
class Conversation:
    """Who spoke when, and what each of the `speakers` heard of the others.

    `utterances` are in the order in which they began.  `turns` are those whose words are sure.
    """

    speakers: tuple[str, ...]
    utterances: tuple[Utterance, ...]
    turns: tuple[Turn, ...]
    heard: dict[str, list[Span]]


def conversation(participants: Iterable[str], utterances: Iterable[Utterance]) -> Conversation:
    """Return the conversation that the utterances were, among these participants at least."""
    said = sorted(utterances, key=lambda one: (one.start, one.sequence))
    speakers = tuple(dict.fromkeys((*participants, *(one.speaker for one in said))))
    heard = {key: union(_heard_by(key, _language_of(key, said), said)) for key in speakers}
    return Conversation(speakers, tuple(said), _turns(said), heard)


def _language_of(speaker: str, said: Sequence[Utterance]) -> str | None:
    spoken = Counter(one.language for one in said if one.speaker == speaker and one.language)
    return next((language for language, _ in spoken.most_common(1)), None)


def _heard_by(listener: str, language: str | None, said: Sequence[Utterance]) -> Iterable[Span]:
    for one in said:
        if one.speaker == listener:
            continue
        spoken = [
            (each.spoken_at, (each.spoken_until or each.spoken_at) + each.dropped)
            for each in one.renderings
            if each.spoken_at is not None and language in (None, each.language)
        ]
        yield from spoken or [(one.start, one.end)]


def _turns(said: Sequence[Utterance]) -> tuple[Turn, ...]:
    pieces: dict[tuple[str, str], list[Utterance]] = {}
    for one in said:
        if one.is_sure:
            pieces.setdefault((one.speaker, one.turn or one.id), []).append(one)
    return tuple(
        Turn(
            speaker,
            together[0].start,
            max(one.end for one in together),
            together[0].language,
            " ".join(one.text for one in together),
        )
        for (speaker, _), together in pieces.items()
    )
