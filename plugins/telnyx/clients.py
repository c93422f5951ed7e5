"""Telnyx's two ways of steering calls, by commands and by documents, as `CarrierClient`s."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from kallglot.carriers.client import CallOrder, CarrierClient, PlacedCall
from kallglot.carriers.exchange import Line, Repeat
from kallglot.carriers.facts import CallEnded, CallFact
from kallglot.carriers.forms import Fields, progress_facts
from kallglot.carriers.steps import JoinConference, Number, SipAddress, Step, TurnAway
from kallglot.errors import CarrierDeclined, NotAvailable, WireError
from plugins.telnyx import commands, texml
from plugins.telnyx.rest import TelnyxNumbers, segment
from plugins.telnyx.settings import TelnyxSettings

__all__ = ["CommandClient", "DocumentClient", "client"]

#: Seconds.  Telnyx advises to send a command again soon; with its `command_id`, it counts once.
_COMMAND_WITHIN: Final = 2.0

#: When a call is over, what is ordered of it is as it should be.
_GONE: Final = frozenset({"not_found", "call_not_active"})

_EVENTS: Final = "initiated ringing answered completed"


def client(settings: TelnyxSettings, line: Line) -> CarrierClient:
    """Return the client that fits the settings."""
    if settings.is_by_documents:
        return DocumentClient(settings, line)
    return CommandClient(settings, line)


def _command_id() -> str:
    return str(uuid.uuid4())


class CommandClient(TelnyxNumbers):
    """One Telnyx account whose calls are steered by Call Control; see `CarrierClient`."""

    def __init__(
        self,
        settings: TelnyxSettings,
        line: Line,
        command_id: Callable[[], str] = _command_id,
    ) -> None:
        super().__init__(settings, line)
        self._command_id = command_id

    async def place(self, order: CallOrder) -> PlacedCall:
        if self._settings.connection_id is None:
            raise NotAvailable("calls are placed through an application: name its connection_id")
        body = commands.dial(order, self._settings.connection_id)
        # Whether `command_id` counts where there is no call yet is not said: never place two.
        said = _data(await self._api.send("POST", "/calls", body, Repeat.IF_NOT_DONE))
        named, leg = said.get("call_control_id"), said.get("call_leg_id")
        if not isinstance(named, str):
            raise WireError("Telnyx's answer names no call")
        return PlacedCall(named, leg if isinstance(leg, str) else None)

    async def look_up(self, call_id: str) -> tuple[CallFact, ...]:
        """Return that a call has ended, or nothing: Telnyx knows whether it lives, and no more."""
        try:
            said = _data(await self._api.get(f"/calls/{segment(call_id)}"))
        except CarrierDeclined as error:
            if error.code in _GONE:
                return (CallEnded(call_id, "failed", "unknown to the carrier"),)
            raise
        is_over = said.get("is_alive") is False and said.get("end_time") is not None
        return (CallEnded(call_id, "failed", "not alive"),) if is_over else ()

    async def carry_out(self, call_id: str, steps: Sequence[Step]) -> Sequence[Step]:
        plan = commands.plan(call_id, steps)
        for command in plan.commands:
            await self._command(call_id, command.name, command.body)
        if plan.conference is not None:
            await self._join(call_id, plan.conference)
        return plan.left

    async def hang_up(self, call_id: str) -> None:
        try:
            await self._command(call_id, "hangup", {})
        except CarrierDeclined as error:
            if error.code not in _GONE:
                raise

    async def mute(self, call_id: str, conference: str, is_muted: bool) -> None:
        name = "mute" if is_muted else "unmute"
        body = {"call_control_ids": [call_id]}
        await self._in_conference(await self._conference(conference), name, body)

    async def drop(self, call_id: str, conference: str) -> None:
        body = {"call_control_id": call_id, "command_id": self._command_id()}
        try:
            await self._in_conference(await self._conference(conference), "leave", body)
        except CarrierDeclined as error:
            if error.code not in _GONE | {"conference_ended"}:
                raise

    async def _command(self, call_id: str, name: str, body: Any) -> None:
        path = f"/calls/{segment(call_id)}/actions/{name}"
        body = {**body, "command_id": self._command_id()}
        await self._api.send("POST", path, body, timeout=_COMMAND_WITHIN)

    # conferences

    async def _join(self, call_id: str, step: JoinConference) -> None:
        """Join a conference, or begin it; of two that begin it at once, one comes too late."""
        for _ in range(2):
            found = await self._find(step.name)
            if found is not None:
                body = {
                    "call_control_id": call_id,
                    "beep_enabled": "never",
                    "mute": step.is_muted,
                    "end_conference_on_exit": step.ends_it,
                    "command_id": self._command_id(),
                }
                await self._in_conference(found, "join", body)
                return
            try:
                await self._begin(call_id, step)
            except CarrierDeclined as error:
                if error.code != "conference_exists":
                    raise
            else:
                return
        raise CarrierDeclined("there is no such conference", code="not_found", status=404)

    async def _begin(self, call_id: str, step: JoinConference) -> None:
        """Begin a conference; whoever begins it cannot be told to end it by leaving."""
        body = {
            "call_control_id": call_id,
            "name": step.name,
            "beep_enabled": "never",
            "hold_audio_url": step.wait_url or None,
            "command_id": self._command_id(),
        }
        said = await self._api.send("POST", "/conferences", body, Repeat.IF_NOT_DONE)
        named = _data(said).get("id")
        if step.is_muted and isinstance(named, str):
            muted = {"call_control_ids": [call_id]}
            await self._in_conference(named, "mute", muted)

    async def _in_conference(self, named: str, action: str, body: Mapping[str, object]) -> None:
        path = f"/conferences/{segment(named)}/actions/{action}"
        await self._api.send("POST", path, body, timeout=_COMMAND_WITHIN)

    async def _conference(self, name: str) -> str:
        found = await self._find(name)
        if found is None:
            raise CarrierDeclined("there is no such conference", code="not_found", status=404)
        return found

    async def _find(self, name: str) -> str | None:
        query = urlencode({"filter[name]": name, "filter[status]": "in_progress"})
        said = await self._api.get(f"/conferences?{query}")
        items = said.get("data")
        for each in items if isinstance(items, list) else []:
            match each:
                case {"id": str(named), "name": str(called)} if called == name:
                    return named
                case _:
                    pass
        return None


class DocumentClient(TelnyxNumbers):
    """One Telnyx account whose calls are steered by TeXML; see `CarrierClient`."""

    async def place(self, order: CallOrder) -> PlacedCall:
        """Place a call; its name comes with its first webhook, and not with the answer."""
        body: dict[str, object] = {
            "ApplicationSid": self._settings.texml_application_id,
            "From": order.caller,
            "Timeout": order.timeout,
            "TimeLimit": order.longest,
            "StatusCallback": order.status_url,
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": None if order.status_url is None else _EVENTS,
        }
        match order.target:
            case Number(number, keys):
                if keys is not None:
                    raise NotAvailable("TeXML presses no keys when a call is answered")
                body["To"] = number
            case SipAddress(uri, user, password):
                body |= {"To": uri, "SipAuthUsername": user, "SipAuthPassword": password}
        if order.steps:
            body["Texml"] = texml.inline(order.steps)
        else:
            body |= {"Url": order.steps_url, "UrlMethod": "POST"}
        if order.detection is not None:
            wanted = "Enable" if order.detection == "answer" else "DetectMessageEnd"
            body |= {
                "MachineDetection": wanted,
                "AsyncAmd": True,
                "AsyncAmdStatusCallback": order.machine_url or order.status_url,
                "AsyncAmdStatusCallbackMethod": "POST",
            }
        said = await self._api.send("POST", self._calls, body, Repeat.IF_NOT_DONE)
        named = said.get("call_sid") or said.get("sid")
        return PlacedCall(named if isinstance(named, str) else None)

    async def look_up(self, call_id: str) -> tuple[CallFact, ...]:
        try:
            said = await self._api.get(f"{self._calls}/{segment(call_id)}")
        except CarrierDeclined as error:
            if error.code in _GONE:
                return (CallEnded(call_id, "failed", "unknown to the carrier"),)
            raise
        status = said.get("status")
        if not isinstance(status, str):
            return ()
        return progress_facts(Fields({"CallSid": call_id, "CallStatus": status}))

    async def carry_out(self, call_id: str, steps: Sequence[Step]) -> Sequence[Step]:
        if any(isinstance(step, TurnAway) for step in steps):
            raise NotAvailable("TeXML turns calls away in the answer to their webhook only")
        fields = [("Texml", texml.inline(steps))]
        path = f"{self._calls}/{segment(call_id)}"
        await self._api.fill_in(path, fields, Repeat.IF_NOT_DONE)
        return ()

    async def hang_up(self, call_id: str) -> None:
        try:
            path = f"{self._calls}/{segment(call_id)}"
            await self._api.fill_in(path, [("Status", "completed")])
        except CarrierDeclined as error:
            if error.code not in _GONE:
                raise

    async def mute(self, call_id: str, conference: str, is_muted: bool) -> None:
        path = await self._participant(call_id, conference)
        await self._api.fill_in(path, [("Muted", str(is_muted).lower())])

    async def drop(self, call_id: str, conference: str) -> None:
        try:
            await self._api.delete(await self._participant(call_id, conference))
        except CarrierDeclined as error:
            if error.code not in _GONE:
                raise

    async def _participant(self, call_id: str, conference: str) -> str:
        base = f"/texml/Accounts/{segment(self._settings.account_id or '')}/Conferences"
        query = urlencode({"FriendlyName": conference, "Status": "in-progress"})
        said = await self._api.get(f"{base}?{query}")
        match said.get("conferences"):
            case [{"sid": str(named)}, *_]:
                return f"{base}/{segment(named)}/Participants/{segment(call_id)}"
            case _:
                raise CarrierDeclined("there is no such conference", code="not_found", status=404)

    @property
    def _calls(self) -> str:
        return f"/texml/Accounts/{segment(self._settings.account_id or '')}/Calls"


def _data(said: dict[str, Any]) -> dict[str, Any]:
    data = said.get("data")
    if not isinstance(data, dict):
        raise WireError("Telnyx's answer has no data")
    return data
