"""The call of the demonstration: two telephones, a story, and a cable that is cut on the way."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from kallglot.commands.api import Api, JsonObject
from kallglot.demo.story import LANGUAGES, Line
from kallglot.phones.native import NativePhone
from kallglot.phones.phone import Phone
from kallglot.phones.tape import Span, Tape
from kallglot.phones.twilio import TwilioPhone

__all__ = ["Caption", "Conversation", "Exchange", "Happening", "Held", "News", "Pace", "Said"]


@attrs.frozen
class Pace:
    """How the people wait for each other, in seconds.

    One answers after a `pause`, and not before `least` after the other has finished; who hears
    nothing gives up after `patience`.  `away` is for how long the line is dead.
    """

    pause: float = 0.7
    least: float = 2.5
    patience: float = 15.0
    away: float = 4.0


@attrs.frozen
class Happening:
    """Something worth a line in the log; `at` counts from the first connection."""

    at: float
    what: str
    fields: Mapping[str, object] = attrs.field(factory=dict)


@attrs.frozen
class Caption:
    """What the agent's screen showed: what was understood, and its translation."""

    text: str
    translation: str


@attrs.frozen
class Said:
    """A line that has been said, and not heard yet."""

    line: Line
    span: Span


@attrs.frozen
class Exchange:
    """A line: when it was said, when something was heard of its translation, and its captions."""

    line: Line
    said: Span
    heard: tuple[Span, ...]
    captions: tuple[Caption, ...] = ()

    @property
    def hearing(self) -> Span | None:
        """From the first sound of the translation to its last."""
        return Span(self.heard[0].since, self.heard[-1].until) if self.heard else None

    @property
    def lag(self) -> float | None:
        """Seconds from the end of what was said to the first sound of what was heard.

        Where a line was interpreted in parts, it is the first part after its end that counts.
        None if nobody heard it, or if it was being heard while it was said and without a break
        since: then there is nothing to count from.
        """
        if not self.heard or self.line.is_missed:
            return None
        after = (span.since for span in self.heard if span.since >= self.said.until)
        began = next(after, None)
        return None if began is None else began - self.said.until

    @property
    def ahead(self) -> float:
        """Seconds before the end of what was said that its translation could already be heard."""
        if not self.heard or self.line.is_missed:
            return 0.0
        return max(0.0, self.said.until - self.heard[0].since)


@attrs.frozen
class Held:
    """A conversation that is over.

    All times count from `began`, on the phones' clock, which is `began_at` on the wall's.
    """

    session: JsonObject
    exchanges: Sequence[Exchange]
    happenings: Sequence[Happening]
    phones: Mapping[str, Phone]
    began: float
    began_at: float
    wait: float | None
    away: Span | None

    def sound(self, who: str, span: Span) -> bytes:
        """Return what somebody heard."""
        return self._between(self.phones[who].handset.heard, span)

    def voice(self, who: str, span: Span) -> bytes:
        """Return what somebody said."""
        return self._between(self.phones[who].handset.said, span)

    def _between(self, tape: Tape, span: Span) -> bytes:
        return tape.between(Span(self.began + span.since, self.began + span.until))

    def audible(self, who: str) -> list[Span]:
        """Return when somebody heard something."""
        return [self._since_began(span) for span in self.phones[who].handset.heard.audible()]

    def _since_began(self, span: Span) -> Span:
        return Span(span.since - self.began, span.until - self.began)


News: TypeAlias = Happening | Said | Exchange


