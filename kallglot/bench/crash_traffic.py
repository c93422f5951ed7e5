"""What a customer does until the server is killed, and what they were told before it was.

An answer is a promise: what is noted here was acknowledged and must be there afterwards.  A
request without an answer promises nothing, and may or may not have been carried out; repeated
with its `Idempotency-Key` it must have been carried out once.
"""

from __future__ import annotations

import random
import uuid
from typing import Any, Final

import aiohttp
import attrs

__all__ = ["Customer", "Known", "broken_promises"]

_GONE: Final = (aiohttp.ClientError, TimeoutError, ConnectionError)


@attrs.define
class Known:
    """What a customer knows of a session: what was acknowledged, and what was asked since."""

    id: str
    note: int = 0
    asked: int = 0
    has_ended: bool = False
    is_ending: bool = False


@attrs.define
class Customer:
    """Somebody who opens sessions, writes notes on them, and ends them."""

    client: aiohttp.ClientSession
    chance: random.Random
    sessions: dict[str, Known] = attrs.field(factory=dict)
    #: Keys of requests that nobody has answered.
    unanswered: list[str] = attrs.field(factory=list)
    acknowledged: int = 0

    async def act_until_killed(self) -> None:
        """Ask one thing after the other until nobody answers."""
        try:
            while True:
                await self._act()
        except _GONE:
            pass

    async def repeat(self) -> None:
        """Ask again what was not answered; the server is back."""
        for key in list(self.unanswered):
            await self._open(key)

    async def _act(self) -> None:
        open_ones = [one for one in self.sessions.values() if not one.is_ending]
        match self.chance.random():
            case share if share < 0.3 or not open_ones:
                await self._open(str(uuid.UUID(int=self.chance.getrandbits(128))))
            case share if share < 0.6:
                await self._note(self.chance.choice(open_ones))
            case _:
                await self._end(self.chance.choice(open_ones))

    async def _open(self, key: str) -> None:
        body = {"mode": "bidirectional_translation", "metadata": {"key": key, "note": 0}}
        if key not in self.unanswered:
            self.unanswered.append(key)
        answer = await self._ask("POST", "/v1/sessions", body, {"Idempotency-Key": key})
        self.unanswered.remove(key)
        self.sessions[answer["id"]] = Known(answer["id"])

    async def _note(self, session: Known) -> None:
        session.asked += 1
        wanted = session.asked
        await self._ask("PATCH", f"/v1/sessions/{session.id}", {"metadata": {"note": wanted}})
        session.note = wanted

    async def _end(self, session: Known) -> None:
        session.is_ending = True
        await self._ask("POST", f"/v1/sessions/{session.id}/end", {"reason": "done"})
        session.has_ended = True

    async def _ask(
        self, method: str, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        async with self.client.request(method, path, json=body, headers=headers) as answer:
            said: dict[str, Any] = await answer.json()
            answer.raise_for_status()
            self.acknowledged += 1
            return said


async def broken_promises(customer: Customer, sample: int | None = None) -> list[str]:
    """Return what was acknowledged and is not so.

    With `sample` only the newest sessions are looked at, and as many others; else all.
    """
    broken: list[str] = []
    sessions = list(customer.sessions.values())
    if sample is not None and len(sessions) > 2 * sample:
        older = customer.chance.sample(sessions[:-sample], sample)
        sessions = sessions[-sample:] + older
    for known in sessions:
        async with customer.client.get(f"/v1/sessions/{known.id}") as answer:
            if answer.status != 200:
                broken.append(f"{known.id} was opened, and is {answer.status}")
                continue
            session = await answer.json()
        note = session["metadata"]["note"]
        if not known.note <= note <= known.asked:
            broken.append(f"{known.id} has the note {note}, not {known.note} to {known.asked}")
        if known.has_ended and session["status"] != "ended":
            broken.append(f"{known.id} was ended, and is {session['status']}")
    return broken
