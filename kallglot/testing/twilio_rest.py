"""The part of Twilio's REST API that places calls and keeps numbers, over HTTP.

Paths, fields and errors are those of twilio-oai's twilio_api_v2010.json; what it requires is
required here, and what it does not know is refused, so that a misspelt field does not pass.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, cast

from aiohttp import web
from multidict import MultiDictProxy

from kallglot.testing import conference_rest
from kallglot.testing import twilio_shapes as shapes
from kallglot.testing.inventory import Number, is_e164
from kallglot.testing.livecall import Callbacks, Detection, LiveCall
from kallglot.testing.records import Event
from kallglot.testing.steps import Fetch, Inline, Instructions
from kallglot.testing.urls import is_url

if TYPE_CHECKING:
    from kallglot.testing.twilio import TwilioCarrier

__all__ = ["make_app"]

#: Characters of instructions that come with the request: error 32018.
LONGEST_DOCUMENT = 4000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EVENTS = ("initiated", "ringing", "answered", "completed")

_CREATE = _words(
    "To From Url Method FallbackUrl FallbackMethod Twiml ApplicationSid StatusCallback"
    " StatusCallbackMethod StatusCallbackEvent Timeout TimeLimit SendDigits MachineDetection"
    " AsyncAmd AsyncAmdStatusCallback AsyncAmdStatusCallbackMethod MachineDetectionTimeout"
    " MachineDetectionSpeechThreshold MachineDetectionSpeechEndThreshold"
    " MachineDetectionSilenceTimeout CallerId CallToken Record RecordingChannels RecordingTrack"
    " RecordingStatusCallback RecordingStatusCallbackMethod RecordingStatusCallbackEvent Trim"
    " SipAuthUsername SipAuthPassword CallReason Byoc"
)
_UPDATE = _words(
    "Url Method Status FallbackUrl FallbackMethod StatusCallback StatusCallbackMethod Twiml"
    " TimeLimit"
)
_NUMBER = _words(
    "PhoneNumber AreaCode VoiceUrl VoiceMethod VoiceFallbackUrl VoiceFallbackMethod StatusCallback"
    " StatusCallbackMethod FriendlyName VoiceApplicationSid VoiceCallerIdLookup SmsUrl SmsMethod"
    " SmsApplicationSid SmsFallbackUrl SmsFallbackMethod TrunkSid IdentitySid AddressSid BundleSid"
    " EmergencyStatus EmergencyAddressSid VoiceReceiveMode AccountSid ApiVersion"
)

Form = Mapping[str, str]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refusal(Exception):
    """An error of Twilio's."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def make_app(carrier: TwilioCarrier) -> web.Application:
    api = _Api(carrier)
    app = web.Application(middlewares=[api.guard])
    root = f"/{shapes.API_VERSION}/Accounts/{{account}}"
    app.add_routes(
        [
            web.get(f"{root}.json", api.account),
            web.post(f"{root}/Calls.json", api.create_call),
            web.get(f"{root}/Calls.json", api.calls),
            web.get(f"{root}/Calls/{{sid}}.json", api.call),
            web.post(f"{root}/Calls/{{sid}}.json", api.update_call),
            web.get(f"{root}/AvailablePhoneNumbers/{{country}}/{{kind}}.json", api.offers),
            web.get(f"{root}/IncomingPhoneNumbers.json", api.numbers),
            web.post(f"{root}/IncomingPhoneNumbers.json", api.buy),
            web.get(f"{root}/IncomingPhoneNumbers/{{sid}}.json", api.number),
            web.post(f"{root}/IncomingPhoneNumbers/{{sid}}.json", api.configure),
            web.delete(f"{root}/IncomingPhoneNumbers/{{sid}}.json", api.release),
        ]
    )
    conference_rest.add_routes(app, root, ".json", carrier.rooms, carrier.account.sid)
    return app


