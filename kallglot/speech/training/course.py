"""The parts of the training, in their order: sounds, translator, recogniser, measures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import torch

from kallglot.speech.training import corpus, evaluate, recogniser, translator
from kallglot.speech.training.corpus import Kind
from kallglot.speech.training.voices import Espeak

__all__ = ["Plan", "carry_out"]


@attrs.frozen
class Plan:
    """What is trained where, from what seed and for how long, and measured on how much.

    `onward` begins with the models that lie in the target instead of with nothing.
    """

    directory: Path
    target: Path
    seed: int
    translator_minutes: float
    recogniser_minutes: float
    count: int
    onward: bool = False


def carry_out(plan: Plan, parts: Sequence[str], threads: int) -> None:
    """Do the parts; what was done before in the same directory is taken from there."""
    if threads:
        torch.set_num_threads(threads)
    plan.directory.mkdir(parents=True, exist_ok=True)
    for part in parts:
        match part:
            case "sounds":
                _make_sounds(plan.directory / "sounds")
            case "translator":
                translator.train(
                    plan.directory,
                    plan.target / "translator",
                    seed=plan.seed,
                    minutes=plan.translator_minutes,
                    onward=plan.onward,
                )
            case "recogniser":
                recogniser.train(
                    plan.directory,
                    plan.target / "recogniser",
                    seed=plan.seed,
                    minutes=plan.recogniser_minutes,
                    onward=plan.onward,
                )
            case "measures":
                evaluate.calibrate(plan.target, plan.count)
                evaluate.report(plan.target, plan.count)
            case _:
                raise ValueError(part)


def _shards() -> Iterator[tuple[Kind, int, int]]:
    """Kind, number and size of the shards, in the order in which they are made."""
    for number in range(30):
        yield "speech", number, 5000
        if number < 8:
            yield "unknown", number, 5000
        if number < 3:
            yield "part", number, 5000
        if number < 5:
            yield "chain", number, 5000
        if number < 2:
            yield "nothing", number, 4000


def _make_sounds(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    espeak = Espeak()
    for kind, number, size in _shards():
        if corpus.make_shard(directory, kind, number, size, espeak):
            print(f"sounds: {corpus.shard_name(kind, number)}", flush=True)
