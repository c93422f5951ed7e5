"""A simulated Telnyx: Call Control and TeXML, numbers, webhooks and the REST API.

    async with TelnyxCarrier() as telnyx:
        telnyx.own("+15550100100", events_url="http://127.0.0.1:8080/providers/telnyx/events")
        call = telnyx.ring("+15550100100")
        phone = await call.line.streaming()

It is written from Telnyx's documentation and shares nothing with our own side of it.  A number
belongs to an application: Call Control's is told of events and sends commands, TeXML's answers
with documents.  With a manner that is not strict, a TeXML application may be asked in JSON, as
some samples have it.  Between people who are put through to each other nothing is heard.
"""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import attrs
from aiohttp import web

from kallglot.testing import telnyx_rest
from kallglot.testing import telnyx_shapes as shapes
from kallglot.testing.carrier import Carrier
from kallglot.testing.controlcall import ControlCall
from kallglot.testing.controlledcall import ControlledCall
from kallglot.testing.documentcall import DocumentCall
from kallglot.testing.exchange import Exchange
from kallglot.testing.inventory import Number
from kallglot.testing.journal import Entry
from kallglot.testing.livecall import Callbacks, Detection, LiveCall, Speech, fetched
from kallglot.testing.manner import Manner
from kallglot.testing.people import Person
from kallglot.testing.poster import Prepared
from kallglot.testing.records import CallRecord
from kallglot.testing.signing import Field, TelnyxKey
from kallglot.testing.steps import Fetch, Fetched, Instructions, Unfetched
from kallglot.testing.telnyx_shapes import Application, Leg
from kallglot.testing.telnyx_speech import TelnyxSpeech
from kallglot.testing.verbs import Dial

__all__ = ["TelnyxAccount", "TelnyxCarrier"]

#: What the simulator signs with unless it is told otherwise.
SEED = bytes(range(32))


@attrs.frozen
class TelnyxAccount:
    """Made-up credentials, as good as any."""

    api_key: str = attrs.field(default="KEY0123456789", repr=False)
    key: TelnyxKey = attrs.field(factory=lambda: TelnyxKey(SEED), repr=False)
    id: str = "55555555-0000-4000-8000-000000000001"


