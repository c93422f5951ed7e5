"""A call that follows documents, carried out: what `DocumentCall` decides is done here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Protocol, assert_never

import attrs

from kallglot.phones.wire import PhoneWire
from kallglot.testing.documentcall import DocumentCall
from kallglot.testing.journal import Journal
from kallglot.testing.line import Line
from kallglot.testing.poster import Answered
from kallglot.testing.records import EVENT_OF, CallRecord, Event
from kallglot.testing.rung import ring
from kallglot.testing.signing import Field
from kallglot.testing.steps import (
    Digits,
    Do,
    Done,
    Effect,
    Ended,
    Fetch,
    Fetched,
    Finished,
    Halt,
    Happening,
    Instructed,
    Instructions,
    Note,
    OpenStream,
    PickedUp,
    Status,
    Tell,
    Unfetched,
    Work,
)
from kallglot.testing.tasks import Tasks
from kallglot.testing.verbs import Dial, Gather, Pause, Play, Say, Stop, Stream

__all__ = ["Callbacks", "Detection", "LiveCall", "Office", "Speech", "fetched"]

#: Seconds until it is known who has answered, where the call does not wait for it.
DETECTION = 0.05


@attrs.frozen
class Callbacks:
    """Where a call's statuses are told, and which."""

    url: str = ""
    method: str = "POST"
    events: frozenset[Event] = frozenset({"completed"})


@attrs.frozen
class Detection:
    """How an answering machine is told from a human; `url` if the call does not wait for it."""

    is_async: bool = False
    url: str = ""


class Speech(Protocol):
    """How a carrier says things: its fields, and its streams."""

    #: What a stream that never began is called.
    failure: str

    def voice(self, call: CallRecord) -> list[Field]: ...

    def status(self, call: CallRecord, sequence: int, now: float) -> list[Field]: ...

    def stream(
        self, call: CallRecord, sid: str, name: str, event: str, now: float, fault: str = ""
    ) -> list[Field]: ...

    def machine(self, call: CallRecord, answered_by: str) -> list[Field]: ...

    def wire(self, call: CallRecord, stream: Stream, *, is_two_way: bool) -> PhoneWire: ...

    def stream_sid(self, wire: PhoneWire) -> str: ...


class Office(Protocol):
    """What a call needs of its carrier."""

    journal: Journal
    speech: Speech

    async def fetch(
        self, call: str, url: str, method: str, fields: Iterable[Field]
    ) -> Fetched | Unfetched: ...

    def tell(
        self, call: str, what: str, url: str, method: str, fields: Iterable[Field]
    ) -> None: ...

    async def dial(self, call: LiveCall, dial: Dial) -> tuple[Field, ...]: ...


