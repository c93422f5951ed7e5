"""Turns as an evaluation sees them: a source, its translation, and when each unit came out.

A turn is everything somebody says until they let the other one speak.  It is interpreted in
pieces, each of which is an utterance of its own in the transcript.  All times here count from the
beginning of the turn.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence

import attrs

from kallglot.lag.lagging import Emissions
from kallglot.lag.playback import Played
from kallglot.lag.token_delay import Output
from kallglot.lag.units import joined, units
from kallglot.model.transcript import Rendering, Utterance

__all__ = ["Clock", "Interpretation", "Piece", "interpretations"]


class Clock(enum.Enum):
    """By what it is counted when a unit came out.

    `UNAWARE` of computation: how much of the source had been heard.  `AWARE`: that, and how long
    the engines took.  `SPOKEN`: when its sound began, whatever the reason.
    """

    UNAWARE = "unaware"
    AWARE = "aware"
    SPOKEN = "spoken"


@attrs.frozen
class Piece:
    """What became of one utterance of the turn; what was not measured is None."""

    units: tuple[str, ...] = attrs.field(repr=False)
    heard: float | None
    compute: float | None
    played: Played | None

    def came_out(self, clock: Clock) -> float | None:
        """Return when."""
        match clock:
            case Clock.UNAWARE:
                return self.heard
            case Clock.AWARE:
                known = self.heard is not None and self.compute is not None
                return (self.heard or 0.0) + (self.compute or 0.0) if known else None
            case Clock.SPOKEN:
                return None if self.played is None else self.played.start


@attrs.frozen
class Interpretation:
    """One turn in one other language; `duration` is how long the turn was."""

    turn: str
    session_id: str
    speaker: str
    language: str
    source: str = attrs.field(repr=False)
    duration: float
    pieces: tuple[Piece, ...]

    @property
    def name(self) -> str:
        """What it is called among all of a session."""
        return f"{self.turn}-{self.language}"

    @property
    def units(self) -> tuple[str, ...]:
        """The whole translation."""
        return tuple(unit for piece in self.pieces for unit in piece.units)

    def delays(self, clock: Clock) -> tuple[float, ...] | None:
        """Return for each unit when it came out, or None unless that is known of all."""
        delays: list[float] = []
        for piece in self.pieces:
            delay = piece.came_out(clock)
            if delay is None:
                return None
            delays += [delay] * len(piece.units)
        return tuple(delays)

    def emissions(self, clock: Clock, reference: int = 0) -> Emissions | None:
        """Return what the lagging figures are made of, if it is known."""
        delays = self.delays(clock)
        if not delays or self.duration <= 0:
            return None
        return Emissions(delays, self.duration, reference)

    def outputs(self, clock: Clock) -> list[Output] | None:
        """Return what the token delay is made of, if it is known.

        It is sound if all of it was spoken.  Unless what counts is when that really was, each
        piece is taken to be played as soon as it was there and the one before was over.
        """
        is_sound = all(piece.played is not None for piece in self.pieces)
        outputs: list[Output] = []
        end = 0.0
        for piece in self.pieces:
            start, heard = piece.came_out(clock), piece.heard
            if start is None or heard is None:
                return None
            if is_sound and piece.played is not None:
                start = start if clock is Clock.SPOKEN else max(start, end)
                outputs.append(Output(heard, start, piece.played.end - piece.played.start))
                end = start + outputs[-1].duration
            else:
                outputs += [Output(heard, start)] * len(piece.units)
        return outputs

    @property
    def played(self) -> list[Played]:
        """What of it was heard."""
        return [piece.played for piece in self.pieces if piece.played is not None]


def interpretations(utterances: Sequence[Utterance]) -> list[Interpretation]:
    """Return every turn in every language that it was interpreted into, in order."""
    turns: dict[tuple[str, str], list[Utterance]] = {}
    for utterance in sorted(utterances, key=lambda each: (each.start, each.sequence)):
        turns.setdefault((utterance.turn or utterance.id, utterance.speaker), []).append(utterance)
    return [each for (turn, _), said in turns.items() for each in _in_each_language(turn, said)]


def _in_each_language(turn: str, said: Sequence[Utterance]) -> Iterator[Interpretation]:
    begin = said[0].start
    languages = dict.fromkeys(each.language for one in said for each in one.renderings)
    for language in languages:
        rendered = [
            (one, each) for one in said for each in one.renderings if each.language == language
        ]
        pieces = tuple(piece for one, each in rendered if (piece := _piece(one, each, begin)).units)
        if pieces:
            yield Interpretation(
                turn=turn,
                session_id=said[0].session_id,
                speaker=said[0].speaker,
                language=language,
                source=joined([one.text for one in said], said[0].language or ""),
                duration=max(one.end for one in said) - begin,
                pieces=pieces,
            )


def _piece(utterance: Utterance, rendering: Rendering, begin: float) -> Piece:
    heard_at, first, last = utterance.heard_at, rendering.spoken_at, rendering.spoken_until
    return Piece(
        units=tuple(units(rendering.text, rendering.language)),
        heard=None if heard_at is None else max(0.0, heard_at - begin),
        compute=rendering.compute or None,
        played=None if first is None or last is None else Played(first - begin, last - begin),
    )
