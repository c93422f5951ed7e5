"""A client of Kallglot's own protocol, such as an agent's browser with a headset."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

from kallglot.audio import g711
from kallglot.phones.wire import Clear, Complaint, Dialled, Notice, PhoneEvent, Sound
from kallglot.providers import Frame

__all__ = ["Encoding", "NativePhone"]

Encoding: TypeAlias = Literal["mulaw", "alaw", "pcm_16"]

_CODECS: dict[Encoding, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "mulaw": (g711.encode_mulaw, g711.decode_mulaw),
    "alaw": (g711.encode_alaw, g711.decode_alaw),
    "pcm_16": (bytes, bytes),
}


class NativePhone:
    """A native client that speaks for one participant."""

    def __init__(
        self,
        token: str,
        speaker: str | None = None,
        *,
        encoding: Encoding = "mulaw",
        rate_hz: int = 8000,
    ) -> None:
        self.rate_hz = rate_hz
        self._token = token
        self._speaker = speaker
        self._encoding = encoding
        self._encode, self._decode = _CODECS[encoding]
        self._sequence = 0

    def dial(self, url: str) -> Dialled:
        query = {"token": self._token, "encoding": self._encoding, "sample_rate": self.rate_hz}
        if self._speaker is not None:
            query |= {"speaker": self._speaker, "participant": self._speaker}
        return Dialled(f"{url}?{urlencode(query)}")

    def connect(self) -> list[Frame]:
        """Say nothing: the query has said it all."""
        self._sequence = 0
        return []

    def speak(self, pcm: bytes) -> Frame:
        timestamp_ms = self._sequence * 20
        self._sequence += 1
        speaker = {} if self._speaker is None else {"speaker": self._speaker}
        return json.dumps(
            {
                "type": "audio.input",
                "sequence": self._sequence,
                "timestamp_ms": timestamp_ms,
                **speaker,
                "audio": {
                    "encoding": self._encoding,
                    "sample_rate_hz": self.rate_hz,
                    "payload": base64.b64encode(self._encode(pcm)).decode(),
                },
            }
        )

    def lose(self) -> None:
        self._sequence += 1

    def played(self, mark: str) -> list[Frame]:
        return []

    def press(self, digit: str) -> list[Frame]:
        return []

    def hang_up(self) -> list[Frame]:
        """Say nothing: `session.end` would end the call for everybody."""
        return []

    def receive(self, frame: Frame) -> list[PhoneEvent]:
        try:
            message: Any = json.loads(frame)
        except ValueError:
            return [Complaint("not JSON")]
        match message:
            case {"type": "audio.output", "audio": {"payload": str(payload), **sound}}:
                if (sound.get("encoding"), sound.get("sample_rate_hz")) != (
                    self._encoding,
                    self.rate_hz,
                ):
                    return [Complaint("audio in a format that was not agreed on")]
                utterance = message.get("utterance_id")
                return [Sound(self._decode(base64.b64decode(payload)), utterance)]
            case {"type": "audio.clear"}:
                return [Clear()]
            case {"type": str(kind)}:
                return [Notice(kind, message)]
            case _:
                return [Complaint("a message without a type")]
