"""Utterances by the ten thousand: spoken, sent over a telephone line, and kept as log-mel.

They lie in shards: one file of half-precision frames and one of labels, each made from its own
seed, so that a shard that is already there need not be made again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final, Literal

import attrs
import numpy as np
import numpy.typing as npt

from kallglot.speech.training import grammar, mel, negatives, telephone
from kallglot.speech.training.voices import Espeak, Spoken, Voice, choose_voice

__all__ = ["Corpus", "Kind", "Sound", "Utterance", "make_shard", "shard_name", "sounds"]

Kind = Literal["speech", "part", "chain", "nothing", "unknown"]

#: The longest utterance kept; what is longer would not fit into the window.
_LONGEST: Final = 7.8
#: Seconds between two sentences in one breath, and the share of such that are not at their end.
_RESTS: Final = (0.03, 0.4)
_UNFINISHED: Final = 0.6
#: Of what is trained on, this share drills numbers.
_DRILLS: Final = 0.12


@attrs.frozen
class Sound:
    """An utterance as it comes off the line, and what the recogniser should make of it.

    `text` is empty for what is not speech, and for speech that is to be refused.
    """

    samples: npt.NDArray[np.int16]
    kind: Kind
    language: str
    text: str


@attrs.frozen
class Utterance:
    """Where a sound's frames lie in its shard, and its label."""

    start: int
    frames: int
    kind: Kind
    language: str
    text: str


def sounds(kind: Kind, seed: int, espeak: Espeak, *, held_out: bool = False) -> Iterator[Sound]:
    """Sounds of one kind without end; held out are the sentences and the speakers both."""
    random = Random(f"{kind} {seed} {held_out}")
    while True:
        sound = _sound(kind, random, espeak, held_out=held_out)
        if sound is not None and 0.1 < len(sound.samples) / telephone.RATE_HZ < _LONGEST:
            yield sound


def _sound(kind: Kind, random: Random, espeak: Espeak, *, held_out: bool) -> Sound | None:
    line = telephone.Line(random)
    if kind == "nothing":
        return Sound(negatives.no_speech(random), kind, "", "")
    language = random.choice(grammar.LANGUAGES)
    voice = choose_voice(language, random, held_out=held_out)
    if kind == "unknown":
        speech = negatives.unknown_speech(language, voice, random, espeak)
        return Sound(line.carry(speech), kind, language, "")
    if kind == "chain":
        spoken, text = _several(language, voice, random, espeak, held_out=held_out)
        if random.random() < _UNFINISHED:
            spoken, text = _beginning(spoken, text, random)
        speech = telephone.to_telephone_rate(spoken.samples, spoken.rate_hz)
        return Sound(line.carry(speech), kind, language, text) if text else None
    is_drill = not held_out and random.random() < _DRILLS
    sentence = grammar.drill(random) if is_drill else grammar.sentence(random, held_out=held_out)
    text = sentence.text(language)
    spoken = espeak.speak(text, voice)
    if kind == "part":
        spoken, text = _beginning(spoken, text, random)
    speech = telephone.to_telephone_rate(spoken.samples, spoken.rate_hz)
    if len(speech) < telephone.RATE_HZ // 8:
        return None
    return Sound(line.carry(speech), kind, language, text)


def _several(
    language: str, voice: Voice, random: Random, espeak: Espeak, *, held_out: bool
) -> tuple[Spoken, str]:
    """Two or three sentences in one breath, as they come while somebody goes on speaking."""
    text, words, pieces, length = "", [], [], 0.0
    for _ in range(random.choice((2, 2, 3))):
        sentence = grammar.sentence(random, held_out=held_out).text(language)
        spoken = espeak.speak(sentence, voice)
        offset = len(text) + 1 if text else 0
        words += [
            attrs.evolve(word, at=word.at + length, text_position=word.text_position + offset)
            for word in spoken.words
        ]
        text = f"{text} {sentence}".strip()
        rest = np.zeros(int(random.uniform(*_RESTS) * spoken.rate_hz), spoken.samples.dtype)
        pieces += [spoken.samples, rest]
        length += (len(spoken.samples) + len(rest)) / spoken.rate_hz
    return attrs.evolve(spoken, samples=np.concatenate(pieces[:-1]), words=words), text


def _beginning(spoken: Spoken, text: str, random: Random) -> tuple[Spoken, str]:
    """The utterance up to some moment, as the recogniser meets it while somebody speaks."""
    length = len(spoken.samples) / spoken.rate_hz
    cut = random.uniform(0.3, 0.95) * length
    begun = [word for word in spoken.words if word.at < cut]
    # The last word counts when most of it was heard, which its neighbour's start tells.
    ends = [word.at for word in spoken.words[1:]] + [length]
    if begun and cut < ends[len(begun) - 1] - 0.06:
        begun.pop()
    position = len(text)
    if len(begun) < len(spoken.words):
        position = spoken.words[len(begun)].text_position
    samples = spoken.samples[: int(cut * spoken.rate_hz)]
    return attrs.evolve(spoken, samples=samples), text[:position].strip()


def shard_name(kind: Kind, number: int) -> str:
    return f"{kind}-{number:03d}"


def make_shard(directory: Path, kind: Kind, number: int, size: int, espeak: Espeak) -> bool:
    """Write a shard of `size` utterances; False if it was already there."""
    frames_file = directory / f"{shard_name(kind, number)}.f16"
    labels_file = frames_file.with_suffix(".json")
    if labels_file.exists():
        return False
    labels: list[Utterance] = []
    position = 0
    with frames_file.open("wb") as out:
        for sound in sounds(kind, number, espeak):
            frames = mel.log_mel(sound.samples).T  # frame by frame
            out.write(np.ascontiguousarray(frames).tobytes())
            labels.append(Utterance(position, len(frames), kind, sound.language, sound.text))
            position += len(frames)
            if len(labels) == size:
                break
    # The labels come last and at once: a shard without them counts as not there.
    partial = labels_file.with_suffix(".part")
    partial.write_text(json.dumps([attrs.astuple(label) for label in labels]))
    partial.replace(labels_file)
    return True


class Corpus:
    """All shards that lie in a directory; `reload` finds those that have come since."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._shards: dict[str, npt.NDArray[np.float16]] = {}
        self._utterances: list[tuple[str, Utterance]] = []

    def reload(self) -> bool:
        """True if there is something new."""
        names = sorted(path.stem for path in self._directory.glob("*.json"))
        new = [name for name in names if name not in self._shards]
        for name in new:
            data = np.memmap(self._directory / f"{name}.f16", np.float16, "r")
            self._shards[name] = data.reshape(-1, mel.BANDS)
            rows = json.loads((self._directory / f"{name}.json").read_text())
            self._utterances += [(name, Utterance(*row)) for row in rows]
        return bool(new)

    def __len__(self) -> int:
        return len(self._utterances)

    def label(self, index: int) -> Utterance:
        return self._utterances[index][1]

    def frames(self, index: int) -> npt.NDArray[np.float16]:
        """Frames by bands."""
        name, utterance = self._utterances[index]
        return self._shards[name][utterance.start : utterance.start + utterance.frames]

    def texts(self) -> Sequence[str]:
        return [utterance.text for _, utterance in self._utterances if utterance.text]
