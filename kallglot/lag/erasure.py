"""How much of what was shown was taken back: captions may be revised, what is spoken may not."""

from __future__ import annotations

import attrs

from kallglot.lag.units import units

__all__ = ["Erasure", "Revision"]


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

    @property
    def normalised(self) -> float:
        """Units taken back per unit that stands; those of a text that vanished count as one."""
        return self._deleted / max(1, self.final)


def _in_common(before: list[str], after: list[str]) -> int:
    """Return how many units at the beginning are the same."""
    for index, (old, new) in enumerate(zip(before, after, strict=False)):
        if old != new:
            return index
    return min(len(before), len(after))
