"""Telnyx's REST API, version 2: the account and its numbers, and how answers are read.

What steers calls is in `plugins.telnyx.clients`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from kallglot.carriers.client import (
    Account,
    NumberKind,
    NumberSearch,
    NumberSetup,
    OfferedNumber,
    OwnedNumber,
)
from kallglot.carriers.exchange import Answer, Ask, Line, Repeat, form, json_body
from kallglot.errors import CarrierDeclined, NotAvailable, WireError
from plugins.telnyx.settings import TelnyxSettings

__all__ = ["ORIGIN", "TelnyxApi", "TelnyxNumbers", "declined", "segment"]

ORIGIN: Final = "https://api.telnyx.com/v2"

#: What Telnyx's codes are in ours; 10011 is used for two things, and the status tells which.
_CODES: Final[Mapping[tuple[int, str], str]] = {
    (422, "10015"): "invalid_request",
    (422, "10016"): "invalid_number",
    (422, "90015"): "not_found",
    (422, "90018"): "call_not_active",
    (422, "90019"): "conference_ended",
    (422, "90032"): "conference_full",
    (422, "90033"): "conference_exists",
    (422, "90034"): "call_not_answered",
    (422, "90045"): "not_while_streaming",
}
_STATUSES: Final[Mapping[int, str]] = {
    401: "bad_credentials",
    403: "not_allowed",
    404: "not_found",
    429: "rate_limited",
}
_KINDS: Final[Mapping[NumberKind, str]] = {
    "local": "local",
    "mobile": "mobile",
    "toll_free": "toll_free",
    "national": "national",
}
_PAGE: Final = 100
_MOST_PAGES: Final = 100


def segment(text: str) -> str:
    """Return a part of a path; a call's name has colons in it."""
    return quote(text, safe="")


def declined(answer: Answer) -> CarrierDeclined:
    """Return what an answer that is not good means; the message quotes nothing of it."""
    match answer.json():
        case {"errors": [{"code": str() | int() as given}, *_]}:
            code: str | None = str(given)[:40]
        case _:
            code = None
    ours = _CODES.get((answer.status, code or "")) or _STATUSES.get(answer.status)
    if ours is None:
        ours = "carrier_failed" if answer.status >= 500 else "carrier_declined"
    return CarrierDeclined(
        f"Telnyx answered {answer.status}, code {code or 'none'}",
        code=ours,
        status=answer.status,
        carrier_code=code,
    )


class TelnyxApi:
    """Asks, and reads the answers."""

    def __init__(self, settings: TelnyxSettings, line: Line) -> None:
        self._line = line
        self._headers = {
            "Authorization": f"Bearer {settings.api_key}",
            "Accept": "application/json",
        }

    async def get(self, path: str) -> dict[str, Any]:
        return await self.ask(Ask("GET", f"{ORIGIN}{path}", self._headers))

    async def delete(self, path: str) -> None:
        await self.ask(Ask("DELETE", f"{ORIGIN}{path}", self._headers))

    async def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object],
        repeat: Repeat = Repeat.FREELY,
        timeout: float = 10.0,
    ) -> dict[str, Any]:
        headers = {**self._headers, "Content-Type": "application/json"}
        url = f"{ORIGIN}{path}"
        return await self.ask(Ask(method, url, headers, json_body(body), repeat, timeout))

    async def fill_in(
        self, path: str, fields: Sequence[tuple[str, str | None]], repeat: Repeat = Repeat.FREELY
    ) -> dict[str, Any]:
        headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        return await self.ask(Ask("POST", f"{ORIGIN}{path}", headers, form(fields), repeat))

    async def ask(self, ask: Ask) -> dict[str, Any]:
        answer = await self._line.send(ask)
        if not answer.is_good:
            raise declined(answer)
        said = answer.json()
        if isinstance(said, dict):
            return said
        if not answer.body.strip():
            return {}
        raise WireError("Telnyx's answer cannot be read")


