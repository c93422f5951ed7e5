"""What one listener is played, and when.

The far end plays a queue of its own, as fast as sound goes.  It is kept a little ahead, so that
the network may stumble, and no further, so that an interruption has little to throw away.
"""

from __future__ import annotations

from collections import deque

import attrs

__all__ = ["Cleared", "Cut", "Dropped", "Piece", "Playout"]

#: The far end wants whole frames: below 20 ms Telnyx's behaviour is undefined.
_FRAME = 0.02
#: How many unfinished utterances that were cut are remembered, to ignore the rest of them.
_MOST_IGNORED = 64


@attrs.frozen
class Piece:
    """PCM to send now; the far end will hear its first sample at `at`."""

    utterance: str
    speaker: str
    pcm: bytes = attrs.field(repr=False)
    at: float
    is_first: bool
    is_last: bool


@attrs.frozen
class Cut:
    """An utterance of which only the first `played` seconds were heard."""

    utterance: str
    played: float


@attrs.frozen
class Cleared:
    """What an interruption took away: `dropped` seconds in all."""

    cut: tuple[Cut, ...]
    dropped: float


@attrs.frozen
class Dropped:
    """Seconds of an utterance that nobody will hear, because the queue is full."""

    utterance: str
    seconds: float


@attrs.define(eq=False)
class _Utterance:
    id: str
    speaker: str
    unsent: bytearray = attrs.field(factory=bytearray)
    sent: float = 0.0
    is_finished: bool = False


@attrs.frozen
class _Sent:
    utterance: _Utterance
    at: float
    until: float


class Playout:
    """A queue of utterances, sent in pieces at the pace at which they are heard.

    Utterances are played in the order of their first `push`, whole, one after the other.  Who
    pushes owes each one an end: `is_last`, with no audio if need be.  What has been sent is never
    more than `lead` seconds ahead of what is heard.  Call `due` after each `push` and at
    `next_due`.  When synthesis falls behind, playback pauses and goes on from there.

    Pieces last `piece` seconds, the last of an utterance less, filled with silence to whole
    frames of 20 ms.  No piece is empty, and every utterance has a first and a last one.  More than
    `limit` seconds are not kept.
    """

    def __init__(
        self, rate_hz: int, *, lead: float = 0.25, piece: float = 0.1, limit: float = 120.0
    ) -> None:
        if not _FRAME <= piece <= lead:
            raise ValueError("a piece lasts at least 20 ms and at most as long as the lead")
        self._bytes_per_second = 2 * rate_hz
        self._frame_size = 2 * round(_FRAME * rate_hz)
        self._piece_size = 2 * round(piece * rate_hz)
        self._limit_size = 2 * round(limit * rate_hz)
        self._lead = lead
        self._queue: deque[_Utterance] = deque()
        self._sent: deque[_Sent] = deque()
        self._until = 0.0
        self._unsent_size = 0
        self._ignored: dict[str, None] = {}

    @property
    def next_due(self) -> float | None:
        """When to call `due` again; may have passed.  None until there is more to send."""
        size = self._ready_size()
        return None if size is None else self._until + self._seconds(size) - self._lead

    def push(
        self, utterance: str, speaker: str, pcm: bytes, is_last: bool = False
    ) -> list[Dropped]:
        """Append to an utterance and return what had to make room.

        The rest of an utterance that was cut or dropped is ignored.
        """
        if utterance in self._ignored:
            if is_last:
                del self._ignored[utterance]
            return []
        entry = next((each for each in self._queue if each.id == utterance), None)
        if entry is None:
            entry = _Utterance(utterance, speaker)
            self._queue.append(entry)
        entry.unsent += pcm
        entry.is_finished = entry.is_finished or is_last
        self._unsent_size += len(pcm)
        return self._make_room()

    def due(self, now: float) -> list[Piece]:
        """Return the pieces to send now."""
        self._forget_heard(now)
        pieces: list[Piece] = []
        while (due := self.next_due) is not None and due <= now:
            pieces.append(self._take(now))
        return pieces

    def clear(self, now: float) -> Cleared:
        """Throw away what was not heard yet; the far end is told by the caller."""
        self._forget_heard(now)
        unheard = {sent.utterance: 0.0 for sent in self._sent}
        for sent in self._sent:
            unheard[sent.utterance] += sent.until - max(sent.at, now)
        unheard |= {entry: unheard.get(entry, 0.0) for entry in self._queue}
        cut = tuple(Cut(entry.id, max(0.0, entry.sent - left)) for entry, left in unheard.items())
        dropped = sum(unheard.values()) + self._seconds(self._unsent_size)
        for entry in self._queue:
            self._ignore_rest(entry)
        self._queue.clear()
        self._sent.clear()
        self._unsent_size = 0
        self._until = min(self._until, now)
        return Cleared(cut, dropped)

    def backlog(self, now: float) -> float:
        """Return the seconds still to be heard, as far as they are known."""
        return max(0.0, self._until - now) + self._seconds(self._unsent_size)

    def is_idle(self, now: float) -> bool:
        """Return whether all was heard and no utterance is under way."""
        return not self._queue and self._until <= now

    def _seconds(self, size: int) -> float:
        return size / self._bytes_per_second

    def _ready_size(self) -> int | None:
        """Return the size of the next piece, or None if there is not enough for one yet.

        While more may come, a piece is sent only if something remains: the last piece must know
        that it is the last.
        """
        if not self._queue:
            return None
        entry = self._queue[0]
        if len(entry.unsent) > self._piece_size:
            return self._piece_size
        if not entry.is_finished:
            return None
        return self._whole_frames(len(entry.unsent))

    def _whole_frames(self, size: int) -> int:
        return max(1, -(-size // self._frame_size)) * self._frame_size

    def _take(self, now: float) -> Piece:
        """Remove the next piece, which is ready, from the queue."""
        entry = self._queue[0]
        is_last = entry.is_finished and len(entry.unsent) <= self._piece_size
        pcm = bytes(entry.unsent[: self._piece_size])
        # Cutting the front off a bytearray moves a pointer, not the rest.
        del entry.unsent[: len(pcm)]
        self._unsent_size -= len(pcm)
        if is_last:
            self._queue.popleft()
            pcm = pcm.ljust(self._whole_frames(len(pcm)), b"\0")
        at = max(self._until, now)
        is_first = not entry.sent
        self._until = at + self._seconds(len(pcm))
        self._sent.append(_Sent(entry, at, self._until))
        entry.sent += self._seconds(len(pcm))
        return Piece(entry.id, entry.speaker, pcm, at, is_first, is_last)

    def _forget_heard(self, now: float) -> None:
        while self._sent and self._sent[0].until <= now:
            self._sent.popleft()

    def _make_room(self) -> list[Dropped]:
        dropped: list[Dropped] = []
        while self._unsent_size > self._limit_size:
            oldest = next((entry for entry in self._queue if not entry.sent), None)
            if oldest is None:
                # Only the utterance that is being played is left: it loses its newest audio.
                size = self._unsent_size - self._limit_size
                del self._queue[0].unsent[-size:]
                dropped.append(Dropped(self._queue[0].id, self._seconds(size)))
            else:
                size = len(oldest.unsent)
                self._queue.remove(oldest)
                self._ignore_rest(oldest)
                dropped.append(Dropped(oldest.id, self._seconds(size)))
            self._unsent_size -= size
        return dropped

    def _ignore_rest(self, entry: _Utterance) -> None:
        if not entry.is_finished:
            self._ignored[entry.id] = None
        while len(self._ignored) > _MOST_IGNORED:
            del self._ignored[next(iter(self._ignored))]
