"""Speech in about a hundred languages from espeak-ng: legible, quick and plainly a machine.

The library never enters our process.  `EspeakSynthesiser` keeps a program running, see
`kallglot.speech.espeak_program`, and starts it again when it dies or falls silent.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import select
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from kallglot.audio.resample import Resampler
from kallglot.errors import EngineError, ModelMissing
from kallglot.speech.engines import Chunk, EngineCard, SpeechRequest
from kallglot.speech.espeak_program import FAILED, HEADER, NOTE, SOUND

__all__ = ["EspeakSynthesiser"]

logger = logging.getLogger(__name__)

PROGRAM = (sys.executable, "-m", "kallglot.speech.espeak_program")
REMEDY = (
    "espeak-ng is not on this machine: `pip install espeakng-loader`,"
    " or install your system's espeak-ng package"
)

#: Speakers that sound least like a machine; the first is the default.
VARIANTS = ("f2", "m3", "f4", "m7")
#: Where espeak-ng's own order would surprise callers.
DIALECTS = {"en": "en-us", "pt": "pt-br", "zh": "cmn"}

#: Listed by espeak-ng 1.52, which lacks their dictionaries.
MUTE = frozenset({"fo", "kaa", "xex"})

#: Seconds within which the program must say something.
PATIENCE = 5.0
#: Loudness of the speech itself, without its pauses, relative to full scale.
LEVEL_DB = -20.0
#: Above this part of full scale peaks are bent instead of cut.
KNEE = 0.7
#: Every language has its own words for these.
SAMPLE = "1 2 3 4 5 6 7 8 9 10"
#: More letters than that are said in several pieces, if they are several sentences.
LONG = 80
#: Seconds of sound per piece; the very first piece is as short as it comes.
PIECE = 0.2

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])")  # noqa: RUF001


@attrs.frozen
class _Hello:
    """What the program says of itself when it starts."""

    rate_hz: int
    version: str
    #: Language tag in lower case to espeak's identifier of its best voice for it.
    voices: dict[str, str]

    @classmethod
    def parse(cls, content: bytes) -> _Hello:
        said = json.loads(content)
        best: dict[str, tuple[int, str]] = {}
        for identifier, languages in said["voices"]:
            for priority, language in languages:
                tag = language.lower()
                if tag in MUTE:
                    continue
                if tag not in best or priority < best[tag][0]:
                    best[tag] = (priority, identifier)
        voices = {tag: identifier for tag, (_, identifier) in best.items()}
        return cls(said["rate_hz"], said["version"], voices)


class _Program:
    """One life of the program, which says one thing after the other.

    Several may be asked for and listened to in turns: what comes for another waits for it.
    """

    def __init__(self, command: Sequence[str]) -> None:
        # Its complaints are about dictionaries, and might quote what it is to say.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._next = 1
        self._unheard: dict[int, deque[tuple[int, bytes]]] = {}
        self.hello = self._greet()

    def _greet(self) -> _Hello:
        try:
            _, kind, content = self._read()
        except BrokenPipeError:
            kind = FAILED
        if kind != NOTE:
            self.end()
            raise ModelMissing(REMEDY)
        return _Hello.parse(content)

    def say(self, text: str, voice: str) -> Generator[bytes, None, None]:
        """Yield PCM at the program's rate; closing the generator cancels the rest."""
        number = self._next
        self._next += 1
        self._unheard[number] = deque()
        self._write({"id": number, "text": text, "voice": voice})
        kind = SOUND
        try:
            while kind == SOUND:
                kind, content = self._read_of(number)
                if kind == SOUND:
                    yield content
        finally:
            del self._unheard[number]
            if kind == SOUND:
                self._write({"cancel": number})
        if kind == FAILED:
            raise EngineError(content.decode())

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _write(self, request: dict[str, object]) -> None:
        assert self._process.stdin is not None
        if self._process.stdin.closed:
            raise BrokenPipeError
        self._process.stdin.write(json.dumps(request).encode() + b"\n")

    def _read_of(self, number: int) -> tuple[int, bytes]:
        """Return what comes next for one of those who listen, and keep what comes for others."""
        while not self._unheard[number]:
            other, kind, content = self._read()
            if other in self._unheard:
                self._unheard[other].append((kind, content))
        return self._unheard[number].popleft()

    def _read(self) -> tuple[int, int, bytes]:
        number, kind, length = HEADER.unpack(self._read_exactly(HEADER.size))
        return number, kind, self._read_exactly(length)

    def _read_exactly(self, size: int) -> bytes:
        assert self._process.stdout is not None
        if self._process.stdout.closed:
            raise BrokenPipeError
        stdout = self._process.stdout.fileno()
        content = bytearray()
        while len(content) < size:
            if not select.select([stdout], [], [], PATIENCE)[0]:
                raise BrokenPipeError
            piece = self._process.stdout.read(size - len(content))
            if not piece:
                raise BrokenPipeError
            content += piece
        return bytes(content)


