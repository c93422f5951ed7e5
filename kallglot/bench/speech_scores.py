"""chrF and BLEU, which sacrebleu counts if it is installed."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

__all__ = ["MISSING", "chrf_and_bleu", "is_there"]

MISSING = "chrF and BLEU are left out, since sacrebleu is missing: pip install 'kallglot[bench]'"


def is_there() -> bool:
    """Tell whether sacrebleu is installed."""
    try:
        importlib.import_module("sacrebleu")
    except ImportError:
        return False
    return True


def chrf_and_bleu(found: Sequence[str], wanted: Sequence[str]) -> tuple[float, float]:
    """Return both, from 0 to 100, for translations and a reference for each."""
    sacrebleu = importlib.import_module("sacrebleu")
    references = [list(wanted)]
    chrf = sacrebleu.corpus_chrf(list(found), references).score
    bleu = sacrebleu.corpus_bleu(list(found), references).score
    return float(chrf), float(bleu)