class TelnyxNumbers:
    """The part of a `CarrierClient` that is the same however calls are steered."""

    def __init__(self, settings: TelnyxSettings, line: Line) -> None:
        self._settings = settings
        self._api = TelnyxApi(settings, line)

    @property
    def _application(self) -> str | None:
        """The application that numbers are given to."""
        if self._settings.is_by_documents:
            return self._settings.texml_application_id
        return self._settings.connection_id

    async def verify(self) -> Account:
        """Try the credentials; Telnyx says nothing of whose they are."""
        await self._api.get("/balance")
        if self._application is not None:
            await self._read_application(self._application)
        return Account(self._settings.account_id)

    async def search_numbers(self, search: NumberSearch) -> tuple[OfferedNumber, ...]:
        asked = {
            "filter[country_code]": search.country,
            "filter[phone_number_type]": _KINDS[search.kind],
            "filter[features][]": "voice",
            "filter[limit]": str(search.limit),
        }
        if search.area is not None:
            asked["filter[national_destination_code]"] = search.area
        if search.contains is not None:
            asked["filter[phone_number][contains]"] = search.contains
        said = await self._api.get(f"/available_phone_numbers?{urlencode(asked)}")
        return tuple(
            _offered(each) for each in _items(said) if isinstance(each.get("phone_number"), str)
        )

    async def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Order a number; it has an id, and can be configured, when `numbers` returns it."""
        application = setup.application or self._application
        body = {"phone_numbers": [{"phone_number": number}], "connection_id": application}
        await self._api.send("POST", "/number_orders", body, Repeat.IF_NOT_DONE, 30.0)
        await self._announce(application, setup)
        found = await self.numbers(number)
        return found[0] if found else OwnedNumber(None, number, None, application, is_ready=False)

    async def numbers(self, number: str | None = None) -> tuple[OwnedNumber, ...]:
        asked = {"page[size]": str(_PAGE)}
        if number is not None:
            asked["filter[phone_number]"] = number
        found: list[OwnedNumber] = []
        for page in range(1, _MOST_PAGES + 1):
            query = urlencode({**asked, "page[number]": str(page)})
            said = await self._api.get(f"/phone_numbers?{query}")
            found += [_owned(each) for each in _items(said)]
            match said.get("meta"):
                case {"total_pages": int(pages)} if page < pages:
                    continue
                case _:
                    break
        if number is not None:  # the filter also finds numbers that only resemble it
            found = [each for each in found if each.number == number]
        return tuple(found)

    async def configure_number(self, number_id: str, setup: NumberSetup) -> OwnedNumber:
        """The URLs are the application's, and so all of its numbers share them."""
        application = setup.application or self._application
        await self._announce(application, setup)
        path = f"/phone_numbers/{segment(number_id)}"
        said = await self._api.send("PATCH", path, {"connection_id": application})
        return _owned(_data(said))

    async def release_number(self, number_id: str) -> None:
        try:
            await self._api.delete(f"/phone_numbers/{segment(number_id)}")
        except CarrierDeclined as error:
            if error.code != "not_found":
                raise

    async def _announce(self, application: str | None, setup: NumberSetup) -> None:
        if setup.voice_url is None:
            return
        if application is None:
            raise NotAvailable("Telnyx wants an application to have the URL: name one")
        known = await self._read_application(application)
        path = self._application_path(application)
        if self._settings.is_by_documents:
            body: dict[str, object] = {
                "friendly_name": known.get("friendly_name"),
                "voice_url": setup.voice_url,
                "voice_method": "post",  # it is GET if nothing is said, which nobody signs
                "voice_fallback_url": setup.fallback_url,
                "status_callback": setup.status_url,
                "status_callback_method": "post",
            }
        else:
            body = {
                "application_name": known.get("application_name"),  # wanted for any change
                "webhook_event_url": setup.voice_url,
                "webhook_event_failover_url": setup.fallback_url,
                "webhook_api_version": "2",
            }
        await self._api.send("PATCH", path, body)

    async def _read_application(self, application: str) -> dict[str, Any]:
        return _data(await self._api.get(self._application_path(application)))

    def _application_path(self, application: str) -> str:
        kind = "texml" if self._settings.is_by_documents else "call_control"
        return f"/{kind}_applications/{segment(application)}"


def _offered(said: Mapping[str, Any]) -> OfferedNumber:
    costs = said.get("cost_information")
    cost = costs if isinstance(costs, dict) else {}
    regions = said.get("region_information")
    named = {
        region.get("region_type"): region.get("region_name")
        for region in (regions if isinstance(regions, list) else [])
        if isinstance(region, dict)
    }
    return OfferedNumber(
        said["phone_number"],
        named.get("rate_center") or named.get("location"),
        named.get("state"),
        cost.get("monthly_cost"),
        cost.get("currency"),
    )


def _owned(said: Mapping[str, Any]) -> OwnedNumber:
    named, number = said.get("id"), said.get("phone_number")
    if not isinstance(named, str) or not isinstance(number, str):
        raise WireError("Telnyx's answer names no number")
    application = said.get("connection_id") or None
    is_ready = said.get("status", "active") == "active"
    return OwnedNumber(named, number, None, application, is_ready)


def _data(said: Mapping[str, Any]) -> dict[str, Any]:
    data = said.get("data")
    if not isinstance(data, dict):
        raise WireError("Telnyx's answer has no data")
    return data


def _items(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    data = said.get("data")
    if not isinstance(data, list):
        raise WireError("Telnyx's answer is no list")
    return [each for each in data if isinstance(each, dict)]
