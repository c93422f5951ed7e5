"""Synthetic speakers: espeak-ng with its variants, which no person sounds like, for training.

espeak-ng is GPL-3 and is not part of this project.  Training loads it into its own process from
the `espeakng-loader` wheel; the server never does.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import attrs
import espeakng_loader
import numpy as np
import numpy.typing as npt

__all__ = ["HELD_OUT", "VARIANTS", "Espeak", "Spoken", "SpokenWord", "Voice", "choose_voice"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: Speakers heard in training; the empty one is the voice as it comes.
VARIANTS: Final = (
    "",
    *_words(
        "m1 m2 m3 m4 m5 m6 m8 f1 f2 f3 f4 Alex Alicia Andrea Andy Annie Denis Diogo Gene Gene2 "
        "Henrique Hugo Jacky Lee Marco Mario Michael Mike Nguyen Reed adam anika antonio aunty "
        "belinda benjamin boris caleb david ed edward edward2 ian iven iven2 john linda marcelo "
        "max michel miguel norbert pablo paul pedro quincy rob robert sandro shelby steph steph2 "
        "travis zac klatt klatt2 klatt3"
    ),
)
#: Speakers kept for testing.
HELD_OUT: Final = ("f5", "m7", "grandpa", "steph3", "victor", "klatt4")

_ACCENTS: Final = {
    "de": ("de",),
    "en": (
        "en-us",
        "en-us",
        "en-gb-x-rp",
        "en-gb-x-rp",
        "en-gb-scotland",
        "en-029",
        "en-gb-x-gbclan",
        "en-gb-x-gbcwmd",
        "en-us-nyc",
    ),
}

# From espeak-ng's speak_lib.h.
_SYNCHRONOUS: Final = 2
_DO_NOT_EXIT: Final = 0x8000
_UTF8: Final = 1
_CHARACTERS: Final = 1
_RATE: Final = 1
_PITCH: Final = 3
_EVENT_LIST_ENDS: Final = 0
_EVENT_WORD: Final = 1


class _Event(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


_Callback: Final = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@attrs.frozen
class Voice:
    """Who speaks, and how: words a minute, and pitch from 0 to 99."""

    name: str
    rate: int = 170
    pitch: int = 50


@attrs.frozen
class SpokenWord:
    """Where a word begins: in the text, in characters, and in the sound, in seconds."""

    text_position: int
    at: float


@attrs.frozen
class Spoken:
    """Speech and when its words begin."""

    samples: npt.NDArray[np.int16]
    rate_hz: int
    words: Sequence[SpokenWord]


def choose_voice(language: str, random: Random, *, held_out: bool = False) -> Voice:
    variant = random.choice(HELD_OUT if held_out else VARIANTS)
    accent = random.choice(_ACCENTS[language])
    name = f"{accent}+{variant}" if variant else accent
    return Voice(name, random.randint(135, 215), random.randint(20, 80))


class Espeak:
    """The synthesiser, once per process: the library keeps its state in globals."""

    def __init__(self) -> None:
        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self._rate_hz: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DO_NOT_EXIT)
        if self._rate_hz <= 0:
            raise RuntimeError("espeak-ng does not start")
        self._chunks: list[npt.NDArray[np.int16]] = []
        self._words: list[SpokenWord] = []
        self._callback = _Callback(self._take)  # kept, or ctypes would free it
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: Voice) -> Spoken:
        if self._library.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise LookupError(voice.name)
        self._library.espeak_SetParameter(_RATE, voice.rate, 0)
        self._library.espeak_SetParameter(_PITCH, voice.pitch, 0)
        self._chunks, self._words = [], []
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, _CHARACTERS, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._chunks) if self._chunks else np.zeros(0, np.int16)
        return Spoken(samples, self._rate_hz, tuple(self._words))

    def _take(self, wave: Any, length: int, events: Any) -> int:
        if wave and length > 0:
            self._chunks.append(np.ctypeslib.as_array(wave, (length,)).copy())
        index = 0
        while events[index].kind != _EVENT_LIST_ENDS:
            event = events[index]
            if event.kind == _EVENT_WORD:
                word = SpokenWord(event.text_position - 1, event.audio_position / 1000)
                self._words.append(word)
            index += 1
        return 0
