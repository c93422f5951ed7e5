"""A call that follows documents, TwiML or TeXML, as a machine.  Pure: no socket and no clock.

Happenings go in, and what is to be done comes out.  Everything that takes time is a `Do` with a
number, and is over when its `Done` comes with the same number; what was meanwhile given up has
another number, and is ignored.

    call = DocumentCall("twilio", "inbound", Fetch("https://calls.example.com/voice"))
    call.begin()                                      # [Do(1, Fetch(...))]
    call.receive(Done(1, Fetched("<Response>…")))     # [Tell("in-progress"), Do(2, Say(...))]
"""

from __future__ import annotations

from typing import assert_never
from urllib.parse import urlsplit

import attrs

from kallglot.testing import documents
from kallglot.testing.documents import Dialect
from kallglot.testing.steps import (
    Digits,
    Direction,
    Do,
    Done,
    Effect,
    Ended,
    Fetch,
    Fetched,
    Finished,
    Halt,
    Happening,
    Inline,
    Instructed,
    Instructions,
    Note,
    OpenStream,
    PickedUp,
    Result,
    Slow,
    Status,
    Tell,
    Unfetched,
    Work,
)
from kallglot.testing.urls import is_url, joined
from kallglot.testing.verbs import (
    Connect,
    Dial,
    Gather,
    Hangup,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Remark,
    Say,
    Start,
    Stop,
    Stream,
    Verb,
)

__all__ = ["DocumentCall"]

#: Documents that send for each other this often do it for ever.
MOST_DOCUMENTS = 200


# Where a call is.


@attrs.frozen
class _Ringing:
    """Nobody has answered yet."""


@attrs.frozen
class _Asking:
    number: int
    url: str
    is_fallback: bool = False


@attrs.frozen
class _Acting:
    """Doing `verb`, before `rest`; both are of the document at `url`."""

    number: int
    verb: Verb
    rest: tuple[Verb, ...]
    url: str


@attrs.frozen
class _Over:
    pass


