"""Which engines can run the catalogue's models here.  Pure but for one look for a module.

An entry of the catalogue names its engine; one that is not in this table is known and cannot be
used yet, and is never recommended.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any, Final

import attrs

from kallglot.errors import ModelMissing

__all__ = ["ENGINES", "Engine", "engine_class", "is_there"]


@attrs.frozen
class Engine:
    """A class of `kallglot.speech`, and the data type that it computes in on a CPU."""

    module: str
    name: str
    cpu: str = "float32"
    runs_on_gpu: bool = True


ENGINES: Final = {
    "nemotron": Engine("kallglot.speech.transformers_nemotron", "NemotronRecogniser"),
    "moonshine-streaming": Engine("kallglot.speech.transformers_moonshine", "MoonshineRecogniser"),
    "whisper": Engine("kallglot.speech.transformers_recogniser", "WhisperRecogniser"),
    "marian": Engine("kallglot.speech.transformers_translator", "MarianTranslator"),
    "vits": Engine("kallglot.speech.transformers_synthesiser", "VitsSynthesiser"),
    "espeak-ng": Engine("kallglot.speech.espeak", "EspeakSynthesiser", runs_on_gpu=False),
    "silero": Engine("kallglot.speech.silero", "SileroVoiceActivity", runs_on_gpu=False),
}


def is_there(engine: str) -> bool:
    """Whether this installation can serve calls with it."""
    found = ENGINES.get(engine)
    return found is not None and importlib.util.find_spec(found.module) is not None


def engine_class(engine: str) -> Any:
    """Return the class; raises `ModelMissing` where it cannot be had."""
    found = ENGINES.get(engine)
    if found is None:
        raise ModelMissing(f"this version of Kallglot has no engine for {engine} models yet")
    try:
        return getattr(importlib.import_module(found.module), found.name)
    except ImportError as error:
        raise ModelMissing(
            f"{error.name} is not installed: `pip install 'kallglot[speech]'`"
        ) from error
