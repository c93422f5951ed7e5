"""The part of Telnyx's API that places calls, commands them and keeps numbers, over HTTP.

Paths, fields and errors are those of team-telnyx/openapi's spec3.yml.
"""

from __future__ import annotations

import hmac
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
from aiohttp import web

from kallglot.testing import telnyx_conferences, texml_rest
from kallglot.testing import telnyx_shapes as shapes
from kallglot.testing.controlcall import Refusal, missing, stream_fault
from kallglot.testing.controlledcall import ControlledCall
from kallglot.testing.inventory import Number, is_e164
from kallglot.testing.refusing import Refused, json_body
from kallglot.testing.telnyx_shapes import Application

if TYPE_CHECKING:
    from kallglot.testing.telnyx import TelnyxCarrier

__all__ = ["make_app"]

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NOT_FOUND = Refusal(404, "10005", "Resource not found", "The requested resource was not found.")
UNKNOWN_CALL = Refusal(
    422,
    "90015",
    "Invalid Call Control ID",
    "The call_control_id provided was not valid.",
    "/call_control_id",
)
NOT_E164 = "Phone number must be in +E164 format"


def make_app(carrier: TelnyxCarrier) -> web.Application:
    api = _Api(carrier)
    app = web.Application(middlewares=[api.guard])
    app.add_routes(
        [
            web.post("/v2/calls", api.dial),
            web.get("/v2/calls/{id}", api.call),
            web.post("/v2/calls/{id}/actions/{name}", api.command),
            web.get("/v2/available_phone_numbers", api.offers),
            web.post("/v2/number_orders", api.order),
            web.get("/v2/phone_numbers", api.numbers),
            web.get("/v2/phone_numbers/{id}", api.number),
            web.patch("/v2/phone_numbers/{id}", api.configure),
            web.delete("/v2/phone_numbers/{id}", api.release),
        ]
    )
    app.add_routes([web.get("/v2/balance", api.balance)])
    telnyx_conferences.add_routes(app, carrier)
    texml_rest.add_routes(app, carrier)
    for kind in ("call_control_applications", "texml_applications"):
        app.add_routes(
            [
                web.get(f"/v2/{kind}", api.applications),
                web.post(f"/v2/{kind}", api.apply),
                web.get(f"/v2/{kind}/{{id}}", api.application),
                web.patch(f"/v2/{kind}/{{id}}", api.apply),
            ]
        )
    return app


