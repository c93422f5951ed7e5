"""Which models are used, where they are, and how they are loaded.

A model is named in the settings as `demo`, which is part of Kallglot; as a directory; or as
`owner/name@revision` on the Hugging Face hub, from where it is fetched once.  The revision is
asked for because a model that changes behind one's back is not the one that was tried.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs

from kallglot.errors import ModelMissing, SettingsError
from kallglot.speech.engines import (
    Recogniser,
    SpeechRequest,
    Synthesiser,
    TextRequest,
    Translator,
    VoiceActivity,
    VoiceRequest,
)
from kallglot.speech.espeak import EspeakSynthesiser
from kallglot.speech.interpreters import together
from kallglot.speech.silero import SileroVoiceActivity

__all__ = ["Mind", "SpeechSettings", "fetch", "find", "load_ear", "load_mind"]

DEMO = Path(__file__).parent / "demo"
#: Everything a model is made of, except for copies of its weights in formats we do not read.
WANTED = ["*.json", "*.txt", "*.model", "*.spm", "*.safetensors"]
OLD_WEIGHTS = ["pytorch_model*.bin"]

_HUB = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w.-]+))?")

Progress = Callable[[str], None]
#: A directory, and the revision that it holds where that is known.
Place = tuple[str, str | None]


def _threads() -> int:
    return max(1, (os.cpu_count() or 2) - 1)


@attrs.frozen
class SpeechSettings:
    """What the operator chooses.

    `translator` may name several models, separated by commas, one for each pair of languages.
    `rows` is how many requests go through a model together.
    """

    recogniser: str = "demo"
    translator: str = "demo"
    synthesiser: str = "espeak-ng"
    device: str = "cpu"
    threads: int = attrs.field(factory=_threads)
    rows: int = 8


@attrs.frozen
class Mind:
    """What understands and speaks: the engines of one host."""

    recogniser: Recogniser
    translator: Translator
    synthesiser: Synthesiser


@attrs.frozen
class HubModel:
    """A model on the hub, at one of its revisions."""

    id: str
    revision: str


def find(choice: str, role: str) -> Path | HubModel:
    """Return where a chosen model is; raises `SettingsError` or `ModelMissing`."""
    if choice == "demo":
        return _folder(DEMO / role, f"the demonstration {role} is not part of this installation")
    path = Path(choice).expanduser()
    if path.is_absolute() or choice.startswith(".") or path.is_dir():
        return _folder(path, f"there is no model in {path}, which is set as speech.{role}")
    match = _HUB.fullmatch(choice)
    if match is None:
        raise SettingsError(
            f"speech.{role} is {choice!r}; it may be 'demo', a directory or 'owner/name@revision'"
        )
    if match["revision"] is None:
        raise SettingsError(
            f"speech.{role} needs a revision: {choice}@COMMIT, so that it never changes unseen"
        )
    return HubModel(match["id"], match["revision"])


def _folder(path: Path, complaint: str) -> Path:
    if not (path / "config.json").is_file():
        raise ModelMissing(
            f"{complaint}; choose another directory, or a model of the hub as owner/name@revision"
        )
    return path


def from_hub(id: str, **options: Any) -> str:  # noqa: A002 - as the hub calls it
    """Download a model with the hub's own progress bar, and return its directory."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - slow to import, rarely used

    path: str = snapshot_download(id, **options)
    return path


def fetch(model: HubModel, progress: Progress, download: Callable[..., str] = from_hub) -> Path:
    """Return the model's directory, from the cache or else from the hub."""

    def get(patterns: list[str], **options: Any) -> Path:
        return Path(download(model.id, revision=model.revision, allow_patterns=patterns, **options))

    try:
        path = get(WANTED, local_files_only=True)
        if _has_weights(path):
            return path
    except OSError:
        pass  # not in the cache, or not all of it
    progress(f"fetching {model.id} at {model.revision}")
    try:
        path = get(WANTED)
        if not _has_weights(path):
            path = get(WANTED + OLD_WEIGHTS)
    except (OSError, ValueError) as error:
        raise ModelMissing(
            f"{model.id} at {model.revision} is not on this machine and could not be fetched"
            f" ({type(error).__name__}).  If this machine may not reach the hub, run"
            f" `hf download {model.id} --revision {model.revision} --local-dir DIRECTORY`"
            " on one that may, copy the directory here, and name it in the settings"
        ) from error
    return path


def _has_weights(path: Path) -> bool:
    return any(path.glob("*.safetensors")) or any(path.glob("pytorch_model*.bin"))


def _locate(choice: str, role: str, progress: Progress) -> Place:
    """Return directory and revision of a chosen model."""
    place = find(choice, role)
    if isinstance(place, HubModel):
        return str(fetch(place, progress)), place.revision
    return str(place), None


def load_ear(_settings: SpeechSettings, progress: Progress) -> VoiceActivity:
    progress("loading voice activity")
    return SileroVoiceActivity.load()


def load_mind(settings: SpeechSettings, progress: Progress) -> Mind:
    """Load what the settings name; raises `ModelMissing` with a remedy."""
    if settings.synthesiser not in {"demo", "espeak-ng"}:
        raise SettingsError("speech.synthesiser may be 'espeak-ng'; others are not offered yet")
    synthesiser = EspeakSynthesiser.load()
    recogniser = _locate(settings.recogniser, "recogniser", progress)
    translators = [
        _locate(choice.strip(), "translator", progress) for choice in settings.translator.split(",")
    ]
    mind = _load_by_transformers(recogniser, translators, synthesiser, settings.device, progress)
    progress("warming up")
    _warm_up(mind)
    return mind


def _load_by_transformers(
    recogniser: Place,
    translators: Sequence[Place],
    synthesiser: Synthesiser,
    device: str,
    progress: Progress,
) -> Mind:
    progress("loading transformers")
    try:
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415 - keep it out

        from kallglot.speech.transformers_recogniser import WhisperRecogniser  # noqa: PLC0415
        from kallglot.speech.transformers_translator import MarianTranslator  # noqa: PLC0415
    except ImportError as error:
        raise ModelMissing(
            f"{error.name} is not installed: `pip install 'kallglot[speech]'`"
        ) from error
    disable_progress_bar()
    progress("loading the recogniser")
    ears = WhisperRecogniser.load(*recogniser, device)
    tongues = []
    for place in translators:
        progress("loading a translator")
        tongues.append(MarianTranslator.load(*place, device))
    return Mind(ears, together(tongues), synthesiser)


def _warm_up(mind: Mind) -> None:
    """Let everything that is done only once be done before the first call."""
    language = next(iter(mind.recogniser.card.languages), None)
    mind.recogniser.recognise([VoiceRequest(bytes(16000), 8000, language)])
    for source, target in sorted(mind.translator.pairs())[:1]:
        mind.translator.translate([TextRequest("1 2 3", source, target)])
    for language in mind.recogniser.card.languages[:2]:
        if mind.synthesiser.voices(language):
            for _ in mind.synthesiser.synthesise(
                SpeechRequest("1 2 3", language, 8000), lambda: False
            ):
                pass
