"""The two people of the demonstration: synthetic voices that the models were not trained with.

They are espeak-ng's, spoken by the program that the server uses too, but by other speakers.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from random import Random
from types import TracebackType
from typing import Self

import attrs
import numpy as np

from kallglot.audio.resample import Resampler
from kallglot.errors import EngineError
from kallglot.phones.tape import audible
from kallglot.speech.espeak_program import HEADER, NOTE, SOUND

__all__ = ["HELD_OUT", "Mouth", "Person", "choose"]

#: The speakers that were kept out of the training; a test compares with the training's list.
HELD_OUT = ("f5", "m7", "grandpa", "steph3", "victor", "klatt4")

_DIALECTS = {"de": "de", "en": "en-us"}
_PROGRAM = (sys.executable, "-m", "kallglot.speech.espeak_program")

#: Of full scale: the peak of a voice on the line.
_PEAK = 0.5


@attrs.frozen
class Person:
    """Who speaks: words a minute, and pitch from 0 to 99."""

    voice: str
    speed: int
    pitch: int


def choose(seed: int) -> dict[str, Person]:
    """Return a customer and an agent who do not sound alike."""
    random = Random(seed)
    customer, agent = random.sample(HELD_OUT, 2)
    return {
        "customer": _person("de", customer, random),
        "agent": _person("en", agent, random),
    }


def _person(language: str, variant: str, random: Random) -> Person:
    voice = f"{_DIALECTS[language]}+{variant}"
    return Person(voice, random.randint(145, 185), random.randint(35, 65))


class Mouth:
    """The program that speaks for both; leaving its context ends it."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            _PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        kind, content = self._read()
        if kind != NOTE:
            raise EngineError("espeak-ng is not on this machine: pip install espeakng-loader")
        hello: Mapping[str, int] = json.loads(content)
        self._rate_hz = hello["rate_hz"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def say(self, text: str, person: Person, rate_hz: int) -> bytes:
        """Return how that sounds, without silence before and after."""
        request = {
            "id": 1,
            "text": text,
            "voice": person.voice,
            "speed": person.speed,
            "pitch": person.pitch,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        resampler = Resampler(self._rate_hz, rate_hz)
        pcm = b"".join([resampler.feed(piece) for piece in self._sound()]) + resampler.flush()
        return _trimmed(np.frombuffer(pcm, np.int16), rate_hz)

    def _sound(self) -> Iterator[bytes]:
        kind, content = self._read()
        while kind == SOUND:
            yield content
            kind, content = self._read()
        if content:
            raise EngineError(content.decode())

    def _read(self) -> tuple[int, bytes]:
        assert self._process.stdout is not None
        header = self._process.stdout.read(HEADER.size)
        if len(header) < HEADER.size:
            raise EngineError("espeak-ng does not speak: see `kallglot check`")
        _, kind, length = HEADER.unpack(header)
        return kind, self._process.stdout.read(length)


def _trimmed(samples: np.ndarray[tuple[int], np.dtype[np.int16]], rate_hz: int) -> bytes:
    loudest = int(np.abs(samples.astype(np.int32)).max(initial=1))
    louder = (samples * (_PEAK * 32767 / loudest)).astype(np.int16)
    (span,) = audible(louder, rate_hz, pause=60.0)
    return louder[round(span.since * rate_hz) : round(span.until * rate_hz)].tobytes()