class _Api:
    def __init__(self, carrier: TwilioCarrier) -> None:
        self._carrier = carrier

    @web.middleware
    async def guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Authenticate, fail on request, and answer refusals."""
        answer = self._carrier.api.take()
        self._carrier.journal.note("", f"API {request.method} {request.path}")
        try:
            if answer is not None:
                raise Refusal(answer.status, int(answer.code), answer.message)
            self._authenticate(request)
            return await handler(request)
        except Refusal as refusal:
            body = shapes.error(refusal.status, refusal.code, str(refusal))
            self._carrier.journal.note("", f"API refuses: {refusal.code} {refusal}")
            return web.json_response(body, status=refusal.status)
        except web.HTTPNotFound:
            body = shapes.error(404, 20404, "The requested resource was not found")
            return web.json_response(body, status=404)

    def _authenticate(self, request: web.Request) -> None:
        account = self._carrier.account
        login, password = _credentials(request.headers.get("Authorization", ""))
        is_known = hmac.compare_digest(password.encode(), account.key.auth_token.encode())
        if not is_known or not login == account.sid == request.match_info.get("account"):
            raise Refusal(401, 20003, "Authenticate")

    async def account(self, request: web.Request) -> web.Response:
        sid = self._carrier.account.sid
        return web.json_response(
            {
                "sid": sid,
                "friendly_name": "Simulated",
                "status": "active",
                "type": "Full",
                "owner_account_sid": sid,
                "uri": f"/{shapes.API_VERSION}/Accounts/{sid}.json",
            }
        )

    # Calls.

    async def create_call(self, request: web.Request) -> web.Response:
        form = await _form(request, _CREATE)
        to, caller = form.get("To", ""), form.get("From", "")
        if not (is_e164(to) or to.startswith(("sip:", "client:"))):
            raise Refusal(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if not is_e164(caller) and not caller.startswith(("sip:", "client:")):
            raise Refusal(400, 20001, "From is required, and a phone number")
        instructions = _instructions(form)
        if instructions is None:
            raise Refusal(400, 20001, "Url or Twiml is required")
        call = self._carrier.place(
            to,
            caller,
            instructions,
            fallback=form.get("FallbackUrl", ""),
            callbacks=_callbacks(form),
            timeout=_seconds(form, "Timeout", 60.0),
            detection=_detection(form),
        )
        call.digits_sent = form.get("SendDigits", "")
        return web.json_response(shapes.call_object(call.record), status=201)

    async def calls(self, request: web.Request) -> web.Response:
        query = request.query
        found = [
            shapes.call_object(call.record)
            for call in reversed(self._carrier.calls.values())
            if query.get("Status", call.status) == call.status
            and query.get("To", call.record.to) == call.record.to
            and query.get("From", call.record.from_) == call.record.from_
        ]
        most = _seconds(query, "PageSize", 50.0)
        body = shapes.page(self._carrier.account.sid, "calls", found[: int(most)], "Calls")
        return web.json_response(body)

    def _call(self, request: web.Request) -> LiveCall:
        call = self._carrier.calls.get(request.match_info["sid"])
        if call is None:
            raise Refusal(404, 20404, "The requested resource was not found")
        return call

    async def call(self, request: web.Request) -> web.Response:
        return web.json_response(shapes.call_object(self._call(request).record))

    async def update_call(self, request: web.Request) -> web.Response:
        call, form = self._call(request), await _form(request, _UPDATE)
        is_waiting = call.status in ("queued", "ringing")
        match form.get("Status"):
            case "completed":
                if not is_waiting and call.status != "in-progress":
                    raise Refusal(404, 20404, "The requested resource was not found")
                call.end("canceled" if is_waiting else "completed")
            case "canceled":
                if not is_waiting:
                    raise Refusal(400, 21220, "Unable to update record. Call is in-progress.")
                call.end("canceled")
            case None:
                instructions = _instructions(form)
                if instructions is None:
                    raise Refusal(400, 20001, "Url, Twiml or Status is required")
                if call.status != "in-progress":
                    what = "Unable to update record. Call is not in-progress."
                    raise Refusal(400, 21220, what)
                call.instruct(instructions)
            case other:
                raise Refusal(400, 20001, f"Status is completed or canceled, and not {other}")
        return web.json_response(shapes.call_object(call.record))

    # Numbers.

    async def offers(self, request: web.Request) -> web.Response:
        query, country = request.query, request.match_info["country"]
        most = int(_seconds(query, "PageSize", 20.0))
        found = self._carrier.numbers.offers(
            country, query.get("AreaCode", ""), query.get("Contains", ""), most
        )
        path = f"AvailablePhoneNumbers/{country}/{request.match_info['kind']}"
        root = f"/{shapes.API_VERSION}/Accounts/{self._carrier.account.sid}"
        items = [shapes.offer_object(offer) for offer in found]
        return web.json_response({"available_phone_numbers": items, "uri": f"{root}/{path}.json"})

    async def numbers(self, request: web.Request) -> web.Response:
        wanted, account = request.query.get("PhoneNumber"), self._carrier.account.sid
        found = [
            shapes.number_object(account, number)
            for number in self._carrier.numbers
            if wanted is None or wanted.strip("*") in number.number
        ]
        noun = "incoming_phone_numbers"
        return web.json_response(shapes.page(account, noun, found, "IncomingPhoneNumbers"))

    async def buy(self, request: web.Request) -> web.Response:
        form, numbers = await _form(request, _NUMBER), self._carrier.numbers
        number = form.get("PhoneNumber", "")
        if not number and "AreaCode" in form:
            number = next((one.number for one in numbers.offers("US", form["AreaCode"])), "")
        if not is_e164(number) or numbers.find(number) is not None:
            raise Refusal(400, 21211, f"{number or 'PhoneNumber'} is not available")
        settings = {name: form[name] for name in form if name not in ("PhoneNumber", "AreaCode")}
        owned = Number(f"PN{secrets.token_hex(16)}", number, settings)
        numbers.put(owned)
        body = shapes.number_object(self._carrier.account.sid, owned)
        return web.json_response(body, status=201)

    def _number(self, request: web.Request) -> Number:
        number = self._carrier.numbers.get(request.match_info["sid"])
        if number is None:
            raise Refusal(404, 20404, "The requested resource was not found")
        return number

    async def number(self, request: web.Request) -> web.Response:
        number = self._number(request)
        return web.json_response(shapes.number_object(self._carrier.account.sid, number))

    async def configure(self, request: web.Request) -> web.Response:
        number, form = self._number(request), await _form(request, _NUMBER)
        configured = number.configured(form)
        self._carrier.numbers.put(configured)
        return web.json_response(shapes.number_object(self._carrier.account.sid, configured))

    async def release(self, request: web.Request) -> web.Response:
        self._carrier.numbers.release(self._number(request).id)
        return web.Response(status=204)


def _credentials(header: str) -> tuple[str, str]:
    kind, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return "", ""
    login, _, password = text.partition(":")
    return (login, password) if kind.lower() == "basic" else ("", "")


async def _form(request: web.Request, known: frozenset[str]) -> MultiDictProxy[str]:
    form = cast("MultiDictProxy[str]", await request.post())
    unknown = sorted(set(form) - known)
    if unknown:
        raise Refusal(400, 20001, f"Twilio does not document {', '.join(unknown)}")
    return form


def _instructions(form: Form) -> Instructions | None:
    """Return what a call is to do; `Url` goes before `Twiml`."""
    url, text = form.get("Url"), form.get("Twiml")
    if url:
        if not is_url(url, ("http", "https")):
            raise Refusal(400, 20001, "Url is not a URL")
        return Fetch(url, form.get("Method", "POST"))
    if text and len(text) > LONGEST_DOCUMENT:
        raise Refusal(400, 32018, f"Twiml has {len(text)} characters, over {LONGEST_DOCUMENT}")
    return Inline(text) if text else None


def _callbacks(form: MultiDictProxy[str]) -> Callbacks:
    events = form.getall("StatusCallbackEvent", ["completed"])
    for event in events:
        if event not in _EVENTS:
            raise Refusal(400, 20001, f"StatusCallbackEvent {event!r}: repeat it for each event")
    return Callbacks(
        form.get("StatusCallback", ""),
        form.get("StatusCallbackMethod", "POST"),
        frozenset(cast("list[Event]", events)),
    )


def _detection(form: Form) -> Detection | None:
    wanted = form.get("MachineDetection")
    if wanted is None:
        return None
    if wanted not in ("Enable", "DetectMessageEnd"):
        raise Refusal(400, 20001, f"MachineDetection {wanted!r}")
    return Detection(form.get("AsyncAmd") == "true", form.get("AsyncAmdStatusCallback", ""))


def _seconds(form: Form, name: str, default: float) -> float:
    text = form.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or int(text) > 600:
        raise Refusal(400, 20001, f"{name} is not a number up to 600")
    return float(text)