class DocumentCall:
    """One call.  `is_strict` refuses what the carrier's documentation says is refused."""

    def __init__(
        self,
        dialect: Dialect,
        direction: Direction,
        instructions: Instructions,
        *,
        fallback: str = "",
        is_strict: bool = True,
    ) -> None:
        self._dialect = dialect
        self._instructions = instructions
        self._fallback = fallback
        self._is_strict = is_strict
        self._is_inbound = direction == "inbound"
        self._number = 0
        self._documents = 0
        self._state: _Ringing | _Asking | _Acting | _Over = _Ringing()
        self.status: Status = "ringing" if self._is_inbound else "queued"

    @property
    def is_over(self) -> bool:
        return isinstance(self._state, _Over)

    def begin(self) -> list[Effect]:
        """Ring: an inbound call asks what to do, an outbound one waits for who is called."""
        if self._is_inbound:
            return self._follow(self._instructions)
        self.status = "ringing"
        return [Tell("ringing")]

    def receive(self, happening: Happening) -> list[Effect]:
        if self.is_over:
            return []
        match happening:
            case PickedUp(extra):
                return self._pick_up(extra)
            case Done(number, result):
                return self._done(number, result)
            case Instructed(instructions) if self.status == "in-progress":
                return [Halt(), *self._follow(instructions)]
            case Instructed():
                return []
            case Ended(status):
                return self._end(status)
            case _:
                assert_never(happening)

    def _pick_up(self, extra: tuple[tuple[str, str], ...]) -> list[Effect]:
        if not isinstance(self._state, _Ringing) or self._is_inbound:
            return []
        return [*self._answer(), *self._follow(self._instructions, extra)]

    def _done(self, number: int, result: Result) -> list[Effect]:
        match self._state:
            case _Asking(number=known) as asking if known == number:
                return self._fetched(asking, result)
            case _Acting(number=known) as acting if known == number:
                return self._acted(acting, result)
            case _:
                return []

    def _fetched(self, asking: _Asking, result: Result) -> list[Effect]:
        match result:
            case Fetched(text):
                return self._read(text, asking.url)
            case _:
                why = result.why if isinstance(result, Unfetched) else "no document came"
                note = Note(Remark(f"the webhook failed: {why}", 11205))
                if self._fallback and not asking.is_fallback:
                    return [note, *self._ask(Fetch(self._fallback), is_fallback=True)]
                return [note, *self._end("failed" if self.status == "ringing" else "completed")]

    def _acted(self, acting: _Acting, result: Result) -> list[Effect]:
        verb = acting.verb
        if isinstance(verb, Gather) and isinstance(result, Digits) and result.digits:
            url = joined(acting.url, verb.action)
            return self._ask(Fetch(url, verb.method, (("Digits", result.digits),)))
        if isinstance(verb, Connect | Dial) and verb.action:
            extra = result.extra if isinstance(result, Finished) else ()
            return self._ask(Fetch(joined(acting.url, verb.action), verb.method, extra))
        return self._go_on(acting.rest, acting.url)

    def _follow(
        self, instructions: Instructions, extra: tuple[tuple[str, str], ...] = ()
    ) -> list[Effect]:
        match instructions:
            case Fetch():
                return self._ask(attrs.evolve(instructions, extra=instructions.extra + extra))
            case Inline(text):
                return self._read(text, "")
            case _:
                assert_never(instructions)

    def _ask(self, fetch: Fetch, *, is_fallback: bool = False) -> list[Effect]:
        self._documents += 1
        if self._documents > MOST_DOCUMENTS:
            return [Note(Remark("the documents go round in circles")), *self._end("completed")]
        if not is_url(fetch.url, ("http", "https")):
            note = Note(Remark("a document is asked for where there is no URL", 11205))
            return [note, *self._end("failed" if self.status == "ringing" else "completed")]
        self._state = _Asking(self._next(), fetch.url, is_fallback)
        return [Do(self._state.number, fetch)]

    def _read(self, text: str, url: str) -> list[Effect]:
        document = documents.read(text, self._dialect)
        return [*map(Note, document.remarks), *self._go_on(document.verbs, url)]

    def _go_on(self, verbs: tuple[Verb, ...], url: str) -> list[Effect]:
        """Do what takes no time, and begin what does; without a verb left, the call is over."""
        effects: list[Effect] = []
        for at, verb in enumerate(verbs):
            match verb:
                case Reject(reason) if self.status == "ringing":
                    return [*effects, *self._end("busy" if reason == "busy" else "no-answer")]
                case Reject() | Hangup():
                    break
                case Start(stream):
                    work = OpenStream(stream, False, self._fault(stream, verb))
                    effects += [*self._answer(), Do(self._next(), work)]
                case Stop():
                    effects += [*self._answer(), Do(self._next(), verb)]
                case Record():
                    note = Note(Remark("<Record> is not simulated, and is left out"))
                    effects += [*self._answer(), note]
                case _:
                    return [*effects, *self._answer(), *self._act(verb, verbs[at + 1 :], url)]
        return [*effects, *self._answer(), *self._end("completed")]

    def _act(self, verb: Slow, rest: tuple[Verb, ...], url: str) -> list[Effect]:
        match verb:
            case Redirect(to, method):
                return self._ask(Fetch(joined(url, to), method))
            case Connect(stream):
                work: Work = OpenStream(stream, True, self._fault(stream, verb))
            case Say() | Play() | Pause() | Gather() | Dial():
                work = verb
            case _:
                assert_never(verb)
        self._state = _Acting(self._next(), verb, rest, url)
        return [Do(self._state.number, work)]

    def _fault(self, stream: Stream, verb: Connect | Start) -> Remark | None:
        """Return why the carrier would not connect a stream."""
        if not is_url(stream.url, ("ws", "wss")):
            return Remark("the stream has no WebSocket URL", 31923)
        if not self._is_strict:
            return None
        parts = urlsplit(stream.url)
        if parts.scheme == "ws" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            return Remark("a stream's scheme is wss", 31922)
        is_connect = isinstance(verb, Connect) and self._dialect == "twilio"
        if is_connect and stream.track != "inbound_track":
            return Remark(f"<Connect><Stream> does not take the track {stream.track}", 31941)
        return None

    def _answer(self) -> list[Effect]:
        if self.status not in ("queued", "ringing"):
            return []
        self.status = "in-progress"
        return [Tell("in-progress")]

    def _end(self, status: Status) -> list[Effect]:
        self._state = _Over()
        self.status = "completed" if self.status == "in-progress" else status
        return [Halt(), Tell(self.status)]

    def _next(self) -> int:
        self._number += 1
        return self._number
