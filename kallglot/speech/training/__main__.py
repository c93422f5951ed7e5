"""The command line: `scripts/train-demo-models`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from kallglot.speech.training import grammar

__all__: list[str] = []

_DEMO: Final = Path(__file__).parent.parent / "demo"
_PARTS: Final = ("sounds", "translator", "recogniser", "measures")
_EPILOG: Final = """\
examples:
  train-demo-models --sample 5 --held-out --seed 3
      five sentence pairs the models were never trained on, German and English by a tab
  train-demo-models
      all of it: 213 000 utterances are synthesised (20 minutes on one core, 6 GB on disk),
      then the translator is trained and then the recogniser, and both are evaluated
  train-demo-models --minutes 30 120
      half an hour for the translator, two hours for the recogniser
  train-demo-models --resume /var/tmp/kallglot
      keep sounds and checkpoints there; run again, it goes on where it was stopped, and with
      more minutes than before it goes on learning
  train-demo-models --onward --minutes 10 45
      teach the models of the package for so much longer
  train-demo-models --evaluate
      measure the models as they lie in the package

Training needs the speech extra: torch, transformers and espeakng-loader.
"""


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="train-demo-models",
        description="Train the demonstration recogniser and translator from nothing.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--sample", type=int, metavar="N", help="print N sentence pairs and do nothing else")
    add("--held-out", action="store_true", help="sample only sentences kept out of training")
    add("--seed", type=int, default=1, help="for the sentences, the voices and the training")
    add(
        "--minutes",
        type=float,
        nargs=2,
        default=(30.0, 120.0),
        metavar=("TRANSLATOR", "RECOGNISER"),
        help="how long to train, in all runs together (default: 30 120)",
    )
    add(
        "--resume",
        type=Path,
        default=Path("build/training"),
        metavar="DIRECTORY",
        help="where sounds and checkpoints are kept and found again (default: build/training)",
    )
    add(
        "--onward",
        action="store_true",
        help="begin with the models as they lie in the package, not with nothing",
    )
    add("--threads", type=int, default=0, help="for torch (default: one for each core)")
    add("--only", choices=_PARTS, help="do only this part")
    add("--evaluate", action="store_true", help="measure the models and do nothing else")
    add("--count", type=int, default=400, metavar="N", help="utterances to measure with")
    return parser.parse_args(words)


def _sample(count: int, seed: int, *, held_out: bool) -> None:
    for sentence in islice(grammar.sentences(seed, held_out=held_out), count):
        print(sentence.german, sentence.english, sep="\t")


def main(words: Sequence[str]) -> None:
    arguments = _arguments(words)
    if arguments.sample is not None:
        _sample(arguments.sample, arguments.seed, held_out=arguments.held_out)
        return
    from kallglot.speech.training import course  # noqa: PLC0415 - has torch, which takes seconds

    plan = course.Plan(
        directory=arguments.resume,
        target=_DEMO,
        seed=arguments.seed,
        translator_minutes=arguments.minutes[0],
        recogniser_minutes=arguments.minutes[1],
        count=arguments.count,
        onward=arguments.onward,
    )
    only = "measures" if arguments.evaluate else arguments.only
    course.carry_out(plan, (only,) if only else _PARTS, arguments.threads)


if __name__ == "__main__":
    main(sys.argv[1:])
