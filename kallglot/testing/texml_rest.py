"""TeXML's REST API, over HTTP: `/v2/texml/Accounts/{account}/Calls` of spec3.yml.

Its calls are placed with JSON and changed with a form.  What it answers to a call does not name
it: that is for the first webhook.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web
from multidict import MultiDictProxy

from kallglot.testing import conference_rest
from kallglot.testing.controlcall import ENDED, NOT_ANSWERED, Refusal, missing
from kallglot.testing.inventory import is_e164
from kallglot.testing.livecall import Callbacks, Detection, LiveCall
from kallglot.testing.records import Event
from kallglot.testing.refusing import Refused, json_body
from kallglot.testing.steps import Fetch, Inline, Instructions
from kallglot.testing.urls import is_url

if TYPE_CHECKING:
    from kallglot.testing.telnyx import TelnyxCarrier

__all__ = ["add_routes"]

_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})

UNKNOWN = Refusal(404, "10005", "Resource not found", "The requested call was not found.")


def add_routes(app: web.Application, carrier: TelnyxCarrier) -> None:
    api, root = _Texml(carrier), f"/v2/texml/Accounts/{carrier.account.id}"
    app.add_routes(
        [
            web.post(f"{root}/Calls", api.create),
            web.get(f"{root}/Calls/{{sid}}", api.call),
            web.post(f"{root}/Calls/{{sid}}", api.update),
        ]
    )
    conference_rest.add_routes(app, root, "", carrier.rooms, carrier.account.id)


class _Texml:
    def __init__(self, carrier: TelnyxCarrier) -> None:
        self._carrier = carrier

    async def create(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        for field in ("ApplicationSid", "To", "From"):
            if not body.get(field):
                raise Refused(missing(field))
        application = self._carrier.applications.get(str(body["ApplicationSid"]))
        if application is None or not application.is_texml:
            detail = "The 'ApplicationSid' parameter is not known."
            raise Refused(Refusal(422, "10015", "Invalid value", detail, "/ApplicationSid"))
        to, caller = str(body["To"]), str(body["From"])
        if not is_e164(to) and not to.startswith("sip:"):
            detail = "The 'To' parameter must be in E164 format."
            title = "Phone number must be in +E164 format"
            raise Refused(Refusal(422, "10016", title, detail, "/To"))
        self._carrier.place_texml(
            to,
            caller,
            _instructions(body, "UrlMethod") or Fetch(application.url, application.method),
            callbacks=_callbacks(body),
            timeout=float(body.get("Timeout") or 30),
            detection=_detection(body),
        )
        return web.json_response({"from": caller, "to": to, "status": "queued"})

    def _call(self, request: web.Request) -> LiveCall:
        call = self._carrier.document_calls.get(request.match_info["sid"])
        if call is None:
            raise Refused(UNKNOWN)
        return call

    async def call(self, request: web.Request) -> web.Response:
        return web.json_response(_object(self._call(request)))

    async def update(self, request: web.Request) -> web.Response:
        call, form = self._call(request), await _form(request)
        if call.status not in ("queued", "ringing", "in-progress"):
            raise Refused(ENDED)
        instructions = _instructions(form, "Method")
        if form.get("Status") == "completed":
            call.end("completed" if call.was_answered else "canceled")
        elif instructions is None:
            raise Refused(missing("Status"))
        elif not call.was_answered:
            raise Refused(NOT_ANSWERED)
        else:
            call.instruct(instructions)
        return web.json_response(_object(call))


def _object(call: LiveCall) -> dict[str, Any]:
    return {
        "sid": call.sid,
        "account_sid": call.record.account,
        "from": call.record.from_,
        "to": call.record.to,
        "status": call.status,
        "direction": call.record.direction,
    }


def _instructions(body: Mapping[str, Any], method: str) -> Instructions | None:
    url, text = body.get("Url"), body.get("Texml")
    if url:
        if not is_url(str(url), ("http", "https")):
            raise Refused(Refusal(422, "10015", "Invalid value", "not a URL", "/Url"))
        return Fetch(str(url), str(body.get(method) or "POST"))
    return Inline(str(text)) if text else None


def _callbacks(body: Mapping[str, Any]) -> Callbacks:
    events = frozenset(str(body.get("StatusCallbackEvent") or "completed").split())
    if not events <= _EVENTS:
        detail = "StatusCallbackEvent has values that are not documented."
        title = "Invalid enumerated value"
        raise Refused(Refusal(422, "10032", title, detail, "/StatusCallbackEvent"))
    return Callbacks(str(body.get("StatusCallback") or ""), events=cast("frozenset[Event]", events))


def _detection(body: Mapping[str, Any]) -> Detection | None:
    if body.get("MachineDetection", "Disable") == "Disable":
        return None
    return Detection(bool(body.get("AsyncAmd")), str(body.get("AsyncAmdStatusCallback") or ""))


async def _form(request: web.Request) -> MultiDictProxy[str]:
    return cast("MultiDictProxy[str]", await request.post())
