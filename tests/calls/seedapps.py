"""The applications that the seed documents print, line by line as aiohttp handlers.

What they call helper functions are plain requests to our API; what they keep in a database is a
dictionary; the carrier is a telephone that reads the document it is answered with.
"""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from typing import Any

import aiohttp
from aiohttp import web

from kallglot.phones.telnyx import TelnyxPhone
from kallglot.phones.twilio import TwilioPhone
from kallglot.webhooks.signatures import verify

__all__ = ["KallglotError", "SeedApp", "stream_of"]


class KallglotError(Exception):
    """What the helpers throw; seed 000 looks at its `code`."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.code = error["code"]


class SeedApp:
    """Handlers of seeds 000 to 003, with the helper functions that they assume."""

    def __init__(self, kallglot: aiohttp.ClientSession) -> None:
        self.kallglot = kallglot
        self.secret = ""
        self.db: dict[str, dict[str, Any]] = {}
        self.log: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.sessions: dict[str, str] = {}
        self.app = web.Application()
        self.app.add_routes(
            [
                web.post("/webhooks/twilio/voice", self.twilio_voice),
                web.post("/webhooks/twilio/outbound", self.twilio_outbound),
                web.post("/webhooks/twilio/conference", self.twilio_conference),
                web.post("/webhooks/twilio/stream-status", self.twilio_stream_status),
                web.post("/webhooks/twilio/status", self.twilio_status),
                web.post("/twilio/incoming", self.twilio_incoming),
                web.post("/webhooks/telnyx/voice", self.telnyx_voice),
                web.post("/webhooks/telnyx/status", self.telnyx_status),
                web.post("/webhooks/kallglot", self.kallglot_events),
            ]
        )

    # The helper functions, "ordinary HTTPS calls to the API".

    async def create_kallglot_session(self, body: dict[str, Any]) -> dict[str, Any]:
        return await self._ask("POST", "/v1/sessions", body)

    async def retrieve_kallglot_session(self, session_id: str) -> dict[str, Any]:
        return await self._ask("GET", f"/v1/sessions/{session_id}")

    async def end_kallglot_session(self, session_id: str, body: Any = None) -> dict[str, Any]:
        return await self._ask("POST", f"/v1/sessions/{session_id}/end", body)

    async def request_kallglot_analysis(self, session_id: str, body: Any) -> dict[str, Any]:
        return await self._ask("POST", f"/v1/sessions/{session_id}/analysis", body)

    async def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        async with self.kallglot.request(method, path, json=body) as answer:
            said: dict[str, Any] = await answer.json()
            if answer.status >= 400:
                raise KallglotError(said["error"])
            return said

    # Seed 000: Twilio.

    async def twilio_voice(self, request: web.Request) -> web.Response:
        form = await request.post()
        try:
            session = await self.create_kallglot_session(
                {
                    "mode": "bidirectional_translation",
                    "source_language": "de",
                    "target_language": "en",
                    "provider": {"type": "twilio", "call_sid": form["CallSid"]},
                    "metadata": {
                        "from": form["From"],
                        "to": form["To"],
                        "direction": form["Direction"],
                    },
                }
            )
        except KallglotError as error:
            if error.code == "rate_limit_exceeded":
                return _xml("<Say>We are experiencing high call volume.</Say><Hangup/>")
            return _xml("<Say>Translation is unavailable.</Say><Dial>+14155550123</Dial>")
        self.sessions[str(form["CallSid"])] = session["id"]
        token, url = session["stream"]["token"], session["stream"]["url"]
        return _xml(
            '<Say language="de-DE">Willkommen. Ihr Anruf wird übersetzt.</Say>'
            f'<Connect><Stream url="{url}" track="both_tracks">'
            f'<Parameter name="token" value="{token}"/>'
            f'<Parameter name="session_id" value="{session["id"]}"/></Stream></Connect>'
        )

    async def twilio_outbound(self, request: web.Request) -> web.Response:
        session = await self.retrieve_kallglot_session(request.query["session_id"])
        return _connect(session)

    async def twilio_conference(self, request: web.Request) -> web.Response:
        await request.post()
        session = await self.create_kallglot_session(
            {
                "mode": "bidirectional_translation",
                "source_language": "auto",
                "target_language": "en",
            }
        )
        return _connect(session)

    async def twilio_stream_status(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form["StreamStatus"] == "stopped":
            await self.end_kallglot_session(self.sessions[str(form["StreamSid"])])
        return web.Response(text="OK")

    async def twilio_status(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form["CallStatus"] == "completed":
            await self.end_kallglot_session(self.sessions[str(form["CallSid"])])
        return web.Response(text="OK")

    async def kallglot_events(self, request: web.Request) -> web.Response:
        """Handle events; seeds 000 and 001 parse the body, the signature page checks it first."""
        body = await request.read()
        verify(body, request.headers["Kallglot-Signature"], self.secret, time.time())
        event = await request.json()
        self.events.append(event)
        match event["type"]:
            case "session.ended":
                session_id, duration = event["data"]["session_id"], event["data"]["duration"]
                self.log.append(f"Session {session_id} ended after {duration}s")
                await self.request_kallglot_analysis(
                    session_id, {"analyses": ["sentiment", "summary", "action_items"]}
                )
            case "analysis.complete":
                results = event["data"]["results"]
                self.db[event["data"]["session_id"]] = {
                    "sentiment": results["sentiment"]["label"],
                    "summary": results["summary"]["brief"],
                }
            case "session.provider.connected" | "session.provider.disconnected":
                self.log.append(
                    f"{event['session_id']} {event['provider']['type']}"
                    f" {event['provider'].get('call_sid')} {event['provider']['status']}"
                )
        return web.Response(text="OK")

    # Seed 003: Sessions vs Calls.

    async def twilio_incoming(self, request: web.Request) -> web.Response:
        form = await request.post()
        session = await self.create_kallglot_session(
            {
                "mode": "bidirectional_translation",
                "source_language": "de",
                "target_language": "en",
                "routing": {"phone_number": form["To"]},
                "metadata": {
                    "twilio_call_sid": form["CallSid"],
                    "from_number": form["From"],
                    "to_number": form["To"],
                },
            }
        )
        return _connect(session)

    # Seeds 001 and 002: Telnyx.

    async def telnyx_voice(self, request: web.Request) -> web.Response:
        payload = (await request.json())["data"]["payload"]
        call = payload["call_control_id"]
        try:
            session = await self.create_kallglot_session(
                {
                    "mode": "bidirectional_translation",
                    "source_language": "de",
                    "target_language": "en",
                    "provider": {"type": "telnyx", "call_control_id": call},
                    "metadata": {
                        "from": payload["from"],
                        "to": payload["to"],
                        "direction": payload["direction"],
                    },
                }
            )
        except KallglotError as error:
            if error.code == "rate_limit_exceeded":
                return _xml('<Reject reason="busy"/>')
            return _xml("<Say>Translation unavailable.</Say><Dial>+14155550123</Dial>")
        self.sessions[call] = session["id"]
        return _connect(session)

    async def telnyx_status(self, request: web.Request) -> web.Response:
        event = (await request.json())["data"]
        if event["event_type"] == "call.hangup":
            session_id = self.sessions.get(event["payload"]["call_control_id"])
            if session_id:
                reason = event["payload"]["hangup_cause"]
                await self.end_kallglot_session(session_id, {"reason": reason})
        return web.Response(text="OK")


def stream_of(document: str, call: str, *, telnyx: bool = False) -> tuple[str, Any]:
    """Return where the carrier connects the call to, and the telephone it does so with."""
    stream = ET.fromstring(document).find("Connect/Stream")
    assert stream is not None, document
    parameters = {one.attrib["name"]: one.attrib["value"] for one in stream.iter("Parameter")}
    if telnyx:
        return stream.attrib["url"], TelnyxPhone(call, token=parameters["token"])
    return stream.attrib["url"], TwilioPhone(call, parameters)


def _connect(session: dict[str, Any]) -> web.Response:
    url, token = session["stream"]["url"], session["stream"]["token"]
    return _xml(
        f'<Connect><Stream url="{url}" track="both_tracks">'
        f'<Parameter name="token" value="{token}"/></Stream></Connect>'
    )


def _xml(inside: str) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'
    return web.Response(text=text, content_type="text/xml")