class _Api:
    def __init__(self, carrier: TelnyxCarrier) -> None:
        self._carrier = carrier

    @web.middleware
    async def guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Authenticate, fail on request, and answer refusals."""
        answer = self._carrier.api.take()
        self._carrier.journal.note("", f"API {request.method} {request.path}")
        try:
            if answer is not None:
                title = answer.message or "refused on request"
                raise Refused(Refusal(answer.status, str(answer.code), title, title))
            self._authenticate(request)
            return await handler(request)
        except Refused as refused:
            refusal = refused.refusal
            self._carrier.journal.note("", f"API refuses: {refusal.code} {refusal.title}")
            return web.json_response(shapes.error(refusal), status=refusal.status)
        except web.HTTPNotFound:
            return web.json_response(shapes.error(NOT_FOUND), status=404)

    def _authenticate(self, request: web.Request) -> None:
        wanted = f"Bearer {self._carrier.account.api_key}".encode()
        given = request.headers.get("Authorization", "").encode(errors="replace")
        if not hmac.compare_digest(wanted, given):
            detail = "Could not understand the provided credentials."
            raise Refused(Refusal(401, "10009", "Authentication failed", detail))

    async def balance(self, request: web.Request) -> web.Response:
        return _data({"record_type": "balance", "balance": "100.00", "currency": "USD"})

    # Calls.

    async def dial(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        for field in ("connection_id", "to", "from"):
            if not body.get(field):
                raise Refused(missing(field))
        for field in ("to", "from"):
            number = str(body[field]).partition(",")[0]
            if not is_e164(number) and not number.startswith("sip:"):
                detail = f"The '{field}' parameter must be in E164 format."
                raise Refused(Refusal(422, "10016", NOT_E164, detail, f"/{field}"))
        timeout = body.get("timeout_secs", 30)
        if not isinstance(timeout, int) or not 5 <= timeout <= 600:
            detail = "The 'timeout_secs' parameter is from 5 to 600."
            raise Refused(Refusal(422, "10033", "Out of range", detail, "/timeout_secs"))
        if body["connection_id"] not in self._carrier.applications:
            detail = "The 'connection_id' parameter is not known."
            raise Refused(Refusal(422, "10015", "Invalid value", detail, "/connection_id"))
        fault = stream_fault(body)
        if fault is not None:
            raise Refused(fault)
        return _data(_call_object(self._carrier.place(body), is_alive=False))

    def _call(self, request: web.Request) -> ControlledCall:
        call = self._carrier.calls.get(request.match_info["id"])
        if call is None:
            raise Refused(UNKNOWN_CALL)
        return call

    async def call(self, request: web.Request) -> web.Response:
        call = self._call(request)
        return _data(_call_object(call, is_alive=call.is_alive))

    async def command(self, request: web.Request) -> web.Response:
        call, body = self._call(request), await json_body(request)
        refusal = call.command(request.match_info["name"], body, time.time())
        if refusal is not None:
            raise Refused(refusal)
        return _data({"result": "ok"})

    # Numbers.

    async def offers(self, request: web.Request) -> web.Response:
        query = request.query
        found = self._carrier.numbers.offers(
            query.get("filter[country_code]", "US"),
            query.get("filter[national_destination_code]", ""),
            query.get("filter[phone_number][contains]", ""),
            _whole(query.get("filter[limit]"), 20),
        )
        meta = {"total_results": len(found), "best_effort_results": 0}
        data = [shapes.offer_object(offer) for offer in found]
        return web.json_response({"data": data, "meta": meta, "metadata": meta})

    async def order(self, request: web.Request) -> web.Response:
        body, carrier = await json_body(request), self._carrier
        wanted = body.get("phone_numbers") or []
        if not wanted:
            raise Refused(missing("phone_numbers"))
        settings = {
            name: str(body[name])
            for name in ("connection_id", "customer_reference")
            if body.get(name)
        }
        bought: list[Number] = []
        for one in wanted:
            number = str(one.get("phone_number", ""))
            if not is_e164(number) or carrier.numbers.find(number) is not None:
                detail = "The number is not available."
                raise Refused(Refusal(422, "10015", "Invalid value", detail, "/phone_numbers"))
            bought.append(Number(str(uuid.uuid4().int)[:19], number, settings))
        for owned in bought:
            carrier.numbers.put(owned)
        order_id = str(uuid.uuid4())
        self._announce(order_id, len(bought), settings.get("connection_id", ""))
        return _data(shapes.order_object(bought, order_id, "pending"))

    def _announce(self, order_id: str, count: int, connection_id: str) -> None:
        application = self._carrier.applications.get(connection_id)
        if application is None or application.is_texml:
            return
        payload = {
            "record_type": "number_order",
            "id": order_id,
            "status": "success",
            "phone_numbers_count": count,
        }
        self._carrier.announce("", application.url, "number_order.complete", payload)

    async def numbers(self, request: web.Request) -> web.Response:
        wanted = request.query.get("filter[phone_number]", "")
        page = _whole(request.query.get("page[number]"), 1)
        size = max(1, _whole(request.query.get("page[size]"), 20))
        found = [one for one in self._carrier.numbers if wanted in one.number]
        meta = {
            "total_results": len(found),
            "total_pages": -(-len(found) // size),
            "page_number": page,
            "page_size": size,
        }
        shown = found[max(0, page - 1) * size : max(1, page) * size]
        data = [shapes.number_object(number) for number in shown]
        return web.json_response({"data": data, "meta": meta})

    def _number(self, request: web.Request) -> Number:
        number = self._carrier.numbers.get(request.match_info["id"])
        if number is None:
            raise Refused(NOT_FOUND)
        return number

    async def number(self, request: web.Request) -> web.Response:
        return _data(shapes.number_object(self._number(request)))

    async def configure(self, request: web.Request) -> web.Response:
        number, body = self._number(request), await json_body(request)
        known = ("connection_id", "customer_reference")
        configured = number.configured({name: str(body[name]) for name in known if name in body})
        self._carrier.numbers.put(configured)
        return _data(shapes.number_object(configured))

    async def release(self, request: web.Request) -> web.Response:
        number = self._number(request)
        self._carrier.numbers.release(number.id)
        return _data(shapes.number_object(number) | {"status": "deleted"})

    # Applications: what webhooks belong to.

    async def applications(self, request: web.Request) -> web.Response:
        is_texml = "texml" in request.path
        found = [
            shapes.application_object(one)
            for one in self._carrier.applications.values()
            if one.is_texml == is_texml
        ]
        meta = {"total_results": len(found), "total_pages": 1, "page_number": 1}
        return web.json_response({"data": found, "meta": meta})

    async def application(self, request: web.Request) -> web.Response:
        known = self._carrier.applications.get(request.match_info["id"])
        if known is None:
            raise Refused(NOT_FOUND)
        return _data(shapes.application_object(known))

    async def apply(self, request: web.Request) -> web.Response:
        """Make an application, or change one; its name is required for both."""
        body, is_texml = await json_body(request), "texml" in request.path
        name = "friendly_name" if is_texml else "application_name"
        url = "voice_url" if is_texml else "webhook_event_url"
        failover = "voice_fallback_url" if is_texml else "webhook_event_failover_url"
        known_id = request.match_info.get("id")
        known = self._carrier.applications.get(known_id or "")
        if known_id is not None and known is None:
            raise Refused(NOT_FOUND)
        for field in (name, url) if known is None else (name,):
            if not body.get(field):
                raise Refused(missing(field))
        before = known or Application(str(uuid.uuid4().int)[:19], is_texml, "")
        made = attrs.evolve(
            before,
            name=str(body[name]),
            url=str(body.get(url, before.url)),
            failover_url=str(body.get(failover) or before.failover_url),
            status_callback=str(body.get("status_callback") or before.status_callback),
            # TeXML asks with GET unless it is told otherwise.
            method=str(body.get("voice_method", before.method if known else "get")).upper(),
        )
        return _data(shapes.application_object(self._carrier.apply(made)))


def _call_object(call: ControlledCall, *, is_alive: bool) -> dict[str, Any]:
    return shapes.call_object(call.leg, call.client_state, is_alive=is_alive)


def _data(body: Mapping[str, Any]) -> web.Response:
    return web.json_response({"data": body})


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default
