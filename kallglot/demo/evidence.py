"""From a call that was held to what is known of each of its lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from kallglot.audio import files
from kallglot.commands.api import JsonObject
from kallglot.demo.conversation import Exchange, Held
from kallglot.demo.judgement import Course, Evidence
from kallglot.demo.likeness import likeness
from kallglot.demo.story import LANGUAGES
from kallglot.phones.tape import Span, audible

__all__ = ["Matched", "Pronounce", "course_of", "evidence_of", "matched", "translation_of"]

#: How the server's voice says a text in a language: PCM at 8 kHz.
Pronounce = Callable[[str, str], bytes]

_RATE = 8000
#: Seconds around a sound that are looked at with it.
_AROUND = 0.3
#: Seconds of sound more than expected that are taken for something else.
_SURPLUS = 0.8


@attrs.frozen
class Matched:
    """The turns of a transcript that belong to each exchange, and those that belong to none."""

    of: tuple[tuple[JsonObject, ...], ...]
    strangers: tuple[JsonObject, ...]


def matched(exchanges: Sequence[Exchange], turns: Sequence[JsonObject]) -> Matched:
    """Find out which turns an exchange became: those of its speaker while it was said."""
    found: list[list[JsonObject]] = [[] for _ in exchanges]
    strangers: list[JsonObject] = []
    for turn in turns:
        at = Span(turn["start_time"], turn["end_time"])
        overlaps = [
            min(at.until, exchange.said.until) - max(at.since, exchange.said.since)
            if exchange.line.speaker == turn["speaker"]
            else -1.0
            for exchange in exchanges
        ]
        best = max(range(len(overlaps)), key=overlaps.__getitem__, default=None)
        if best is None or overlaps[best] <= 0:
            strangers.append(turn)
        else:
            found[best].append(turn)
    return Matched(tuple(map(tuple, found)), tuple(strangers))


def evidence_of(
    held: Held, turns: Matched, heard_tracks: Mapping[str, Path], pronounce: Pronounce
) -> list[Evidence]:
    """Return what is known of each line; `heard_tracks` are recordings by listener."""
    tracks = {who: files.load(path, _RATE).tobytes() for who, path in heard_tracks.items()}
    return [
        _evidence(exchange, became, held, tracks, pronounce)
        for exchange, became in zip(held.exchanges, turns.of, strict=True)
    ]


def _evidence(
    exchange: Exchange,
    became: Sequence[JsonObject],
    held: Held,
    tracks: Mapping[str, bytes],
    pronounce: Pronounce,
) -> Evidence:
    line = exchange.line
    language = LANGUAGES[line.listener]
    parts = [part for part in map(translation_of, became) if part]
    translated = " ".join(parts)
    as_said = as_claimed = as_expected = as_recorded = 0.0
    if exchange.hearing is not None and not parts:
        sound = held.sound(line.listener, _wider(exchange.hearing))
        as_said = likeness(held.voice(line.speaker, exchange.said), sound, _RATE)
    if exchange.hearing is not None and parts:
        wider = _wider(exchange.hearing)
        sound, recorded = held.sound(line.listener, wider), _cut(tracks[line.listener], wider)
        spoken = [pronounce(part, language) for part in parts]
        as_claimed = min(likeness(part, sound, _RATE) for part in spoken)
        as_recorded = min(likeness(part, recorded, _RATE) for part in spoken)
        as_expected = as_claimed
        if len(parts) == 1:
            as_expected = likeness(pronounce(line.translation, language), sound, _RATE)
    return Evidence(
        line=line,
        recognised=" ".join(turn["text"] for turn in became),
        translated=translated,
        as_claimed=as_claimed,
        as_expected=as_expected,
        as_recorded=as_recorded,
        lag=exchange.lag,
        ahead=exchange.ahead,
        as_said=as_said,
    )


def course_of(held: Held, turns: Matched, pronounce: Pronounce) -> Course:
    """Return how the call went, besides what was said."""
    legs = [leg for leg in held.session["legs"] if leg["participant"] == "customer"]
    return Course(
        noises=(*_noises(held), *_surpluses(held, turns, pronounce)),
        strangers=tuple(
            f"the transcript has {turn['text']!r} by the {turn['speaker']},"
            f" which nobody said at {turn['start_time']:.1f} s"
            for turn in turns.strangers
        ),
        complaints=tuple(
            f"the {who}'s carrier complains: {complaint}"
            for who, phone in held.phones.items()
            for complaint in dict.fromkeys(phone.handset.complaints)
        ),
        wait=held.wait,
        came_back=len(legs) == 2 and len({leg.get("call_sid") for leg in legs}) == 1,
        status=held.session["status"],
    )


def _noises(held: Held) -> list[str]:
    """Say what was heard while nothing was to be heard."""
    noises: list[str] = []
    for who in held.phones:
        hearings = [e.hearing for e in held.exchanges if e.line.listener == who and e.hearing]
        noises += [
            f"the {who} heard something at {span.since:.1f} s, for {span.length:.1f} s, that"
            " belongs to no line"
            for span in held.audible(who)
            if not any(span.overlaps(hearing) for hearing in hearings)
        ]
    return noises


def _surpluses(held: Held, turns: Matched, pronounce: Pronounce) -> list[str]:
    """Say where more was heard than the translation."""
    surpluses: list[str] = []
    for exchange, became in zip(held.exchanges, turns.of, strict=True):
        language = LANGUAGES[exchange.line.listener]
        spoken = [pronounce(part, language) for part in map(translation_of, became) if part]
        as_said = [turn for turn in became if not translation_of(turn)]
        expected = sum(_length(pcm) for pcm in spoken)
        expected += sum(turn["end_time"] - turn["start_time"] + _AROUND for turn in as_said)
        surplus = sum(span.length for span in exchange.heard) - expected
        if spoken and surplus > _SURPLUS:
            surpluses.append(
                f"the {exchange.line.listener} heard {surplus:.1f} s more than"
                f" {exchange.line.translation!r}"
            )
    return surpluses


def _length(pcm: bytes) -> float:
    return sum(span.length for span in audible(np.frombuffer(pcm, np.int16), _RATE))


def translation_of(turn: Mapping[str, Any]) -> str:
    """Return what a turn was translated to, or nothing."""
    translation = turn.get("translation")
    return "" if translation is None else str(translation["text"])


def _wider(span: Span) -> Span:
    return Span(span.since - _AROUND, span.until + _AROUND)


def _cut(pcm: bytes, span: Span) -> bytes:
    first, last = (2 * max(0, round(at * _RATE)) for at in (span.since, span.until))
    return pcm[first:last]
