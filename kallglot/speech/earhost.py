"""The ear: judges voices and does nothing else, so that nothing delays it."""

from __future__ import annotations

from array import array

import numpy as np

from kallglot.speech import wire
from kallglot.speech.desk import Send
from kallglot.speech.ears import FRAME_BYTES
from kallglot.speech.engines import VoiceActivity
from kallglot.speech.wire import ToHost

__all__ = ["EarHost"]


class EarHost:
    """Judges frames as they come, in one thread."""

    def __init__(self, voice_activity: VoiceActivity, send: Send) -> None:
        self._voice_activity = voice_activity
        self._send = send

    def start(self) -> None:
        self._send(wire.Ready({}, 0.0, frozenset()))

    def receive(self, message: ToHost) -> None:
        match message:
            case wire.Hear():
                self._send(wire.Judged(message.batch, self._judge(message)))
            case wire.Forget(stream):
                self._voice_activity.close(stream)
            case wire.Ping():
                self._send(wire.Pong({}))
            case wire.Recognise(id=number) | wire.Translate(id=number) | wire.Synthesise(id=number):
                self._send(wire.FailedBecause(number, "an ear only hears", is_busy=False))
            case wire.Open(stream=stream):
                self._send(wire.Lost(stream, "an ear only hears"))
            case wire.Listen() | wire.Cancel():
                pass

    def _judge(self, message: wire.Hear) -> bytes:
        """Return the probabilities in order; a call's second frame needs another round."""
        streams = array("I", message.streams)
        rounds: list[list[tuple[int, int]]] = []
        place = 0
        for stream, frames in zip(streams[::2], streams[1::2], strict=True):
            for nth in range(frames):
                if nth == len(rounds):
                    rounds.append([])
                rounds[nth].append((stream, place))
                place += 1
        probabilities = np.empty(place, np.float32)
        pcm = message.pcm
        for places in rounds:
            probabilities[[at for _, at in places]] = self._voice_activity.step(
                [(stream, pcm[at * FRAME_BYTES : (at + 1) * FRAME_BYTES]) for stream, at in places]
            )
        return probabilities.tobytes()
