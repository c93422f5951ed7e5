"""What has been said to a listener and not been heard by them yet.

Until the far end has played a translation it is kept, whole: a leg that breaks in the middle of a
sentence is followed by one on which the sentence is said again.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kallglot.messages import SpeechMade

__all__ = ["Outstanding", "Said"]

#: Bytes of sound that are kept at most: two minutes of a telephone's.
MOST = 120 * 16000


@attrs.define
class Said:
    """A translation on its way: its pieces, and from when to when it was sent to be heard.

    `compressed` is by how many seconds it was shortened, `dropped` how many of them nobody heard.
    It was `taken_back` so many times before its end was heard.
    """

    language: str
    pieces: list[SpeechMade] = attrs.field(factory=list)
    size: int = 0
    since: float | None = None
    until: float = 0.0
    compressed: float = 0.0
    dropped: float = 0.0
    taken_back: int = 0


class Outstanding:
    """The translations that one listener has not heard yet, in order."""

    def __init__(self) -> None:
        self._said: dict[str, Said] = {}
        self._size = 0
        self._cut: set[str] = set()

    def __iter__(self) -> Iterator[SpeechMade]:
        for said in list(self._said.values()):
            yield from list(said.pieces)

    def add(self, speech: SpeechMade) -> None:
        """Keep a piece; beyond the limit the oldest translation is forgotten."""
        if speech.utterance_id in self._cut:
            if speech.is_last:
                self._cut.discard(speech.utterance_id)
            return
        said = self._said.setdefault(speech.utterance_id, Said(speech.language))
        said.pieces.append(speech)
        said.size += len(speech.pcm)
        self._size += len(speech.pcm)
        while self._size > MOST and len(self._said) > 1:
            self.remove(next(iter(self._said)))

    def __getitem__(self, utterance: str) -> Said | None:
        return self._said.get(utterance)

    def sent(
        self, utterance: str, since: float, until: float, compressed: float = 0.0
    ) -> str | None:
        """Note that a part is to be heard at that time; returns the language."""
        said = self._said.get(utterance)
        if said is None:
            return None
        if said.since is None:
            said.since = since
        said.until = until
        said.compressed = compressed
        return said.language

    def take_back(self, utterance: str) -> None:
        """Note that what was sent of a translation last will be sent again."""
        said = self._said.get(utterance)
        if said is not None:
            said.taken_back += 1

    def remove(self, utterance: str) -> Said | None:
        """Forget a translation that has been heard, or never will be."""
        said = self._said.pop(utterance, None)
        if said is not None:
            self._size -= said.size
        return said

    def cut(self, utterance: str) -> Said | None:
        """Forget a translation that was interrupted, and what is still to come of it."""
        said = self.remove(utterance)
        if said is not None and not said.pieces[-1].is_last:
            self._cut.add(utterance)
        return said

    def start_again(self) -> None:
        """Nothing of what was sent has been heard after all."""
        for said in self._said.values():
            said.since = None
            said.compressed = said.dropped = 0.0
