"""Conferences and their participants over HTTP, as Twilio and TeXML both have them.

Paths and fields are those of twilio-oai's twilio_api_v2010.json, and of `/v2/texml` in
team-telnyx/openapi's spec3.yml.
"""

from __future__ import annotations

from typing import Any, cast

from aiohttp import web
from multidict import MultiDictProxy

from kallglot.testing.rooms import Member, Room, Rooms

__all__ = ["add_routes"]


def add_routes(app: web.Application, root: str, suffix: str, rooms: Rooms, account: str) -> None:
    """Serve conferences under a root; Twilio's paths end in `.json`."""
    api = _Conferences(rooms, account)
    one = f"{root}/Conferences/{{room}}"
    app.add_routes(
        [
            web.get(f"{root}/Conferences{suffix}", api.conferences),
            web.get(f"{one}{suffix}", api.conference),
            web.post(f"{one}{suffix}", api.update),
            web.get(f"{one}/Participants{suffix}", api.participants),
            web.get(f"{one}/Participants/{{call}}{suffix}", api.participant),
            web.post(f"{one}/Participants/{{call}}{suffix}", api.change),
            web.delete(f"{one}/Participants/{{call}}{suffix}", api.drop),
        ]
    )


class _Conferences:
    """What is not there is `HTTPNotFound`, which each API says in its own words."""

    def __init__(self, rooms: Rooms, account: str) -> None:
        self._rooms = rooms
        self._account = account

    async def conferences(self, request: web.Request) -> web.Response:
        name, status = request.query.get("FriendlyName"), request.query.get("Status")
        found = [
            self._room_object(room, "in-progress")
            for room in self._rooms
            if name in (None, room.name) and status in (None, "in-progress")
        ]
        return web.json_response({"conferences": found, "page": 0, "page_size": 50})

    async def conference(self, request: web.Request) -> web.Response:
        return web.json_response(self._room_object(self._room(request), "in-progress"))

    async def update(self, request: web.Request) -> web.Response:
        room, form = self._room(request), await _form(request)
        status = "in-progress"
        if form.get("Status") == "completed":
            room.end()
            status = "completed"
        return web.json_response(self._room_object(room, status))

    async def participants(self, request: web.Request) -> web.Response:
        room = self._room(request)
        found = [self._member_object(room, call, member) for call, member in room.members.items()]
        return web.json_response({"participants": found, "page": 0, "page_size": 50})

    async def participant(self, request: web.Request) -> web.Response:
        room, call, member = self._member(request)
        return web.json_response(self._member_object(room, call, member))

    async def change(self, request: web.Request) -> web.Response:
        (room, call, member), form = self._member(request), await _form(request)
        if "Muted" in form:
            member.is_muted = form["Muted"].lower() == "true"
        if "Hold" in form:
            member.is_held = form["Hold"].lower() == "true"
        if "EndConferenceOnExit" in form:
            member.ends = form["EndConferenceOnExit"].lower() == "true"
        return web.json_response(self._member_object(room, call, member))

    async def drop(self, request: web.Request) -> web.Response:
        _, _, member = self._member(request)
        member.gone.set()
        return web.Response(status=204)

    def _room(self, request: web.Request) -> Room:
        room = self._rooms.get(request.match_info["room"])
        if room is None:
            raise web.HTTPNotFound
        return room

    def _member(self, request: web.Request) -> tuple[Room, str, Member]:
        room, call = self._room(request), request.match_info["call"]
        if call not in room.members:
            raise web.HTTPNotFound
        return room, call, room.members[call]

    def _room_object(self, room: Room, status: str) -> dict[str, Any]:
        return {
            "sid": room.sid,
            "account_sid": self._account,
            "friendly_name": room.name,
            "status": status,
        }

    def _member_object(self, room: Room, call: str, member: Member) -> dict[str, Any]:
        return {
            "account_sid": self._account,
            "call_sid": call,
            "conference_sid": room.sid,
            "muted": member.is_muted,
            "hold": member.is_held,
            "end_conference_on_exit": member.ends,
            "status": "connected",
        }


async def _form(request: web.Request) -> MultiDictProxy[str]:
    return cast("MultiDictProxy[str]", await request.post())
