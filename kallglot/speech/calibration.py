"""What a model's directory may say of it beyond what transformers keeps there: `kallglot.json`.

Stock models have no such file, and get what is right for most.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import attrs

from kallglot.speech.engines import EngineCard

__all__ = ["FILE_NAME", "Calibration", "Evidence", "read"]

FILE_NAME: Final = "kallglot.json"


@attrs.frozen
class Evidence:
    """How a model came to its text: what it is believed by, or not.

    All are probabilities.  `confidence` is the mean over the tokens, `weakest` the least of them,
    `refusal` that of the token that says "this I do not know", where the text would begin.
    """

    text: str = attrs.field(repr=False)
    confidence: float
    weakest: float
    refusal: float


@attrs.frozen
class Calibration:
    """The thresholds above or below which a model is not to be believed.

    `refusal` is the largest probability, at the first token of the text, of the token that says
    that the input is outside what the model knows; None for models that were not taught one.
    `confidence` is the smallest mean, and `weakest` the smallest single probability of a token;
    in a model that was taught to refuse, confidence counts the chance of a refusal against it.
    `no_speech` is the largest probability of there being no speech, and `clipping` the largest
    share of a sound that may be cut off at its top: a model that has never heard an overdriven
    voice is sure of the wrong words.  A model with an elastic window was trained on sounds of any
    length, and need not have them padded to the window.  One that is promptable may be told before
    it listens which words are likely.  A model that begins its texts with a space is told what is
    known of a text that way.
    A translator that uses context reads what was said before, an end token, and the sentence,
    and writes the sentence alone.
    """

    name: str = ""
    languages: tuple[str, ...] = ()
    revision: str = ""
    licence: str = ""
    notice: str = ""
    no_speech: float = 0.6
    refusal: float | None = None
    confidence: float = 0.35
    weakest: float = 0.0
    clipping: float = 1.0
    is_window_elastic: bool = False
    is_promptable: bool = True
    begins_with_space: bool = True
    uses_context: bool = False

    def card(self, path_or_id: str, languages: tuple[str, ...], revision: str | None) -> EngineCard:
        """The model's card; the arguments are for what the file does not say."""
        path = Path(path_or_id)
        return EngineCard(
            name=self.name or (path.name if path.is_dir() else path_or_id),
            languages=self.languages or languages,
            revision=self.revision or revision or "",
            licence=self.licence,
            notice=self.notice,
        )

    def confidence_in(self, evidence: Evidence) -> float:
        """How far the text can be trusted, by its tokens and by the chance of a refusal."""
        if self.refusal is None:
            return evidence.confidence
        return evidence.confidence * (1.0 - evidence.refusal)

    def believes(self, evidence: Evidence) -> bool:
        is_refused = self.refusal is not None and evidence.refusal > self.refusal
        return (
            not is_refused
            and self.confidence_in(evidence) >= self.confidence
            and evidence.weakest >= self.weakest
        )


def read(path_or_id: str) -> Calibration:
    """The calibration of a model, the defaults if there is none or if it is on the hub."""
    file = Path(path_or_id) / FILE_NAME
    if not file.is_file():
        return Calibration()
    values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    values["languages"] = tuple(values.get("languages", ()))
    # What stock models have all learnt, others must say that they have.
    return Calibration(**{"is_promptable": False} | values)
