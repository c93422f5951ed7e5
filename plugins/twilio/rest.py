"""Twilio's REST API, of 2010-04-01: what is asked, and what the answers mean."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from kallglot.carriers.client import (
    Account,
    CallOrder,
    NumberKind,
    NumberSearch,
    NumberSetup,
    OfferedNumber,
    OwnedNumber,
    PlacedCall,
)
from kallglot.carriers.exchange import Answer, Ask, Line, Repeat, form
from kallglot.carriers.facts import CallEnded, CallFact
from kallglot.carriers.forms import Fields, progress_facts
from kallglot.carriers.steps import Number, SipAddress, Step, TurnAway
from kallglot.errors import CarrierDeclined, NotAvailable, WireError
from plugins.twilio import twiml
from plugins.twilio.settings import TwilioSettings

__all__ = ["TwilioClient", "declined"]

#: What Twilio's codes are in ours.  Others go by their status.
_CODES: Final[Mapping[str, str]] = {
    "20003": "bad_credentials",
    "20404": "not_found",
    "20429": "rate_limited",
    "10004": "carrier_busy",
    "13224": "invalid_number",
    "21210": "caller_not_allowed",
    "21211": "invalid_number",
    "21212": "caller_not_allowed",
    "21214": "number_unreachable",
    "21217": "invalid_number",
    "21220": "call_not_active",
    "32018": "invalid_field_value",
}
_STATUSES: Final[Mapping[int, str]] = {
    401: "bad_credentials",
    403: "not_allowed",
    404: "not_found",
    429: "rate_limited",
}
_KINDS: Final[Mapping[NumberKind, str]] = {
    "local": "Local",
    "mobile": "Mobile",
    "toll_free": "TollFree",
    "national": "National",
}
_EVENTS: Final = ("initiated", "ringing", "answered", "completed")
#: As many numbers as Twilio puts on a page, and as many pages as are read.
_PAGE: Final = 1000
_MOST_PAGES: Final = 20


class TwilioClient:
    """One Twilio account; see `CarrierClient`."""

    def __init__(self, settings: TwilioSettings, line: Line) -> None:
        self._line = line
        self._origin = f"https://{settings.host}"
        self._account = f"/2010-04-01/Accounts/{settings.account_sid}"
        user = base64.b64encode(":".join(settings.user).encode()).decode()
        self._headers = {"Authorization": f"Basic {user}", "Accept": "application/json"}

    async def verify(self) -> Account:
        said = await self._get(".json")
        name, status = said.get("friendly_name"), said.get("status", "active")
        return Account(said.get("sid"), name, status == "active")

    # calls

    async def place(self, order: CallOrder) -> PlacedCall:
        said = await self._post("/Calls.json", _call(order), Repeat.IF_NOT_DONE)
        return PlacedCall(_named(said))

    async def look_up(self, call_id: str) -> tuple[CallFact, ...]:
        try:
            said = await self._get(f"/Calls/{quote(call_id, safe='')}.json")
        except CarrierDeclined as error:
            if error.code == "not_found":
                return (CallEnded(call_id, "failed", "unknown to the carrier"),)
            raise
        status = str(said.get("status"))
        return progress_facts(Fields({"CallSid": call_id, "CallStatus": status}))

    async def carry_out(self, call_id: str, steps: Sequence[Step]) -> Sequence[Step]:
        if any(isinstance(step, TurnAway) for step in steps):
            raise NotAvailable("Twilio turns calls away in the answer to their webhook only")
        fields = [("Twiml", twiml.inline(steps))]
        # The same document twice interrupts the first, and says the beginning again.
        await self._post(_call_path(call_id), fields, Repeat.IF_NOT_DONE)
        return ()

    async def hang_up(self, call_id: str) -> None:
        try:
            await self._post(_call_path(call_id), [("Status", "completed")])
        except CarrierDeclined as error:
            if error.code not in {"not_found", "call_not_active"}:
                raise

    # conferences

    async def mute(self, call_id: str, conference: str, is_muted: bool) -> None:
        path = await self._participant(call_id, conference)
        await self._post(path, [("Muted", str(is_muted).lower())])

    async def drop(self, call_id: str, conference: str) -> None:
        try:
            await self._delete(await self._participant(call_id, conference))
        except CarrierDeclined as error:
            if error.code != "not_found":
                raise

    async def _participant(self, call_id: str, conference: str) -> str:
        """Return the path of a call in a conference; paths want the id, and we know the name."""
        query = urlencode({"FriendlyName": conference, "Status": "in-progress"})
        found = _items(await self._get(f"/Conferences.json?{query}"), "conferences")
        if not found:
            raise CarrierDeclined("there is no such conference", code="not_found", status=404)
        sid = quote(_named(found[0]), safe="")
        return f"/Conferences/{sid}/Participants/{quote(call_id, safe='')}.json"

    # numbers

    async def search_numbers(self, search: NumberSearch) -> tuple[OfferedNumber, ...]:
        asked = {"VoiceEnabled": "true", "PageSize": str(search.limit)}
        if search.area is not None:
            asked["AreaCode"] = search.area
        if search.contains is not None:
            asked["Contains"] = search.contains
        country, kind = quote(search.country, safe=""), _KINDS[search.kind]
        said = await self._get(f"/AvailablePhoneNumbers/{country}/{kind}.json?{urlencode(asked)}")
        return tuple(
            OfferedNumber(each["phone_number"], each.get("locality"), each.get("region"))
            for each in _items(said, "available_phone_numbers")
            if isinstance(each.get("phone_number"), str)
        )

    async def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        fields = [("PhoneNumber", number), *_setup(setup)]
        said = await self._post("/IncomingPhoneNumbers.json", fields, Repeat.IF_NOT_DONE)
        return _owned(said)

    async def numbers(self, number: str | None = None) -> tuple[OwnedNumber, ...]:
        asked = {"PageSize": str(_PAGE)} | ({} if number is None else {"PhoneNumber": number})
        path: str | None = f"{self._account}/IncomingPhoneNumbers.json?{urlencode(asked)}"
        found: list[OwnedNumber] = []
        for _ in range(_MOST_PAGES):
            if path is None:
                break
            said = await self._ask(Ask("GET", f"{self._origin}{path}", self._headers))
            found += [_owned(each) for each in _items(said, "incoming_phone_numbers")]
            next_page = said.get("next_page_uri")
            is_ours = isinstance(next_page, str) and next_page.startswith(f"{self._account}/")
            path = next_page if is_ours else None
        return tuple(found)

    async def configure_number(self, number_id: str, setup: NumberSetup) -> OwnedNumber:
        return _owned(await self._post(_number_path(number_id), _setup(setup)))

    async def release_number(self, number_id: str) -> None:
        try:
            await self._delete(_number_path(number_id))
        except CarrierDeclined as error:
            if error.code != "not_found":
                raise

    # the way there

    async def _get(self, path: str) -> dict[str, Any]:
        return await self._ask(Ask("GET", self._url(path), self._headers))

    async def _delete(self, path: str) -> None:
        await self._ask(Ask("DELETE", self._url(path), self._headers))

    async def _post(
        self,
        path: str,
        fields: Sequence[tuple[str, str | None]],
        repeat: Repeat = Repeat.FREELY,
    ) -> dict[str, Any]:
        headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        return await self._ask(Ask("POST", self._url(path), headers, form(fields), repeat))

    def _url(self, path: str) -> str:
        return f"{self._origin}{self._account}{path}"

    async def _ask(self, ask: Ask) -> dict[str, Any]:
        answer = await self._line.send(ask)
        if not answer.is_good:
            raise declined(answer)
        said = answer.json()
        if isinstance(said, dict):
            return said
        if ask.method == "DELETE":
            return {}
        raise WireError("Twilio's answer cannot be read")


def declined(answer: Answer) -> CarrierDeclined:
    """Return what an answer that is not good means.

    Errors come in two forms, the older with `message` and the newer of RFC 9457, or as no JSON at
    all.  The message is Twilio's, without the numbers it may quote.
    """
    said = answer.json()
    error: dict[str, Any] = said if isinstance(said, dict) else {}
    code = error.get("code")
    carrier_code = str(code) if isinstance(code, int | str) else None
    ours = _CODES.get(carrier_code or "") or _STATUSES.get(answer.status)
    if ours is None:
        ours = "carrier_failed" if answer.status >= 500 else "carrier_declined"
    return CarrierDeclined(
        f"Twilio answered {answer.status}, code {carrier_code or 'none'}",
        code=ours,
        status=answer.status,
        carrier_code=carrier_code,
    )


def _call(order: CallOrder) -> list[tuple[str, str | None]]:
    fields: list[tuple[str, str | None]] = []
    match order.target:
        case Number(number, keys):
            fields += [("To", number), ("From", order.caller), ("SendDigits", keys)]
        case SipAddress(uri, user, password):
            fields += [("To", uri), ("From", order.caller)]
            fields += [("SipAuthUsername", user), ("SipAuthPassword", password)]
    if order.steps:
        fields.append(("Twiml", twiml.inline(order.steps)))
    else:
        fields.append(("Url", order.steps_url))
    if order.status_url is not None:
        fields.append(("StatusCallback", order.status_url))
        fields += [("StatusCallbackEvent", event) for event in _EVENTS]
    fields.append(("Timeout", str(order.timeout)))
    if order.longest is not None:
        fields.append(("TimeLimit", str(order.longest)))
    if order.detection is not None:
        # Otherwise the call is silent until it is known who has answered.
        wanted = "Enable" if order.detection == "answer" else "DetectMessageEnd"
        fields += [("MachineDetection", wanted), ("AsyncAmd", "true")]
        fields.append(("AsyncAmdStatusCallback", order.machine_url or order.status_url))
    return fields


def _setup(setup: NumberSetup) -> list[tuple[str, str | None]]:
    """Return a number's fields.

    An inbound call has no status callback of its own, so without the number's its end is never
    announced.
    """
    voice, status = setup.voice_url, setup.status_url
    return [
        ("VoiceApplicationSid", setup.application),
        ("VoiceUrl", voice),
        ("VoiceMethod", None if voice is None else "POST"),
        ("VoiceFallbackUrl", setup.fallback_url),
        ("StatusCallback", status),
        ("StatusCallbackMethod", None if status is None else "POST"),
    ]


def _call_path(call_id: str) -> str:
    return f"/Calls/{quote(call_id, safe='')}.json"


def _number_path(number_id: str) -> str:
    return f"/IncomingPhoneNumbers/{quote(number_id, safe='')}.json"


def _owned(said: Mapping[str, Any]) -> OwnedNumber:
    number = said.get("phone_number")
    if not isinstance(number, str):
        raise WireError("Twilio's answer names no number")
    application = said.get("voice_application_sid") or None
    is_ready = said.get("status", "in-use") == "in-use"
    return OwnedNumber(_named(said), number, said.get("voice_url") or None, application, is_ready)


def _named(said: Mapping[str, Any]) -> str:
    sid = said.get("sid")
    if not isinstance(sid, str) or not sid:
        raise WireError("Twilio's answer has no sid")
    return sid


def _items(said: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    items = said.get(name)
    if not isinstance(items, list):
        raise WireError(f"Twilio's answer has no {name}")
    return [each for each in items if isinstance(each, dict)]
