"""How much of what was shown was taken back: captions may be revised, what is spoken may not."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import attrs

from kallglot.lag.units import units
from kallglot.model.transcript import Utterance

__all__ = ["Captions", "Erasure", "Revision", "normalised"]

#: How many captions of one speaker wait for the utterance that they become.
_WAITING: Final = 50


def normalised(deleted: int, final: int) -> float | None:
    """Return how many units were taken back per unit that stands, or None where none does."""
    return deleted / final if final else None


@attrs.frozen
class Revision:
    """What a new text changed: the units that were taken back, and those that came instead."""

    deleted: tuple[str, ...] = attrs.field(repr=False)
    added: tuple[str, ...] = attrs.field(repr=False)


class Erasure:
    """The successive texts of one turn's caption, all of it each time."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._shown: list[str] = []
        self._deleted = 0

    def show(self, text: str) -> Revision:
        """Take what is shown from now on; the last text is the final one."""
        before, self._shown = self._shown, units(text, self._language)
        kept = _in_common(before, self._shown)
        self._deleted += len(before) - kept
        return Revision(tuple(before[kept:]), tuple(self._shown[kept:]))

    @property
    def deleted(self) -> int:
        """How many units were taken back."""
        return self._deleted

    @property
    def final(self) -> int:
        """How many units stand."""
        return len(self._shown)


@attrs.define
class _Caption:
    """What was shown of an utterance before it stood."""

    first: list[str] = attrs.field(repr=False)
    last: list[str] = attrs.field(repr=False)
    deleted: int = 0

    def show(self, shown: list[str]) -> None:
        self.deleted += len(self.last) - _in_common(self.last, shown)
        self.last = shown

    def withdraw(self) -> int:
        """Return how many units were taken back, if all are."""
        return self.deleted + len(self.last)


class Captions:
    """What one speaker is shown to say: captions, cut into utterances that stand.

    A caption goes on from the utterance before it, and what is left of it behind its own begins
    the next one.  That one may be shown already when the utterance comes, in the order in which
    they were said, because it is translated first.
    """

    def __init__(self) -> None:
        self._captions: OrderedDict[str, _Caption] = OrderedDict()
        self._rest: list[str] = []
        self._turn = ""

    def show(self, utterance_id: str, text: str, language: str) -> None:
        """Take what is shown as the beginning of an utterance."""
        shown = units(text, language)
        if utterance_id in self._captions:
            self._captions[utterance_id].show(shown)
            return
        self._captions[utterance_id] = _Caption(shown, shown)
        if len(self._captions) > _WAITING:
            self._captions.popitem(last=False)

    def stand(self, utterance: Utterance) -> int:
        """Return how many units were taken back since the utterance before this one stood."""
        deleted = self._turn_to(utterance) + self._withdraw_before(utterance.id)
        caption = self._captions.pop(utterance.id, None)
        if caption is not None:
            deleted += caption.deleted + len(self._rest) - _in_common(self._rest, caption.first)
            self._rest = caption.last
        final = units(utterance.text, utterance.language or "")
        kept = _in_common(self._rest, final)
        if kept < len(final):
            deleted += len(self._rest) - kept
            self._rest = []
        else:
            self._rest = self._rest[kept:]
        return deleted

    def vanish(self) -> int:
        """Return how many units were shown that will never stand, now that nothing more comes."""
        deleted = len(self._rest) + sum(map(_Caption.withdraw, self._captions.values()))
        self._rest = []
        self._captions.clear()
        return deleted

    def _turn_to(self, utterance: Utterance) -> int:
        """Take back what was left of the turn before, if the utterance begins another."""
        turn = utterance.turn or utterance.id
        if turn == self._turn:
            return 0
        left, self._rest, self._turn = self._rest, [], turn
        return len(left)

    def _withdraw_before(self, utterance_id: str) -> int:
        """Take back captions of what nobody has said after all, such as an echo."""
        deleted = 0
        while utterance_id in self._captions and next(iter(self._captions)) != utterance_id:
            _, caption = self._captions.popitem(last=False)
            deleted += caption.withdraw()
        return deleted


def _in_common(before: list[str], after: list[str]) -> int:
    """Return how many units at the beginning are the same."""
    for index, (old, new) in enumerate(zip(before, after, strict=False)):
        if old != new:
            return index
    return min(len(before), len(after))