class TelnyxCarrier(Carrier):
    """See the module.  `port` is where the REST API is served, 0 for any that is free."""

    patience = 2.0
    retries = (0.5, 1.0)

    def __init__(
        self,
        account: TelnyxAccount | None = None,
        manner: Manner | None = None,
        *,
        port: int = 0,
        show: Callable[[Entry], None] | None = None,
    ) -> None:
        super().__init__(manner, port, show)
        self.account = account or TelnyxAccount()
        self.applications: dict[str, Application] = {}
        self.calls: dict[str, ControlledCall] = {}
        self.document_calls: dict[str, LiveCall] = {}
        self.speech: Speech = TelnyxSpeech(self.connection_of, is_strict=self.manner.is_strict)
        self._events: dict[str, str] = {}
        self._exchange = Exchange(self, self.person, self.rooms)

    def _app(self) -> web.Application:
        return telnyx_rest.make_app(self)

    async def _close_calls(self) -> None:
        for controlled in self.calls.values():
            await controlled.close()
        for call in self.document_calls.values():
            await call.close()

    def apply(self, application: Application) -> Application:
        """Add an application, or change one."""
        self.applications[application.id] = application
        return application

    def own(
        self,
        number: str,
        *,
        events_url: str = "",
        voice_url: str = "",
        status_callback: str = "",
        is_json: bool = False,
    ) -> Number:
        """Have a number with an application of its own: Call Control's, or TeXML's."""
        application = Application(
            new_connection_id(),
            bool(voice_url),
            voice_url or events_url,
            status_callback=status_callback,
            is_json=is_json,
        )
        self.apply(application)
        owned = Number(new_connection_id(), number, {"connection_id": application.id})
        self.numbers.put(owned)
        return owned

    def connection_of(self, number: str) -> str:
        owned = self.numbers.find(number)
        return "" if owned is None else owned.settings.get("connection_id", "")

    def ring(
        self, number: str, person: Person | None = None, caller: str = "+4915510001000"
    ) -> ControlledCall:
        """Call a number of a Call Control application.

        Raises:
            LookupError: no such application answers there.
        """
        application = self._application(number, is_texml=False)
        leg = self._leg(caller, number, application.id)
        call = self._controlled(leg, ControlCall("incoming"), person or Person(), "")
        call.ring_in()
        return call

    def ring_texml(
        self, number: str, person: Person | None = None, caller: str = "+4915510001000"
    ) -> LiveCall:
        """Call a number of a TeXML application.

        Raises:
            LookupError: no such application answers there.
        """
        application = self._application(number, is_texml=True)
        return self._ring_texml(application, number, person or Person(), caller)

    def _application(self, number: str, *, is_texml: bool) -> Application:
        application = self.applications.get(self.connection_of(number))
        if application is None or application.is_texml != is_texml:
            kind = "TeXML" if is_texml else "Call Control"
            raise LookupError(f"no application of {kind} answers {number}")
        return application

    def _ring_texml(
        self, application: Application, number: str, person: Person, caller: str
    ) -> LiveCall:
        sid, account = _call_id(), self.account.id
        record = CallRecord(sid, account, caller, number, "inbound", time.time())
        machine = DocumentCall(
            "telnyx",
            "inbound",
            Fetch(application.url, application.method),
            fallback=application.failover_url,
            is_strict=self.manner.is_strict,
        )
        told = Callbacks(
            application.status_callback,
            events=frozenset({"initiated", "ringing", "answered", "completed"}),
        )
        call = LiveCall(record, machine, self._line(sid, person), self, told)
        self.document_calls[sid] = call
        call.ring_in()
        return call

    def place(self, body: Mapping[str, Any]) -> ControlledCall:
        """Call somebody, as `POST /v2/calls` does."""
        application = str(body["connection_id"])
        to = str(body["to"]).partition(",")[0]
        leg = self._leg(str(body["from"]), to, application)
        stream = body if body.get("stream_url") else None
        machine = ControlCall("outgoing", body.get("client_state"), stream)
        person = self.person(to)
        call = self._controlled(leg, machine, person, str(body.get("webhook_url") or ""))
        detects = body.get("answering_machine_detection", "disabled") != "disabled"
        call.ring_out(float(body.get("timeout_secs", 30)), detects=detects)
        return call

    def place_texml(
        self,
        to: str,
        caller: str,
        instructions: Instructions,
        *,
        callbacks: Callbacks,
        timeout: float,
        detection: Detection | None,
    ) -> LiveCall:
        """Call somebody, as TeXML's REST API does."""
        sid, account = _call_id(), self.account.id
        record = CallRecord(sid, account, caller, to, "outbound-api", time.time())
        machine = DocumentCall(
            "telnyx", "outbound-api", instructions, is_strict=self.manner.is_strict
        )
        call = LiveCall(record, machine, self._line(sid, self.person(to)), self, callbacks)
        self.document_calls[sid] = call
        call.ring_out(timeout, detection)
        return call

    def _leg(self, caller: str, to: str, connection_id: str) -> Leg:
        return Leg(
            _call_id(),
            str(uuid.uuid4()),
            str(uuid.uuid4()),
            connection_id,
            caller,
            to,
            time.time(),
        )

    def _controlled(
        self, leg: Leg, machine: ControlCall, person: Person, events_url: str
    ) -> ControlledCall:
        call = ControlledCall(leg, machine, self._line(leg.call_control_id, person), self)
        self.calls[leg.call_control_id] = call
        self._events[leg.call_control_id] = events_url
        return call

    # What a call needs of its carrier.

    def publish(self, leg: Leg, event: str, payload: dict[str, Any]) -> None:
        application = self.applications.get(leg.connection_id)
        url = self._events.get(leg.call_control_id) or (application.url if application else "")
        failover = application.failover_url if application else ""
        self.announce(leg.call_control_id, url, event, payload, failover)

    def announce(
        self, call: str, url: str, event: str, payload: dict[str, Any], failover: str = ""
    ) -> None:
        """Send an event; every attempt has the same id, and a signature of its own."""
        event_id, now = str(uuid.uuid4()), time.time()

        def prepare(attempt: int) -> Prepared:
            to = failover if failover and attempt > 1 else url
            body = shapes.envelope(event, event_id, payload, to, attempt, now)
            return self._signed(to, body, "application/json")

        if url:
            self.poster.tell(call, event, prepare, is_timed=event == "call.initiated")

    async def transfer(self, call: ControlledCall, body: Mapping[str, Any]) -> None:
        """Call somebody else, and put the two through to each other."""
        leg = self._leg(str(body.get("from") or call.leg.to), str(body["to"]), "")
        leg = attrs.evolve(
            leg, connection_id=call.leg.connection_id, session_id=call.leg.session_id
        )
        person = self.person(leg.to)
        state = body.get("target_leg_client_state")
        other = self._controlled(leg, ControlCall("outgoing", state), person, self._events[call.id])
        other.ring_out(float(body.get("timeout_secs", 30)))
        if await other.answered():
            self.join(call, other.id)
            await asyncio.sleep(person.stays)
            other.hang_up()

    def join(self, call: ControlledCall, other: str) -> None:
        """Put two legs through to each other: both are told."""
        call.tell("call.bridged")
        second = self.calls.get(other)
        if second is not None:
            second.tell("call.bridged")

    async def fetch(
        self, call: str, url: str, method: str, fields: Iterable[Field]
    ) -> Fetched | Unfetched:
        prepared = self._prepared(url, method, list(fields))
        return fetched(await self.poster.ask(call, prepared))

    def tell(self, call: str, what: str, url: str, method: str, fields: Iterable[Field]) -> None:
        named = list(fields)
        self.poster.tell(call, what, lambda _: self._prepared(url, method, named))

    async def dial(self, call: LiveCall, dial: Dial) -> tuple[Field, ...]:
        return await self._exchange.dial(call, dial)

    def _prepared(self, url: str, method: str, fields: list[Field]) -> Prepared:
        named = dict(fields)
        application = self.applications.get(self.connection_of(named.get("To", "")))
        if application is not None and application.is_json:
            return self._signed(url, _sampled(named, url), "application/json")
        if method == "GET":
            asked = f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"
            return Prepared(asked, "GET", {}, b"")
        return self._signed(url, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    def _signed(self, url: str, body: bytes, kind: str) -> Prepared:
        headers = self.account.key.headers(body, time.time())
        headers |= {"Content-Type": kind, "User-Agent": "telnyx-webhooks"}
        return Prepared(url, "POST", headers, body)


def _sampled(named: Mapping[str, str], url: str) -> bytes:
    """Return a request for a document, or a status, as an event of Call Control."""
    status = named.get("CallStatus", "")
    event = {"ringing": "call.initiated", "completed": "call.hangup"}.get(status, "call.answered")
    payload = {
        "call_control_id": named.get("CallSid", ""),
        "from": named.get("From", ""),
        "to": named.get("To", ""),
        "direction": "incoming",
    }
    if event == "call.hangup":
        payload |= {"hangup_cause": "normal_clearing", "hangup_source": "caller"}
    return shapes.envelope(event, str(uuid.uuid4()), payload, url, 1, time.time())


def _call_id() -> str:
    return f"v3:{secrets.token_urlsafe(40)}"


def new_connection_id() -> str:
    """Return an id as applications and numbers have them: a long number."""
    return str(10**18 + secrets.randbelow(9 * 10**18))
