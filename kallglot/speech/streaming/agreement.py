"""A recogniser of whole utterances as one that listens while they are spoken.

The sound of a turn is heard again from the beginning with each piece of it that comes; what stays
the same is committed, by the rules of `kallglot.speech.streaming.votes`.  At the end of a sentence
the sound of what is committed is dropped, so that long speech costs no more than short speech and
never outgrows the recogniser's window.

A recogniser that knows sentences may not know two of them in one breath.  Where it is not sure it
is asked again about the sound up to a gap: if that is a sentence, it is committed, and the rest is
heard for itself.  Where it is sure, and yet stops at a sentence while somebody goes on speaking,
the rest is heard for itself too before it is lost.

What is new is not heard where it cannot say anything: too little of it, or silence behind what is
committed wholly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from kallglot.speech.engines import (
    Feed,
    Hypothesis,
    Opening,
    Recogniser,
    Recognition,
    VoiceRequest,
    Word,
)
from kallglot.speech.streaming import pieces, quiet
from kallglot.speech.streaming.votes import Ballot, Guess, Moment, Policy

__all__ = ["Course", "LocalAgreement"]

#: Bytes in a sample.
_SAMPLE: Final = 2
#: Words end somewhat before or after what the recogniser says, in seconds; there it is cut.
_REACH: Final = 0.12
#: What is cut off is at least this long, in seconds.
_LEAST_CUT: Final = 0.1
#: So many gaps are tried in what was said last.
_MOST_GAPS: Final = 4
#: Speech behind the last word, in seconds, of which one knows that it was not written down.
_OVERHEARD: Final = 0.4
#: A word is spoken for so long at least, in seconds.
_BRIEFEST: Final = 0.1
#: Two gaps nearer than this are one, in seconds.
_NEAR: Final = 0.06


@attrs.frozen
class Course:
    """How a turn is heard, in seconds.

    It is heard again when `step` more is known.  Of sound without a word in it the last `idle`
    seconds are kept.  No sentence that is split off is shorter than `shortest`, and each of its
    words is at least as sure as `surely`.  Commas are cut at when the sound is longer than `long`.
    With `tells_beginning` the recogniser is told what is committed of the sound already, and goes
    on from there.
    """

    policy: Policy = attrs.field(factory=Policy)
    step: float = 0.25
    idle: float = 1.0
    shortest: float = 0.3
    surely: float = 0.6
    long: float = 15.0
    tells_beginning: bool = False


@attrs.define(eq=False)
class _Turn:
    """A turn: the sound that is still of interest, from `start` on, and what was made of it."""

    opening: Opening
    ballot: Ballot
    start: int = 0  # in samples of the turn, as `until`
    until: int = 0
    sound: bytearray = attrs.field(factory=bytearray, repr=False)
    waiting: bytearray = attrs.field(factory=bytearray, repr=False)
    new: int = 0  # samples of the sound that were never heard
    said: list[str] = attrs.field(factory=list, repr=False)  # committed by this step
    said_surely: bool = True
    confidence: float = 1.0
    last: Recognition | None = None
    told: Recognition | None = None  # the last with words in it: silence is in no language
    language: str | None = None
    loudness: float = 0.0  # mean power of the sound that words were found in last
    is_settled: bool = False  # of what was heard up to a pause, everything is committed
    is_rest: bool = False  # the sound is what was left over by a sentence
    tried: set[int] = attrs.field(factory=set)  # gaps up to which there is no sentence

    def seconds(self, samples: int) -> float:
        return samples / self.opening.rate_hz

    def samples(self, seconds: float) -> int:
        return round(seconds * self.opening.rate_hz)

    @property
    def length(self) -> int:
        """Samples of the sound."""
        return len(self.sound) // _SAMPLE

    def take_in(self, most: int) -> None:
        """Let the sound grow to at most so many samples by what waits."""
        size = min(len(self.waiting), max(0, most - self.length) * _SAMPLE)
        self.sound += self.waiting[:size]
        self.new += size // _SAMPLE
        del self.waiting[:size]

    def drop(self, seconds: float, words: int) -> None:
        """Let go of the beginning of the sound, with so many of the words committed of it."""
        count = min(self.samples(seconds), self.length)
        del self.sound[: count * _SAMPLE]
        self.start += count
        self.tried.clear()
        self.ballot.cut(self.seconds(count), words)
        if not self.ballot.committed:
            self.language = None  # who has finished a sentence may go on in another language


class LocalAgreement:
    """A `StreamingRecogniser` made from a `Recogniser`."""

    def __init__(self, recogniser: Recogniser, course: Course | None = None) -> None:
        self.card = recogniser.card
        self._recogniser = recogniser
        self._course = course or Course()
        self._turns: dict[int, _Turn] = {}

    def open(self, stream: int, opening: Opening) -> None:
        self._turns[stream] = _Turn(opening, Ballot(self._course.policy))

    def close(self, stream: int) -> None:
        self._turns.pop(stream, None)

    def step(self, feeds: Sequence[Feed]) -> list[Hypothesis]:
        for feed in feeds:
            turn = self._turns[feed.stream]
            turn.said, turn.said_surely, turn.confidence = [], True, 1.0
            turn.waiting += feed.pcm
        open_feeds = list(feeds)
        while open_feeds:
            looks = [(self._turns[feed.stream], self._moment(feed)) for feed in open_feeds]
            again = self._hear([look for look in looks if self._is_worth_it(*look)])
            open_feeds = [
                feed
                for feed in open_feeds
                if self._turns[feed.stream].waiting
                or (feed.is_last and self._turns[feed.stream] in again)
            ]
        return [self._answer(feed) for feed in feeds]

    def _moment(self, feed: Feed) -> Moment:
        """Let the sound grow, and say what that makes of it."""
        turn = self._turns[feed.stream]
        turn.take_in(turn.samples(self._recogniser.window))
        if len(turn.waiting) >= _SAMPLE:
            return Moment.FULL
        turn.waiting.clear()
        if feed.is_last:
            return Moment.LAST
        if turn.length >= turn.samples(self._recogniser.window):
            return Moment.FULL
        return Moment.PAUSE if feed.is_pause else Moment.GOING_ON

    def _is_worth_it(self, turn: _Turn, moment: Moment) -> bool:
        if not turn.length:
            return False
        if turn.is_settled and moment is not Moment.FULL and not _speech(turn, turn.new):
            return False
        return moment is not Moment.GOING_ON or turn.seconds(turn.new) >= self._course.step

    def _hear(self, looks: Sequence[tuple[_Turn, Moment]]) -> list[_Turn]:
        """Hear the sound of turns again; returns those in which there is more to be heard."""
        if not looks:
            return []
        heard = self._recogniser.recognise([self._request(*look) for look in looks])
        doubted = [look for look, one in zip(looks, heard, strict=True) if not one.is_sure]
        split = self._split([turn for turn, _ in doubted])
        # For what is said last there is no later: every gap is tried.
        urgent = [turn for turn, moment in doubted if moment is Moment.LAST]
        for _ in range(_MOST_GAPS):
            split += self._split([turn for turn in urgent if turn not in split])
        for (turn, moment), recognition in zip(looks, heard, strict=True):
            if turn not in split and self._make_of(turn, moment, recognition):
                split.append(turn)
        return split

    def _gap(self, turn: _Turn) -> float | None:
        """The first place that was not tried yet at which a sentence may have ended."""
        length = turn.seconds(turn.length)
        committed = turn.ballot.committed
        start = max(self._course.shortest, committed[-1].end if committed else 0.0)
        places = quiet.gaps(bytes(turn.sound), turn.opening.rate_hz, start, length - _REACH)
        for place in places:
            if (mark := round(place / _NEAR)) not in turn.tried:
                turn.tried |= {mark - 1, mark, mark + 1}
                return place
        return None

    def _split(self, turns: Sequence[_Turn]) -> list[_Turn]:
        """Commit what is a sentence up to a gap; returns the turns in which there is one."""
        doubts = [(turn, cut) for turn in turns if (cut := self._gap(turn)) is not None]
        if not doubts:
            return []
        requests = []
        for turn, cut in doubts:
            whole = self._request(turn, Moment.PAUSE)
            requests.append(attrs.evolve(whole, pcm=whole.pcm[: turn.samples(cut) * _SAMPLE]))
        split = []
        for (turn, cut), one in zip(doubts, self._recogniser.recognise(requests), strict=True):
            words = _words_of(one, turn)
            if self._is_sentence(one, words):
                guess = Guess(words, cut)
                # All of it, for its sound goes.
                self._say(turn, turn.ballot.take(guess, Moment.LAST), one, cut)
                turn.last = turn.told = one
                turn.drop(cut, len(turn.ballot.committed))
                turn.is_settled = False
                split.append(turn)
        return split

    def _is_sentence(self, recognition: Recognition, words: Sequence[Word]) -> bool:
        """Whether sound up to a gap is a sentence; a half word is made one, but not surely."""
        weakest = min((word.confidence for word in words), default=0.0)
        is_whole = recognition.is_sure and pieces.ends_sentence(recognition.text)
        return is_whole and weakest >= self._course.surely

    def _request(self, turn: _Turn, moment: Moment) -> VoiceRequest:
        known = "".join(word.text for word in turn.ballot.committed)
        return VoiceRequest(
            bytes(turn.sound),
            turn.opening.rate_hz,
            language=turn.opening.language or turn.language,
            candidates=turn.opening.candidates,
            is_partial=moment is not Moment.LAST,
            hints=turn.opening.hints,
            prefix=known.strip() if self._course.tells_beginning else "",
            with_words=True,
        )

    def _make_of(self, turn: _Turn, moment: Moment, recognition: Recognition) -> bool:
        """Commit what can be; returns whether there is speech left that was not written down."""
        turn.new = 0
        if turn.is_rest and not (recognition.is_sure and recognition.text):
            return False  # what came before it was sure, and is not to be doubted for this
        turn.last = recognition
        length = turn.seconds(turn.length)
        words = _words_of(recognition, turn)
        if words and recognition.is_sure:
            turn.told = recognition
        if words:
            turn.loudness = quiet.power(bytes(turn.sound), turn.opening.rate_hz)
        new = turn.ballot.take(Guess(words, length, recognition.is_sure), moment)
        self._say(turn, new, recognition, length)
        is_all = not turn.ballot.rest and recognition.is_sure
        is_overheard = bool(words) and is_all and _is_overheard(turn, len(words), words[-1].end)
        turn.is_settled = is_all and moment is Moment.PAUSE and not is_overheard
        turn.is_rest = moment is Moment.LAST and is_overheard
        if turn.is_rest:
            count = len(turn.ballot.committed)
            turn.drop(max(_LEAST_CUT, _end_of(turn, count, length)), count)
        self._let_go(turn, moment, length)
        return turn.is_rest

    @staticmethod
    def _say(turn: _Turn, new: Sequence[Word], recognition: Recognition, length: float) -> None:
        """Note what is committed."""
        if new:
            turn.said += [_apart(turn, new[0].text), *(word.text for word in new[1:])]
            turn.said_surely = turn.said_surely and recognition.is_sure
            turn.confidence = min(turn.confidence, recognition.confidence)
            turn.until = turn.start + turn.samples(min(new[-1].end, length))
            turn.language = recognition.language

    def _let_go(self, turn: _Turn, moment: Moment, length: float) -> None:
        """Drop the sound of what is done with."""
        committed, rest = turn.ballot.committed, turn.ballot.rest
        if moment is Moment.LAST:
            return
        if moment is Moment.FULL:
            count = len(committed)
        else:
            count = _finished(committed, is_long=length > self._course.long)
        if count:
            turn.drop(max(_LEAST_CUT, _end_of(turn, count, length)), count)
        elif not committed and (moment is Moment.FULL or not rest):
            turn.drop(max(_LEAST_CUT * (moment is Moment.FULL), length - self._course.idle), 0)

    def _answer(self, feed: Feed) -> Hypothesis:
        turn = self._turns[feed.stream]
        last = turn.last
        told = turn.told or last
        heard = turn.seconds(turn.start + turn.length)
        said = bool(turn.said)
        is_sure = turn.said_surely if said else last is None or last.is_sure
        rest = "".join(word.text for word in turn.ballot.rest).strip()
        return Hypothesis(
            committed="".join(turn.said).strip(),
            unstable=rest if is_sure and not feed.is_last else "",
            until=turn.seconds(turn.until),
            heard=heard,
            language=told.language if told else self._first_language(turn.opening),
            confidence=turn.confidence if said or last is None else last.confidence,
            language_confidence=told.language_confidence if told else 0.0,
            alternatives=told.alternatives if told else (),
            is_sure=is_sure,
            is_final=feed.is_last,
        )

    def _first_language(self, opening: Opening) -> str:
        known = (opening.language, *opening.candidates, *self.card.languages)
        return next((name for name in known if name), "")


def _speech(turn: _Turn, newest: int) -> float:
    """Seconds of speech, as far as loudness tells, among so many of the newest samples."""
    if newest <= 0:
        return 0.0
    return quiet.spoken(bytes(turn.sound[-newest * _SAMPLE :]), turn.opening.rate_hz, turn.loudness)


def _is_overheard(turn: _Turn, count: int, end: float) -> bool:
    """Whether there is speech behind the moment at which so many words are said to end.

    Where there was no time to speak them before, that moment is wrong and the speech is theirs.
    """
    at = turn.samples(end + _REACH)
    before = bytes(turn.sound[: at * _SAMPLE])
    had_time = quiet.spoken(before, turn.opening.rate_hz, turn.loudness) >= _BRIEFEST * count
    return had_time and _speech(turn, turn.length - at) >= _OVERHEARD


def _apart(turn: _Turn, piece: str) -> str:
    """A piece that comes behind what this step has said, from a sound of its own."""
    is_joined = not turn.said or piece[:1].isspace() or turn.said[-1][-1:] >= "\u2e80"
    return piece if is_joined else f" {piece}"


def _finished(committed: Sequence[Word], *, is_long: bool) -> int:
    """How many of the words make whole sentences, or in long speech clauses."""
    ends = pieces.ends_clause if is_long else pieces.ends_sentence
    last = (k for k in range(len(committed), 0, -1) if ends(committed[k - 1].text))
    return next(last, 0)


def _words_of(recognition: Recognition, turn: _Turn) -> tuple[Word, ...]:
    """The words with their times, guessed where the recogniser does not tell."""
    texts = pieces.split(recognition.text)
    if len(recognition.words) == len(texts):
        pairs = zip(recognition.words, texts, strict=True)
        return tuple(attrs.evolve(word, text=text) for word, text in pairs)
    if not texts:
        return ()
    pcm, rate_hz = bytes(turn.sound), turn.opening.rate_hz
    return quiet.spread(texts, *quiet.spoken_between(pcm, rate_hz))


def _end_of(turn: _Turn, count: int, length: float) -> float:
    """Where to cut behind so many committed words: where it is quietest between two of them."""
    after = [*turn.ballot.committed[count:], *turn.ballot.rest]
    end = turn.ballot.committed[count - 1].end
    latest = after[0].start + _REACH if after else length
    if not after and _is_overheard(turn, count, end):
        latest = end + _REACH
    begin, until = end - _REACH, min(max(end, latest), length)
    return quiet.quietest(bytes(turn.sound), turn.opening.rate_hz, begin, until)
