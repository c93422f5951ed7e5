"""Call Control's conferences, over HTTP: `/v2/conferences` of spec3.yml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from kallglot.testing.controlcall import ENDED, NOT_ANSWERED, Refusal, missing
from kallglot.testing.controlledcall import ControlledCall
from kallglot.testing.refusing import Refused, json_body
from kallglot.testing.rooms import Room
from kallglot.testing.verbs import Conference

if TYPE_CHECKING:
    from kallglot.testing.telnyx import TelnyxCarrier

__all__ = ["add_routes"]

OVER = Refusal(422, "90019", "Conference has ended", "This conference is no longer active.")
TAKEN = Refusal(422, "90033", "Conference exists", "A conference of that name is active.", "/name")
UNKNOWN_CALL = Refusal(
    422,
    "90015",
    "Invalid Call Control ID",
    "The call_control_id provided was not valid.",
    "/call_control_id",
)
NO_ACTION = Refusal(404, "10005", "Resource not found", "no such simulated action")


def add_routes(app: web.Application, carrier: TelnyxCarrier) -> None:
    api = _Conferences(carrier)
    app.add_routes(
        [
            web.post("/v2/conferences", api.create),
            web.get("/v2/conferences", api.conferences),
            web.get("/v2/conferences/{id}/participants", api.participants),
            web.post("/v2/conferences/{id}/actions/{name}", api.act),
        ]
    )


class _Conferences:
    def __init__(self, carrier: TelnyxCarrier) -> None:
        self._carrier = carrier

    async def create(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        for field in ("call_control_id", "name"):
            if not body.get(field):
                raise Refused(missing(field))
        name, call = str(body["name"]), self._call(body)
        if self._carrier.rooms.named(name) is not None:
            raise Refused(TAKEN)
        room = self._carrier.rooms.open(name)
        call.tell("conference.created", (("conference_id", room.sid), ("name", name)))
        call.confer(self._carrier.rooms, Conference(name), room.sid)
        return web.json_response({"data": _object(room)})

    async def conferences(self, request: web.Request) -> web.Response:
        name = request.query.get("filter[name]")
        found = [_object(room) for room in self._carrier.rooms if name in (None, room.name)]
        return web.json_response({"data": found, "meta": {"total_results": len(found)}})

    async def participants(self, request: web.Request) -> web.Response:
        room = self._room(request)
        found = [
            {
                "record_type": "participant",
                "call_control_id": call,
                "muted": member.is_muted,
                "on_hold": member.is_held,
                "end_conference_on_exit": member.ends,
            }
            for call, member in room.members.items()
        ]
        return web.json_response({"data": found, "meta": {"total_results": len(found)}})

    async def act(self, request: web.Request) -> web.Response:
        room, body = self._room(request), await json_body(request)
        chosen = body.get("call_control_ids") or list(room.members)
        members = [room.members[each] for each in chosen if each in room.members]
        match request.match_info["name"]:
            case "join":
                ends = bool(body.get("end_conference_on_exit"))
                call = self._call(body)
                call.confer(self._carrier.rooms, Conference(room.name, ends=ends), room.sid)
            case "leave":
                member = room.members.get(str(body.get("call_control_id")))
                if member is None:
                    raise Refused(UNKNOWN_CALL)
                member.gone.set()
            case "mute" | "unmute" as name:
                for member in members:
                    member.is_muted = name == "mute"
            case "hold" | "unhold" as name:
                for member in members:
                    member.is_held = name == "hold"
            case "end":
                room.end()
            case _:
                raise Refused(NO_ACTION)
        return web.json_response({"data": {"result": "ok"}})

    def _room(self, request: web.Request) -> Room:
        room = self._carrier.rooms.get(request.match_info["id"])
        if room is None:
            raise Refused(OVER)
        return room

    def _call(self, body: Mapping[str, Any]) -> ControlledCall:
        call = self._carrier.calls.get(str(body.get("call_control_id")))
        if call is None:
            raise Refused(UNKNOWN_CALL)
        if not call.is_alive:
            raise Refused(ENDED)
        if not call.is_answered:
            raise Refused(NOT_ANSWERED)
        return call


def _object(room: Room) -> dict[str, Any]:
    return {"record_type": "conference", "id": room.sid, "name": room.name, "status": "in_progress"}
