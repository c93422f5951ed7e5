"""A telephone that says what is on its tape and notes what it hears.  No socket, no clock."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Sequence

import attrs
import msgspec

from kallglot.bench.line import Line, Plan, framed
from kallglot.bench.speech_hearing import Hearing
from kallglot.bench.stamps import BLOCK

__all__ = ["Caption", "Telephone", "blocks"]

_PAYLOAD = b'"payload":"'
_SILENCE = b2a_base64(b"\xff" * BLOCK, newline=False)


class _Name(msgspec.Struct):
    name: str


class _Mark(msgspec.Struct):
    mark: _Name


@attrs.frozen
class Caption:
    """What a screen showed of somebody's words; what is final stays."""

    speaker: str
    is_final: bool
    text: str = attrs.field(repr=False)


class _Transcript(msgspec.Struct):
    speaker: str
    text: str


def blocks(mulaw: bytes) -> list[bytes]:
    """Return a tape as the payloads of its blocks."""
    whole = len(mulaw) // BLOCK * BLOCK
    return [b2a_base64(mulaw[at : at + BLOCK], newline=False) for at in range(0, whole, BLOCK)]


class Telephone(Line):
    """A line whose blocks have no stamps, which one would hear as a buzz.

    Behind Twilio it returns marks; a native one is shown captions.
    """

    def __init__(self, plan: Plan, tape: Sequence[bytes]) -> None:
        super().__init__(plan, tape)
        self.hearing = Hearing()
        self.captions: list[Caption] = []
        self.began = 0
        self._said = 0

    def speak(self, microseconds: int) -> bytes:
        """Return the next 20 ms of the tape, and the marks that were reached meanwhile."""
        self.began = self.began or microseconds
        number, self._said = self._said, self._said + 1
        payload = self._tape[number] if number < len(self._tape) else _SILENCE
        count = self._said
        if self.plan.dialect == "native":
            return framed(self._form % (count, count * 20, b"", payload))
        sent = framed(self._form % (count, count, count * 20, b"", payload))
        for name in self.hearing.reached(microseconds * 1e-6):
            mark = {"event": "mark", "mark": {"name": name}, "streamSid": self._sid.decode()}
            sent += framed(msgspec.json.encode(mark))
        return sent

    def _understand(self, text: bytes, microseconds: int) -> None:
        now = microseconds * 1e-6
        start = text.find(_PAYLOAD)
        if start >= 0:
            start += len(_PAYLOAD)
            try:
                self.hearing.hear(a2b_base64(text[start : text.index(b'"', start)]), now)
            except (Error, ValueError) as error:
                raise ValueError("the server has sent sound that is none") from error
        elif b'"transcript.' in text:
            shown = msgspec.json.decode(text, type=_Transcript)
            is_final = b'"transcript.final"' in text
            self.captions.append(Caption(shown.speaker, is_final, shown.text))
        elif b'"clear"' in text or b'"audio.clear"' in text:
            self.hearing.clear(now)
        elif b'"mark"' in text:
            self.hearing.mark(msgspec.json.decode(text, type=_Mark).mark.name, now)
