"""How a native client is spoken to, in each generation of the protocol.

The newer one hears every notice as it is, and audio as `audio.output`.  The older one knows
`transcript`, `translation` and `audio`; a message it does not know, it ignores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import attrs
import msgspec
from msgspec import Struct

from kallglot.providers import Notice
from plugins.browser.formats import Format

__all__ = ["Dialect", "Newer", "Older", "Speech", "written"]


#: The fields of the older `transcript`, `is_final` apart.
TRANSCRIPT: Final = ("id", "speaker", "language", "text", "start_time", "confidence")


@attrs.frozen
class Speech:
    """A piece of audio for `listener`; `sequence` counts its pieces."""

    listener: str
    speaker: str
    utterance: str | None
    language: str | None
    sequence: int
    sound: Format
    payload: bytes = attrs.field(repr=False)


class _Sound(Struct):
    encoding: str
    sample_rate_hz: int
    payload: bytes


class _AudioOutput(Struct, tag_field="type", tag="audio.output"):
    session_id: str
    sequence: int
    listener: str
    speaker: str
    utterance_id: str | None
    language: str | None
    audio: _Sound


class _Audio(Struct, tag_field="type", tag="audio"):
    session_id: str
    sequence: int
    listener: str
    speaker: str
    id: str | None
    encoding: str
    sample_rate: int
    channels: int
    data: bytes


_encode = msgspec.json.Encoder().encode


@attrs.frozen
class Newer:
    """`audio.output`, `transcript.partial`, `transcript.final`, …"""

    session_id: str

    def speech(self, speech: Speech) -> str:
        """Write audio to be played."""
        sound = _Sound(speech.sound.encoding, speech.sound.rate_hz, speech.payload)
        message = _AudioOutput(
            self.session_id,
            speech.sequence,
            speech.listener,
            speech.speaker,
            speech.utterance,
            speech.language,
            sound,
        )
        return _encode(message).decode()

    def notice(self, notice: Notice) -> list[str]:
        """Write a notice."""
        return [written(notice.type, self.session_id, notice.fields)]


@attrs.frozen
class Older:
    """`audio`, `transcript`, `translation`, …"""

    session_id: str

    def speech(self, speech: Speech) -> str:
        """Write audio to be played."""
        message = _Audio(
            self.session_id,
            speech.sequence,
            speech.listener,
            speech.speaker,
            speech.utterance,
            speech.sound.encoding,
            speech.sound.rate_hz,
            speech.sound.channels,
            speech.payload,
        )
        return _encode(message).decode()

    def notice(self, notice: Notice) -> list[str]:
        """Write a notice: a transcript's translation is a message of its own."""
        if notice.type not in {"transcript.partial", "transcript.final"}:
            return [written(notice.type, self.session_id, notice.fields)]
        is_final = {"is_final": notice.type == "transcript.final"}
        said = {name: notice.fields[name] for name in TRANSCRIPT if name in notice.fields}
        frames = [written("transcript", self.session_id, said | is_final)]
        match notice.fields.get("translation"):
            case Mapping() as translation:
                about = {name: said[name] for name in ("id", "speaker") if name in said}
                fields = about | dict(translation) | is_final
                frames.append(written("translation", self.session_id, fields))
            case _:
                pass
        return frames


Dialect: TypeAlias = Newer | Older


def written(kind: str, session_id: str, fields: Mapping[str, object]) -> str:
    """Write a message that both generations share."""
    return _encode({"type": kind, "session_id": session_id, **fields}).decode()