class EspeakSynthesiser:
    """Says it with espeak-ng, at the loudness of a telephone."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._program = _Program(command)
        hello = self._program.hello
        self._identifiers = hello.voices
        self._gains: dict[str, float] = {}
        self.card = EngineCard(
            name="espeak-ng",
            languages=tuple(sorted(tag for tag in hello.voices if "-" not in tag)),
            revision=hello.version,
            licence="GPL-3.0-or-later, run as a separate program",
            notice="This is the synthetic voice of espeak-ng, not a person.",
        )

    @classmethod
    def load(cls, command: Sequence[str] = PROGRAM) -> EspeakSynthesiser:
        """Start the program; raises `ModelMissing` where there is no espeak-ng."""
        return cls(command)

    def close(self) -> None:
        self._program.end()

    def voices(self, language: str) -> tuple[str, ...]:
        """Return the names of the voices for a language, the default first."""
        tag = self._tag(language)
        if tag is None:
            return ()
        base = language.lower().partition("-")[0]
        dialects = sorted(other for other in self._identifiers if other.startswith(base + "-"))
        tags = dict.fromkeys([tag, *dialects])
        return tuple(f"{tag}+{variant}" for tag in tags for variant in VARIANTS)

    def synthesise(
        self, request: SpeechRequest, is_cancelled: Callable[[], bool]
    ) -> Iterator[Chunk]:
        voice = self._voice(request)
        gain = self._gain(voice)
        resampler = Resampler(self._program.hello.rate_hz, request.rate_hz)
        piece = bytearray()
        enough = 0
        with contextlib.closing(self._say_all(request.text, voice)) as sound:
            for pcm in sound:
                if is_cancelled():
                    return
                piece += resampler.feed(_louder(pcm, gain))
                if len(piece) > enough:
                    yield Chunk(bytes(piece))
                    piece.clear()
                    enough = int(PIECE * request.rate_hz) * 2
        piece += resampler.flush()
        yield Chunk(bytes(piece), is_last=True)

    def _tag(self, language: str) -> str | None:
        wanted = language.lower().replace("_", "-")
        base = wanted.partition("-")[0]
        for tag in (DIALECTS.get(wanted, wanted), DIALECTS.get(base, base)):
            if tag in self._identifiers:
                return tag
        return None

    def _voice(self, request: SpeechRequest) -> str:
        tag, _, variant = (request.voice or "").partition("+")
        if tag not in self._identifiers:
            known = self._tag(request.language)
            if known is None:
                raise EngineError(f"espeak-ng does not speak {request.language!r}")
            tag = known
        if variant not in VARIANTS:
            variant = VARIANTS[0]
        return f"{self._identifiers[tag]}+{variant}"

    def _gain(self, voice: str) -> float:
        """Return what brings the voice to `LEVEL_DB`, measured when it is first used."""
        if voice not in self._gains:
            sample = np.frombuffer(b"".join(self._say(SAMPLE, voice)), np.int16)
            self._gains[voice] = 10 ** ((LEVEL_DB - _loudness(sample)) / 20)
        return self._gains[voice]

    def _say_all(self, text: str, voice: str) -> Generator[bytes, None, None]:
        """Say a long text sentence by sentence, so that others may be heard in between."""
        for part in _parts(text):
            yield from self._say(part, voice)

    def _say(self, text: str, voice: str) -> Generator[bytes, None, None]:
        """Say it, with one new program if the old one turns out to be dead."""
        program = self._program
        try:
            first = True
            for pcm in program.say(text, voice):
                first = False
                yield pcm
            return
        except BrokenPipeError:
            if self._program is program:
                logger.warning("espeak-ng died, starting it again")
                self._restart()
            if not first:
                raise EngineError("espeak-ng died in the middle of a sentence") from None
        try:
            yield from self._program.say(text, voice)
        except BrokenPipeError:
            raise EngineError("espeak-ng dies of this sentence") from None

    def _restart(self) -> None:
        self._program.end()
        self._program = _Program(self._command)


def _parts(text: str) -> list[str]:
    """Cut after sentences into pieces of a good length."""
    parts = [""]
    for sentence in _SENTENCE_END.split(text):
        if len(parts[-1]) >= LONG:
            parts.append("")
        parts[-1] = f"{parts[-1]} {sentence}".lstrip()
    return parts


def _loudness(pcm: npt.NDArray[np.int16]) -> float:
    """Return the level of what is not pause, in decibels of full scale."""
    width = 441
    frames = pcm[: len(pcm) // width * width].reshape(-1, width).astype(np.float64)
    power = np.mean(frames**2, axis=1) / 32768**2
    if not power.any():
        return LEVEL_DB
    return float(10 * np.log10(np.mean(power[power > power.max() / 1000])))


def _louder(pcm: bytes, gain: float) -> bytes:
    """Multiply, bending what would be cut off."""
    sound = np.frombuffer(pcm, np.int16).astype(np.float32) * (gain / 32768)
    size = np.abs(sound)
    if size.max(initial=0.0) > KNEE:
        room = 1 - KNEE
        bent = np.sign(sound) * (KNEE + room * np.tanh((size - KNEE) / room))
        sound = np.where(size > KNEE, bent, sound)
    return (sound * 32767).astype(np.int16).tobytes()