class LiveCall:
    """A call that is going on; `line` is the far end."""

    def __init__(
        self,
        record: CallRecord,
        machine: DocumentCall,
        line: Line,
        office: Office,
        callbacks: Callbacks | None = None,
    ) -> None:
        self.record = record
        self.line = line
        self.digits_sent = ""
        self._machine = machine
        self._office = office
        self._speech = office.speech
        self._callbacks = callbacks or Callbacks()
        self._sequence = 0
        self._tasks = Tasks()
        self._blocking = Tasks()
        self._streams: dict[str, asyncio.Task[object]] = {}
        self._over = asyncio.Event()

    @property
    def sid(self) -> str:
        return self.record.sid

    @property
    def was_answered(self) -> bool:
        return self.record.answered_at is not None

    @property
    def status(self) -> Status:
        return self.record.status

    async def ended(self, within: float = 30.0) -> Status:
        """Wait for the end, and return how the call ended.

        Raises:
            TimeoutError: it goes on.
        """
        async with asyncio.timeout(within):
            await self._over.wait()
            await self._blocking.drain()
            await self._tasks.drain()
        return self.status

    def ring_in(self) -> None:
        """Ring at a number of the account."""
        self._office.journal.note(self.sid, "rings")
        self.record.status = "ringing"
        self._carry_out(self._machine.begin())

    def ring_out(self, timeout: float, detection: Detection | None) -> None:
        """Ring at somebody's."""
        self._tell("queued")
        self._tasks.spawn(self._ring_out(timeout, detection))

    async def _ring_out(self, timeout: float, detection: Detection | None) -> None:
        self._carry_out(self._machine.begin())
        rung = ring([self.line.person], timeout)
        await asyncio.sleep(rung.after)
        match rung.status:
            case "answered":
                self._pick_up(detection)
            case "busy" | "no-answer" | "failed":
                self._happen(Ended(rung.status))
            case _:
                assert_never(rung.status)

    def _pick_up(self, detection: Detection | None) -> None:
        answered_by = "machine_start" if self.line.person.is_machine else "human"
        if detection is not None and not detection.is_async:
            self.record.answered_by = answered_by
        self._happen(PickedUp())
        if detection is not None and detection.is_async:
            self._tasks.spawn(self._detect(answered_by, detection.url))

    async def _detect(self, answered_by: str, url: str) -> None:
        """Find out who has answered, while the call goes on."""
        await asyncio.sleep(DETECTION)
        self.record.answered_by = answered_by
        if url:
            fields = self._speech.machine(self.record, answered_by)
            self._office.tell(self.sid, f"AnsweredBy {answered_by}", url, "POST", fields)

    def hang_up(self) -> None:
        """Hang up, as the person on the line."""
        self._office.journal.note(self.sid, "the person hangs up")
        self._happen(Ended("no-answer" if self.record.direction == "inbound" else "busy"))

    def end(self, status: Status = "completed") -> None:
        """End the call as its owner does by REST."""
        self._happen(Ended(status))

    def instruct(self, instructions: Instructions) -> None:
        """Follow other instructions from now on."""
        self._happen(Instructed(instructions))

    async def drop(self) -> None:
        """Cut the cable of the last stream, without a goodbye."""
        await self.line.phones[-1].drop()

    async def close(self) -> None:
        await self._blocking.close()
        await self._tasks.close()

    def _happen(self, happening: Happening) -> None:
        self._carry_out(self._machine.receive(happening))

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Do(number, OpenStream(stream, is_blocking=False) as work):
                    task = self._tasks.spawn(self._work(number, work))
                    self._streams[stream.name] = task
                case Do(number, work):
                    self._blocking.spawn(self._work(number, work))
                case Halt():
                    self._blocking.cancel()
                case Tell(status):
                    self._tell(status)
                case Note(remark):
                    code = "" if remark.code is None else f"{remark.code} "
                    self._office.journal.note(self.sid, f"warning: {code}{remark.text}")
                case _:
                    assert_never(effect)

    def _tell(self, status: Status) -> None:
        now = time.time()
        self.record.status = status
        event = EVENT_OF[status]
        if event == "answered":
            self.record.answered_at = now
        if event == "completed":
            self.record.ended_at = now
            self._over.set()
            for stream in self._streams.values():
                stream.cancel()
        self._office.journal.note(self.sid, f"is {status}")
        callbacks = self._callbacks
        if callbacks.url and event in callbacks.events:
            fields = self._speech.status(self.record, self._sequence, now)
            self._sequence += 1
            self._office.tell(self.sid, status, callbacks.url, callbacks.method, fields)

    async def _work(self, number: int, work: Work) -> None:
        result = await self._result(work)
        self._happen(Done(number, result))

    async def _result(self, work: Work) -> Fetched | Unfetched | Finished | Digits:
        match work:
            case Fetch(url, method, extra):
                fields = [*self._speech.voice(self.record), *extra]
                return await self._office.fetch(self.sid, url, method, fields)
            case Play(digits=digits) if digits:
                self.digits_sent += digits
                return Finished()
            case Say() | Play() | Pause():
                await self.line.perform(work)
                return Finished()
            case Gather():
                return Digits(await self.line.gather(work))
            case OpenStream():
                await self._stream(work)
                return Finished()
            case Stop(name):
                self._stop(name)
                return Finished()
            case Dial():
                return Finished(await self._office.dial(self, work))
            case _:
                assert_never(work)

    def _stop(self, name: str) -> None:
        stream = self._streams.pop(name, None)
        if stream is not None:
            stream.cancel()

    async def _stream(self, work: OpenStream) -> None:
        stream, speech = work.stream, self._speech
        try:
            wire = speech.wire(self.record, stream, is_two_way=work.is_blocking)
        except ValueError as error:
            self._office.journal.note(self.sid, f"stream refused: {error}")
            return
        watcher = _Callback(self, stream, speech.stream_sid(wire), speech.failure)
        if work.refusal is not None:
            fault = f"{work.refusal.code} {work.refusal.text}"
            self._office.journal.note(self.sid, f"stream refused: {fault}")
            watcher.refused(fault)
            return
        await self.line.stream(stream.url, wire, watcher, self.hang_up)

    def tell_stream(self, stream: Stream, stream_sid: str, event: str, fault: str) -> None:
        if not stream.status_callback:
            return
        fields = self._speech.stream(
            self.record, stream_sid, stream.name, event, time.time(), fault
        )
        url, method = stream.status_callback, stream.status_method
        self._office.tell(self.sid, event, url, method, fields)


@attrs.frozen
class _Callback:
    """The `statusCallback` of one stream."""

    call: LiveCall
    stream: Stream
    stream_sid: str
    failure: str

    def started(self) -> None:
        self.call.tell_stream(self.stream, self.stream_sid, "stream-started", "")

    def stopped(self) -> None:
        self.call.tell_stream(self.stream, self.stream_sid, "stream-stopped", "")

    def failed(self, why: str) -> None:
        self.refused(f"31920 {why}")

    def refused(self, fault: str) -> None:
        self.call.tell_stream(self.stream, self.stream_sid, self.failure, fault)


def fetched(answer: object) -> Fetched | Unfetched:
    """Return a document, or why there is none."""
    match answer:
        case Answered(status, text) if 200 <= status < 300:
            return Fetched(text)
        case Answered(status):
            return Unfetched(f"it answered {status}")
        case _:
            return Unfetched("it did not answer")
