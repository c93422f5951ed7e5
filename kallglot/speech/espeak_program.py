"""espeak-ng as a program of its own, because it is GPL and Kallglot is not.

`python -m kallglot.speech.espeak_program` loads the library, reads one request per line of
standard input as JSON and writes frames to standard output: number of the request, kind, length
(see `HEADER`) and content.  The first frame, of request 0, is a `NOTE` that says what there is.

    {"id": 7, "text": "Guten Tag", "voice": "gmw/de+f2", "speed": 160}  ->  SOUND... END
    {"cancel": 7}                                                       ->  END soon

It ends with its standard input.  Only the standard library is used, and nothing of ours.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import json
import queue
import struct
import sys
import threading
from pathlib import Path
from typing import Any

HEADER = struct.Struct(">IBI")
END, SOUND, NOTE, FAILED = range(4)

_SYNCHRONOUS = 2
_CHUNK_MS = 60
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_SPEED = 1
_PITCH = 3


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("unused", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Heard = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Espeak:
    """The library, which has one voice at a time and belongs to one thread."""

    def __init__(self, library: str, data: str | None) -> None:
        self._library = ctypes.CDLL(library)
        self._library.espeak_Info.restype = ctypes.c_char_p
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        path = data.encode() if data else None
        self.rate_hz = self._library.espeak_Initialize(_SYNCHRONOUS, _CHUNK_MS, path, _DO_NOT_EXIT)
        if self.rate_hz <= 0:
            raise OSError("espeak-ng does not find its data")
        self._callback = _Heard(self._hear)
        self._library.espeak_SetSynthCallback(self._callback)
        self._request = 0
        self._cancelled: set[int] = set()

    @property
    def version(self) -> str:
        said: bytes = self._library.espeak_Info(None)
        return said.split()[0].decode()

    def voices(self) -> list[tuple[str, list[tuple[int, str]]]]:
        """Return identifier and, best first, (priority, language) of each voice."""
        listed = self._library.espeak_ListVoices(None)
        voices = []
        at = 0
        while listed[at]:
            voice = listed[at].contents
            voices.append((voice.identifier.decode(), _languages(voice.languages)))
            at += 1
        return voices

    def say(self, request: int, text: str, voice: str, speed: int, pitch: int) -> None:
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            write(request, FAILED, b"espeak-ng has no such voice")
            return
        self._library.espeak_SetParameter(_SPEED, speed, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        self._request = request
        spoken = text.replace("\0", " ").encode() + b"\0"
        self._library.espeak_Synth(spoken, len(spoken), 0, 0, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        self._cancelled.discard(request)
        write(request, END, b"")

    def cancel(self, request: int) -> None:
        """Called on the reading thread, while `say` may be busy on the other."""
        self._cancelled.add(request)

    def _hear(self, pcm: Any, samples: int, _events: Any) -> int:
        if self._request in self._cancelled:
            return 1
        if pcm and samples > 0:
            write(self._request, SOUND, ctypes.string_at(pcm, samples * 2))
        return 0


def _languages(address: int) -> list[tuple[int, str]]:
    languages = []
    while priority := ctypes.string_at(address, 1)[0]:
        name = ctypes.string_at(address + 1)
        languages.append((priority, name.decode()))
        address += len(name) + 2
    return languages


def write(request: int, kind: int, content: bytes) -> None:
    out = sys.stdout.buffer
    out.write(HEADER.pack(request, kind, len(content)) + content)
    out.flush()


def find() -> tuple[str, str | None] | None:
    """Return the library and its data: the wheel's, or else the system's, or else None."""
    wheel = importlib.util.find_spec("espeakng_loader")
    if wheel is not None and wheel.origin is not None:
        folder = Path(wheel.origin).parent
        for library in folder.glob("libespeak-ng.*"):
            return str(library), str(folder / "espeak-ng-data")
    system = ctypes.util.find_library("espeak-ng")
    return (system, None) if system else None


def main() -> None:
    found = find()
    if found is None:
        write(0, FAILED, b"")
        return
    espeak = Espeak(*found)
    hello = {"rate_hz": espeak.rate_hz, "version": espeak.version, "voices": espeak.voices()}
    write(0, NOTE, json.dumps(hello).encode())
    requests: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def work() -> None:
        while (request := requests.get()) is not None:
            espeak.say(
                request["id"],
                request["text"],
                request["voice"],
                request.get("speed", 160),
                request.get("pitch", 50),
            )

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    for line in sys.stdin.buffer:
        match json.loads(line):
            case {"cancel": int(number)}:
                espeak.cancel(number)
            case {"id": int()} as request:
                requests.put(request)
    requests.put(None)
    worker.join(timeout=1.0)


if __name__ == "__main__":
    main()
