"""Recognition that goes on while somebody speaks, whatever the model was made for.

Models that listen in pieces do so; those that take whole utterances are given the growing sound
again and again, and are believed by the rules of `kallglot.speech.streaming.votes`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from kallglot.speech.engines import Recogniser, StreamingRecogniser
from kallglot.speech.streaming.agreement import Course, LocalAgreement
from kallglot.speech.streaming.alignatt import AlignAtt
from kallglot.speech.streaming.votes import Policy

__all__ = [
    "AlignAtt",
    "Course",
    "LocalAgreement",
    "Policy",
    "follows_by_itself",
    "listening",
    "load_recogniser",
    "load_streaming",
]

#: What `config.json` calls models of each kind; all others are taken for Whisper's.
_NEMOTRON: Final = frozenset({"nemotron3_5_asr", "nemotron_asr_streaming"})
_MOONSHINE: Final = frozenset({"moonshine", "moonshine_streaming"})


def listening(recogniser: Recogniser) -> StreamingRecogniser:
    """Make a recogniser of whole utterances listen while they are spoken."""
    return LocalAgreement(recogniser)


def follows_by_itself(path_or_id: str, revision: str | None = None) -> bool:
    """Whether a model was made to follow turns while they go on."""
    return _kind(path_or_id, revision) in _NEMOTRON


def load_streaming(
    path_or_id: str, revision: str | None = None, device: str = "cpu"
) -> StreamingRecogniser:
    """Load a model of any kind that is known, by what its `config.json` says that it is."""
    # Torch stays out of processes that recognise nothing.
    if follows_by_itself(path_or_id, revision):
        from kallglot.speech.transformers_nemotron import NemotronRecogniser  # noqa: PLC0415

        return NemotronRecogniser.load(path_or_id, revision, device)
    return listening(load_recogniser(path_or_id, revision, device))


def load_recogniser(
    path_or_id: str, revision: str | None = None, device: str = "cpu"
) -> Recogniser:
    """Load a model that takes whole utterances."""
    if _kind(path_or_id, revision) in _MOONSHINE:
        from kallglot.speech.transformers_moonshine import MoonshineRecogniser  # noqa: PLC0415

        return MoonshineRecogniser.load(path_or_id, revision, device)
    from kallglot.speech.transformers_recogniser import WhisperRecogniser  # noqa: PLC0415

    return WhisperRecogniser.load(path_or_id, revision, device)


def _kind(path_or_id: str, revision: str | None) -> str:
    file = Path(path_or_id) / "config.json"
    if file.is_file():
        values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return str(values.get("model_type", ""))
    from transformers import AutoConfig  # noqa: PLC0415 - for models of the hub's cache only

    place: dict[str, Any] = {"revision": revision} if revision else {}
    return str(AutoConfig.from_pretrained(path_or_id, **place).model_type)