class Conversation:
    """Two people on two telephones who wait for each other.

    `tell` is told of everything as it happens.
    """

    def __init__(self, api: Api, tell: Callable[[News], None], pace: Pace | None = None) -> None:
        self._api = api
        self._pace = pace or Pace()
        self._tell = tell
        self._call_sid = f"CA{secrets.token_hex(16)}"
        self._phones: dict[str, Phone] = {}
        self._happenings: list[Happening] = []
        self._exchanges: list[Exchange] = []
        self._began = 0.0
        self._began_at = 0.0
        self._wait: float | None = None
        self._away: Span | None = None

    @property
    def phones(self) -> Mapping[str, Phone]:
        return self._phones

    async def hold(self, story: Sequence[Line], voices: Mapping[str, bytes]) -> Held:
        """Have the conversation; `voices` has the sound of each line's text."""
        session = await self._api.create_session(
            {
                "mode": "bidirectional_translation",
                "source_language": LANGUAGES["customer"],
                "target_language": LANGUAGES["agent"],
                "provider": {"type": "twilio", "call_sid": self._call_sid},
                "recording": {"enabled": True},
                "metadata": {"purpose": "demonstration"},
            }
        )
        try:
            await self._connect(session)
            for line in story:
                await self._exchange(session, line, voices[line.text])
            await asyncio.sleep(self._pace.pause)
        finally:
            await self._part(session["id"])
        ended = await self._api.get(f"/v1/sessions/{session['id']}")
        return Held(
            ended,
            self._exchanges,
            self._happenings,
            self._phones,
            self._began,
            self._began_at,
            self._wait,
            self._away,
        )

    async def _connect(self, session: JsonObject) -> None:
        stream, client = session["stream"], self._api.client
        parameters = {"token": stream["token"], "session_id": session["id"]}
        customer = TwilioPhone(self._call_sid, parameters | {"participant": "customer"})
        agent = NativePhone(stream["token"], "agent")
        self._phones["customer"] = Phone(client, stream["url"], customer)
        self._phones["agent"] = Phone(client, stream["url"], agent)
        self._began = _now()
        self._began_at = time.time()
        await self._phones["customer"].connect()
        self._note("customer connected", provider="twilio", call_sid=self._call_sid)
        await self._phones["agent"].connect()
        self._note("agent connected", provider="native")
        await asyncio.sleep(self._pace.pause)

    async def _exchange(self, session: JsonObject, line: Line, pcm: bytes) -> None:
        speaker, listener = self._phones[line.speaker], self._phones[line.listener]
        if line.is_missed:
            await self._cut(listener, line.listener, session["id"])
        said = await speaker.say(pcm)
        self._tell(Said(line, self._relative(said)))
        if line.is_missed:
            await self._mend(listener, line.listener, session["id"])
        heard = await self._hears(listener, said)
        captions = self._captions(line.speaker, since=said.since)
        exchange = Exchange(line, self._relative(said), heard, captions)
        self._exchanges.append(exchange)
        self._tell(exchange)

    async def _hears(self, listener: Phone, said: Span) -> tuple[Span, ...]:
        """Wait until the listener has heard something, and then nothing more."""
        tape = listener.handset.heard

        def sounds() -> list[Span]:
            return tape.audible(Span(said.since, tape.until))

        def is_over() -> bool:
            heard = sounds()
            if not heard or listener.handset.is_playing:
                return False
            is_quiet = tape.until - heard[-1].until >= self._pace.pause
            return is_quiet and tape.until - said.until >= self._pace.least

        await listener.until(is_over, within=self._pace.patience)
        return tuple(map(self._relative, sounds()))

    def _captions(self, speaker: str, *, since: float) -> tuple[Caption, ...]:
        """Return what the agent's screen has shown of a speaker since then."""
        shown = [
            received.notice.fields
            for received in self._phones["agent"].handset.received
            if received.at >= since and received.notice.type == "transcript.final"
        ]
        return tuple(
            Caption(str(fields.get("text")), _translation(fields))
            for fields in shown
            if fields.get("speaker") == speaker
        )

    async def _cut(self, phone: Phone, who: str, session_id: str) -> None:
        await phone.drop()
        self._away = Span(self._at(), self._at())
        self._note(f"{who} dropped, without a goodbye")
        session = await self._look(session_id, lambda session: session["reconnect_deadline"])
        deadline = session["reconnect_deadline"]
        if deadline is not None:
            self._wait = (_parsed(deadline) - dt.datetime.now(dt.UTC)).total_seconds()
        self._note("session waits", status=session["status"], reconnect_deadline=deadline)

    async def _mend(self, phone: Phone, who: str, session_id: str) -> None:
        assert self._away is not None
        await asyncio.sleep(max(0.0, self._away.since + self._pace.away - self._at()))
        await phone.connect()
        self._away = attrs.evolve(self._away, until=self._at())
        self._note(f"{who} called again, with the same token and call sid")
        session = await self._look(session_id, lambda session: not session["reconnect_deadline"])
        self._note("session goes on", status=session["status"])

    async def _look(self, session_id: str, claim: Callable[[Any], Any]) -> JsonObject:
        """Return the session, as soon as something is true of it or after two seconds."""
        for _ in range(20):
            session = await self._api.get(f"/v1/sessions/{session_id}")
            if claim(session):
                break
            await asyncio.sleep(0.1)
        return session

    async def _part(self, session_id: str) -> None:
        await self._api.end_session(session_id, "the demonstration is over")
        self._note("session ended")
        for phone in self._phones.values():
            await phone.hang_up()

    def _note(self, what: str, **fields: object) -> None:
        happening = Happening(self._at(), what, fields)
        self._happenings.append(happening)
        self._tell(happening)

    def _at(self) -> float:
        return _now() - self._began

    def _relative(self, span: Span) -> Span:
        return Span(span.since - self._began, span.until - self._began)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _translation(fields: Mapping[str, object]) -> str:
    match fields.get("translation"):
        case {"text": str(text)}:
            return text
        case _:
            return ""


def _parsed(moment: str) -> dt.datetime:
    return dt.datetime.fromisoformat(moment)
