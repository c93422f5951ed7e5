"""A simulated Twilio: an account with numbers, its calls, its webhooks and its REST API.

    async with TwilioCarrier() as twilio:
        twilio.own("+15550100100", voice_url="http://127.0.0.1:8080/providers/twilio/voice")
        call = twilio.ring("+15550100100", Person(talk=plays([greeting])))
        phone = await call.line.streaming()
        ...
        call.hang_up()
        assert await call.ended() == "completed"

It is written from Twilio's documentation and shares nothing with our own side of it.  What is
not simulated is said in the journal.  Between people who are put through to each other without a
stream nothing is heard.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlencode

import attrs
from aiohttp import web

from kallglot.testing import twilio_rest
from kallglot.testing.carrier import Carrier
from kallglot.testing.documentcall import DocumentCall
from kallglot.testing.exchange import Exchange
from kallglot.testing.inventory import Number
from kallglot.testing.journal import Entry
from kallglot.testing.livecall import Callbacks, Detection, LiveCall, Speech, fetched
from kallglot.testing.manner import Manner
from kallglot.testing.people import Person
from kallglot.testing.poster import Prepared
from kallglot.testing.records import CallRecord
from kallglot.testing.signing import Field, TwilioKey, twilio_headers
from kallglot.testing.steps import Direction, Fetch, Fetched, Instructions, Unfetched
from kallglot.testing.twilio_speech import TwilioSpeech
from kallglot.testing.verbs import Dial

__all__ = ["TwilioAccount", "TwilioCarrier"]


@attrs.frozen
class TwilioAccount:
    """Made-up credentials, as good as any."""

    sid: str = "AC00000000000000000000000000000001"
    key: TwilioKey = attrs.field(factory=lambda: TwilioKey("0123456789abcdef0123456789abcdef"))


class TwilioCarrier(Carrier):
    """See the module.  `people` are who answers which number; whoever is missing answers at once.

    `port` is where the REST API is served, 0 for any that is free.
    """

    def __init__(
        self,
        account: TwilioAccount | None = None,
        manner: Manner | None = None,
        *,
        port: int = 0,
        show: Callable[[Entry], None] | None = None,
    ) -> None:
        super().__init__(manner, port, show)
        self.account = account or TwilioAccount()
        self.key = self.account.key
        self.speech: Speech = TwilioSpeech(self.key)
        self.calls: dict[str, LiveCall] = {}
        self._exchange = Exchange(self, self.person, self.rooms)

    def _app(self) -> web.Application:
        return twilio_rest.make_app(self)

    async def _close_calls(self) -> None:
        for call in self.calls.values():
            await call.close()

    def own(self, number: str, voice_url: str = "", **settings: str) -> Number:
        """Have a number; settings are called as in Twilio's API, in snake case."""
        named = {_camel(name): value for name, value in settings.items()}
        owned = Number(f"PN{secrets.token_hex(16)}", number, {"VoiceUrl": voice_url, **named})
        self.numbers.put(owned)
        return owned

    def ring(
        self, number: str, person: Person | None = None, caller: str = "+4915510001000"
    ) -> LiveCall:
        """Call a number of the account.

        Raises:
            LookupError: the account does not have it.
        """
        owned = self.numbers.find(number)
        if owned is None:
            raise LookupError(f"the account has no number {number}")
        settings = owned.settings
        record = self._record(caller, number, "inbound")
        machine = DocumentCall(
            "twilio",
            "inbound",
            Fetch(settings.get("VoiceUrl", ""), settings.get("VoiceMethod", "POST")),
            fallback=settings.get("VoiceFallbackUrl", ""),
            is_strict=self.manner.is_strict,
        )
        told = Callbacks(
            settings.get("StatusCallback", ""), settings.get("StatusCallbackMethod", "POST")
        )
        call = self._call(record, machine, person or Person(), told)
        call.ring_in()
        return call

    def place(
        self,
        to: str,
        caller: str,
        instructions: Instructions,
        *,
        fallback: str = "",
        callbacks: Callbacks | None = None,
        timeout: float = 60.0,
        detection: Detection | None = None,
    ) -> LiveCall:
        """Call somebody, as `POST /Calls.json` does."""
        record = self._record(caller, to, "outbound-api")
        machine = DocumentCall(
            "twilio",
            "outbound-api",
            instructions,
            fallback=fallback,
            is_strict=self.manner.is_strict,
        )
        call = self._call(record, machine, self.person(to), callbacks)
        call.ring_out(timeout, detection)
        return call

    def _record(self, caller: str, to: str, direction: Direction) -> CallRecord:
        return CallRecord(
            f"CA{secrets.token_hex(16)}",
            self.account.sid,
            caller,
            to,
            direction,
            time.time(),
        )

    def _call(
        self,
        record: CallRecord,
        machine: DocumentCall,
        person: Person,
        callbacks: Callbacks | None,
    ) -> LiveCall:
        line = self._line(record.sid, person)
        call = LiveCall(record, machine, line, self, callbacks)
        self.calls[record.sid] = call
        return call

    # What a call needs of its carrier.

    async def fetch(
        self, call: str, url: str, method: str, fields: Iterable[Field]
    ) -> Fetched | Unfetched:
        return fetched(await self.poster.ask(call, self._prepared(url, method, fields)))

    def tell(self, call: str, what: str, url: str, method: str, fields: Iterable[Field]) -> None:
        prepared = self._prepared(url, method, fields)
        self.poster.tell(call, what, lambda _: prepared)

    async def dial(self, call: LiveCall, dial: Dial) -> tuple[Field, ...]:
        return await self._exchange.dial(call, dial)

    def _prepared(self, url: str, method: str, fields: Iterable[Field]) -> Prepared:
        named, bare = list(fields), url.partition("#")[0]
        if method == "GET":
            asked = f"{bare}{'&' if '?' in bare else '?'}{urlencode(named)}"
            return Prepared(asked, "GET", self._headers(asked, ()), b"")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            **self._headers(bare, named),
        }
        return Prepared(bare, "POST", headers, urlencode(named).encode())

    def _headers(self, url: str, fields: Iterable[Field]) -> Mapping[str, str]:
        token = secrets.token_hex(16)
        return {
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": token,
            **twilio_headers(self.key, url, fields),
        }


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))
