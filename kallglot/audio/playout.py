"""What one listener is played, and when.

The far end plays a queue of its own, as fast as sound goes.  It is kept a little ahead, so that
the network may stumble, and no further, so that an interruption has little to throw away.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import islice

import attrs

from kallglot.audio.tempo import Tempo
from kallglot.ceiling import AT_EASE, CatchUp, drops

__all__ = ["Cleared", "Cut", "Dropped", "Piece", "Playout"]

#: The far end wants whole frames: below 20 ms Telnyx's behaviour is undefined.
_FRAME = 0.02
#: How many unfinished utterances that were cut are remembered, to ignore the rest of them.
_MOST_IGNORED = 64


@attrs.frozen
class Piece:
    """PCM to send now; the far end will hear its first sample at `at`.

    `compressed` is by how many seconds the utterance has been shortened so far to catch up.
    """

    utterance: str
    speaker: str
    pcm: bytes = attrs.field(repr=False)
    at: float
    is_first: bool
    is_last: bool
    compressed: float = 0.0


@attrs.frozen
class Cut:
    """An utterance of which only the first `played` seconds were heard.

    `dropped` seconds of it were there and will not be.
    """

    utterance: str
    played: float
    dropped: float


@attrs.frozen
class Cleared:
    """What an interruption took away: `dropped` seconds in all."""

    cut: tuple[Cut, ...]
    dropped: float


@attrs.frozen
class Dropped:
    """Seconds of an utterance that nobody will hear: it is too late, or there is no room.

    Unless it `is_whole`, the rest of the utterance is heard, or its end is known already.
    """

    utterance: str
    seconds: float
    is_whole: bool = True


@attrs.define(eq=False)
class _Utterance:
    """What is still to be sent of it: first `ready`, then what `tempo` makes of `raw`."""

    id: str
    speaker: str
    said: float | None
    tempo: Tempo
    raw: bytearray = attrs.field(factory=bytearray)
    ready: bytearray = attrs.field(factory=bytearray)
    sent_size: int = 0
    is_finished: bool = False
    is_starved: bool = False


@attrs.frozen
class _Sent:
    utterance: _Utterance
    pcm: bytes = attrs.field(repr=False)
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
    `limit` seconds are not kept.  With `catch_up`, what has fallen behind is spoken faster.
    """

    def __init__(
        self,
        rate_hz: int,
        *,
        lead: float = 0.25,
        piece: float = 0.1,
        limit: float = 120.0,
        catch_up: CatchUp | None = None,
    ) -> None:
        if not _FRAME <= piece <= lead:
            raise ValueError("a piece lasts at least 20 ms and at most as long as the lead")
        self._rate_hz = rate_hz
        self._bytes_per_second = 2 * rate_hz
        self._frame_size = 2 * round(_FRAME * rate_hz)
        self._piece_size = 2 * round(piece * rate_hz)
        self._limit = limit
        self._lead = lead
        self._catch_up = catch_up
        self._queue: deque[_Utterance] = deque()
        self._sent: deque[_Sent] = deque()
        self._until = 0.0
        self._is_held = False
        self._ignored: dict[str, None] = {}

    @property
    def next_due(self) -> float | None:
        """When to call `due` again; may have passed.  None until there is more to send."""
        size = None if self._is_held else self._next_size()
        return None if size is None else self._until + self._seconds(size) - self._lead

    @property
    def speaker(self) -> str | None:
        """Who is being translated now, None if nothing is on its way to the ear."""
        if self._sent:
            return self._sent[-1].utterance.speaker
        return self._queue[0].speaker if self._queue else None

    def push(
        self,
        utterance: str,
        speaker: str,
        pcm: bytes,
        is_last: bool = False,
        *,
        said: float | None = None,
        is_urgent: bool = False,
    ) -> list[Dropped]:
        """Append to an utterance and return what had to make room.

        `said` is when what is translated was said; without it, it is never too late.  An urgent
        utterance is played before all that have not begun.  What comes of an utterance that was
        cut or dropped is dropped as well.
        """
        if utterance in self._ignored:
            if is_last:
                del self._ignored[utterance]
            return [Dropped(utterance, self._seconds(len(pcm)), is_whole=False)] if pcm else []
        entry = next((each for each in self._queue if each.id == utterance), None)
        if entry is None:
            entry = _Utterance(utterance, speaker, said, Tempo(self._rate_hz))
            self._queue.insert(self._first_unsent() if is_urgent else len(self._queue), entry)
        entry.raw += pcm
        entry.is_finished = entry.is_finished or is_last
        entry.is_starved = False
        return self._make_room()

    def due(self, now: float) -> list[Piece | Dropped]:
        """Return the pieces to send now, or up to where something was dropped as too late.

        Then call once more: something else may be there to be said first.
        """
        self._forget_heard(now)
        happened: list[Piece | Dropped] = []
        while (due := self.next_due) is not None and due <= now:
            if late := self._too_late(now):
                return [*happened, *late]
            if self._prepare(now):
                happened.append(self._take(now))
        return happened

    def hold(self, now: float) -> tuple[str, ...]:
        """Send nothing until `resume`, and take back what was not heard yet.

        The far end, which has it, is told by the caller.  Returns the utterances it has of it.
        """
        self._forget_heard(now)
        taken_back = tuple(dict.fromkeys(sent.utterance.id for sent in self._sent))
        while self._sent:
            sent = self._sent.pop()
            heard = min(len(sent.pcm), 2 * round(max(0.0, now - sent.at) * self._rate_hz))
            entry = sent.utterance
            entry.ready[:0] = sent.pcm[heard:]
            entry.sent_size -= len(sent.pcm) - heard
            if entry not in self._queue:
                self._queue.appendleft(entry)
        self._until = min(self._until, now)
        self._is_held = True
        return taken_back

    def resume(self) -> None:
        """Go on after `hold`, with what is still there."""
        self._is_held = False

    def clear(self, now: float) -> Cleared:
        """Throw away what was not heard yet; the far end is told by the caller."""
        was_held = self._is_held
        self.hold(now)
        self._is_held = was_held
        cut = tuple(self._cut(entry) for entry in self._queue)
        for entry in self._queue:
            self._ignore_rest(entry)
        self._queue.clear()
        return Cleared(cut, sum(each.dropped for each in cut))

    def backlog(self, now: float) -> float:
        """Return the seconds still to be heard, as far as they are known."""
        return max(0.0, self._until - now) + sum(map(self._unsent, self._queue))

    def behind(self, now: float) -> float:
        """Return how many seconds what came last still has to wait before it is begun."""
        if not self._queue or self._queue[-1].sent_size:
            return 0.0
        return self.backlog(now) - self._unsent(self._queue[-1])

    def is_idle(self, now: float) -> bool:
        """Return whether all was heard and no utterance is under way."""
        return not self._queue and self._until <= now

    def is_sounding(self, now: float) -> bool:
        """Return whether something is to be heard just now."""
        return self._until > now

    def _seconds(self, size: int) -> float:
        return size / self._bytes_per_second

    def _unsent(self, entry: _Utterance) -> float:
        return self._seconds(len(entry.ready) + len(entry.raw)) + entry.tempo.waiting

    def _first_unsent(self) -> int:
        return 1 if self._queue and self._queue[0].sent_size else 0

    def _next_size(self) -> int | None:
        """Return how large the next piece is at most, or None if there is not enough for one yet.

        While more may come, a piece is sent only if something remains: the last piece must know
        that it is the last.
        """
        if not self._queue or self._queue[0].is_starved:
            return None
        entry = self._queue[0]
        if len(entry.ready) + len(entry.raw) > self._piece_size:
            return self._piece_size
        if not entry.is_finished:
            return None
        size = 2 * round(self._unsent(entry) * self._rate_hz)
        return min(self._piece_size, self._whole_frames(size))

    def _whole_frames(self, size: int) -> int:
        return max(1, -(-size // self._frame_size)) * self._frame_size

    def _too_late(self, now: float) -> list[Dropped]:
        """Drop what should begin now and has become too old for it."""
        if self._catch_up is None or self._queue[0].sent_size:
            return []
        begin = max(self._until, now)
        ages = [0.0 if entry.said is None else begin - entry.said for entry in self._queue]
        count = drops(ages, self._catch_up.policy.ceiling)
        return [self._drop(entry) for entry in list(islice(self._queue, count))]

    def _prepare(self, now: float) -> bool:
        """Make the next piece ready at the pace of the moment; tells whether there is one."""
        entry = self._queue[0]
        pace = AT_EASE if self._catch_up is None else self._catch_up.pace(self.behind(now), now)
        while len(entry.ready) <= self._piece_size and entry.raw:
            # Cutting the front off a bytearray moves a pointer, not the rest.
            entry.ready += entry.tempo.feed(bytes(entry.raw[: self._piece_size]), pace)
            del entry.raw[: self._piece_size]
        if entry.is_finished and not entry.raw:
            entry.ready += entry.tempo.flush()
        entry.is_starved = not entry.is_finished and len(entry.ready) <= self._piece_size
        return not entry.is_starved

    def _take(self, now: float) -> Piece:
        """Remove the next piece, which is ready, from the queue."""
        entry = self._queue[0]
        is_last = entry.is_finished and not entry.raw and len(entry.ready) <= self._piece_size
        pcm = bytes(entry.ready[: self._piece_size])
        del entry.ready[: len(pcm)]
        if is_last:
            self._queue.popleft()
            pcm = pcm.ljust(self._whole_frames(len(pcm)), b"\0")
        at = max(self._until, now)
        is_first = not entry.sent_size
        self._until = at + self._seconds(len(pcm))
        self._sent.append(_Sent(entry, pcm, at, self._until))
        entry.sent_size += len(pcm)
        return Piece(entry.id, entry.speaker, pcm, at, is_first, is_last, entry.tempo.left_out)

    def _forget_heard(self, now: float) -> None:
        while self._sent and self._sent[0].until <= now:
            self._sent.popleft()

    def _make_room(self) -> list[Dropped]:
        dropped: list[Dropped] = []
        while (excess := sum(map(self._unsent, self._queue)) - self._limit) > 1e-6:
            oldest = next((entry for entry in self._queue if not entry.sent_size), None)
            if oldest is None:
                # Only the utterance that is being played is left: it loses its newest audio.
                raw = self._queue[0].raw
                left = max(0, len(raw) - 2 * math.ceil(excess * self._rate_hz - 1e-3))
                dropped.append(Dropped(self._queue[0].id, self._seconds(len(raw) - left), False))
                del raw[left:]
                break
            dropped.append(self._drop(oldest))
        return dropped

    def _cut(self, entry: _Utterance) -> Cut:
        return Cut(entry.id, self._seconds(entry.sent_size), self._unsent(entry))

    def _drop(self, entry: _Utterance) -> Dropped:
        self._queue.remove(entry)
        self._ignore_rest(entry)
        return Dropped(entry.id, self._unsent(entry))

    def _ignore_rest(self, entry: _Utterance) -> None:
        if not entry.is_finished:
            self._ignored[entry.id] = None
        while len(self._ignored) > _MOST_IGNORED:
            del self._ignored[next(iter(self._ignored))]
