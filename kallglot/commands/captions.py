"""What is said in a session, printed as it is understood: on standard output, a line per turn."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console

from kallglot.commands.api import Api
from kallglot.phones.handset import Received

__all__ = ["Captions", "follow"]

#: Seconds between two looks at the transcript.
EVERY = 1.0


_TRANSLATION = {
    "on": "translations are spoken",
    "captions_only": "translations are only shown: the engines have much to do",
    "unavailable": "translation is unavailable, voices pass as they are",
}


class Captions:
    """Turns on standard output; everything else of interest on `console`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: set[str] = set()

    def show(self, received: Received) -> None:
        """Take a notice as a native phone receives it."""
        notice = received.notice
        match notice.type:
            case "transcript.final":
                self.turn(notice.fields)
            case "session.error":
                self._note(f"{notice.fields.get('code')}: {notice.fields.get('message')}")
            case "session.status":
                self._status(notice.fields)
            case "language_detected":
                self._language(notice.fields)
            case _:
                pass

    def turn(self, turn: Mapping[str, Any]) -> None:
        """Print a turn, once."""
        if turn["id"] in self._shown:
            return
        self._shown.add(turn["id"])
        translation = turn.get("translation")
        into = f"  →  {translation['language']}: {translation['text']}" if translation else ""
        doubt = "" if turn.get("is_sure", True) else "  (unsure)"
        click.echo(f"{turn['speaker']}  {turn['language']}: {turn['text']}{doubt}{into}")

    def _status(self, fields: Mapping[str, object]) -> None:
        if (translation := fields.get("translation")) is not None:
            self._note(_TRANSLATION.get(str(translation), f"translation is {translation}"))
            return
        deadline = fields.get("reconnect_deadline")
        rest = "" if deadline is None else ", somebody is away and may come back"
        self._note(f"session {fields.get('status')}{rest}")

    def _language(self, fields: Mapping[str, object]) -> None:
        who, language = fields.get("speaker", "somebody"), fields.get("language")
        before = fields.get("previous")
        changed = "" if before is None else f" now, and no longer {before}"
        self._note(f"{who} speaks {language}{changed}")

    def _note(self, text: str) -> None:
        self._console.print(text, style="dim", markup=False)


async def follow(api: Api, session_id: str, captions: Captions) -> None:
    """Show what the transcript gets, for a telephone that has no captions of its own."""
    while True:
        transcript = await api.get(f"/v1/sessions/{session_id}/transcript")
        for turn in transcript["turns"]:
            captions.turn(turn)
        await asyncio.sleep(EVERY)
