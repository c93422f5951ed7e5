"""Conferences of a simulated carrier: who is in them, and when they are over."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator

from kallglot.testing.verbs import Conference

__all__ = ["Member", "Room", "Rooms"]


class Member:
    """Somebody in a conference."""

    def __init__(self, *, ends: bool) -> None:
        self.ends = ends
        self.is_muted = False
        self.is_held = False
        self.gone = asyncio.Event()


class Room:
    def __init__(self, sid: str, name: str) -> None:
        self.sid = sid
        self.name = name
        self.members: dict[str, Member] = {}

    def end(self) -> None:
        for member in self.members.values():
            member.gone.set()


class Rooms:
    """Conferences by name; what is said in them is not simulated."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def __iter__(self) -> Iterator[Room]:
        return iter(list(self._rooms.values()))

    def named(self, name: str) -> Room | None:
        return self._rooms.get(name)

    def get(self, sid: str) -> Room | None:
        return next((room for room in self if room.sid == sid), None)

    def members(self, name: str) -> frozenset[str]:
        room = self._rooms.get(name)
        return frozenset() if room is None else frozenset(room.members)

    def open(self, name: str) -> Room:
        """Return the conference of that name, which begins if there is none."""
        if name not in self._rooms:
            self._rooms[name] = Room(f"CF{secrets.token_hex(16)}", name)
        return self._rooms[name]

    async def stay(self, conference: Conference, call: str) -> None:
        """Be in a conference until it is over; whoever is cancelled leaves it."""
        room = self.open(conference.name)
        member = room.members[call] = Member(ends=conference.ends)
        try:
            await member.gone.wait()
        finally:
            room.members.pop(call, None)
            if member.ends:
                room.end()
            if not room.members:
                self._rooms.pop(room.name, None)
