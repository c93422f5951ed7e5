"""Which models are used, where they are, and how they are loaded.

A model is named in the settings as `demo`, which is part of Kallglot; by the name under which
`kallglot models pull` got it, where `*` stands for every model that is there; as a directory; or
as `owner/name@revision` on the Hugging Face hub, from where it is fetched once.  The revision is
asked for because a model that changes behind one's back is not the one that was tried; for what
was pulled, `models.lock` knows it.

What has no model to speak it is spoken by espeak-ng, which is also the `demo` of speaking.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from kallglot.errors import EngineError, ModelMissing, SettingsError
from kallglot.speech import interpreters, synthesisers
from kallglot.speech.careful import Careful
from kallglot.speech.engines import (
    Recogniser,
    SpeechRequest,
    StreamingRecogniser,
    Synthesiser,
    TextRequest,
    Translator,
    VoiceActivity,
    VoiceRequest,
)
from kallglot.speech.espeak import EspeakSynthesiser
from kallglot.speech.hub import HubModel, Progress, fetch
from kallglot.speech.models import entries, profiles
from kallglot.speech.models.engines import is_there
from kallglot.speech.models.shelf import Shelf, State, faults_in
from kallglot.speech.silero import SileroVoiceActivity
from kallglot.speech.streaming import listening
from kallglot.speech.wholes import Ears, load_ears

__all__ = ["Mind", "SpeechSettings", "expand", "find", "load_ear", "load_mind", "models", "settle"]

logger = logging.getLogger(__name__)

DEMO = Path(__file__).parent / "demo"
#: Names of what speaks without a model.
ESPEAK = frozenset({"demo", "espeak-ng"})
#: What more may be chosen than models.
ALSO = {"synthesiser": ", or 'espeak-ng'"}

_HUB = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w.-]+))?")

#: A directory, and the revision that it holds where that is known.
Place = tuple[str, str | None]


def _threads() -> int:
    return max(1, (os.cpu_count() or 2) - 1)


@attrs.frozen
class SpeechSettings:
    """What the operator chooses.

    `translator` may name several models, separated by commas, one for each pair of languages, and
    `synthesiser` one for each language; the other languages are spoken by espeak-ng.
    `rows` is how many requests go through a model together.
    """

    recogniser: str = "demo"
    translator: str = "demo"
    synthesiser: str = "espeak-ng"
    device: str = "cpu"
    threads: int = attrs.field(factory=_threads)
    rows: int = 16


@attrs.frozen
class Mind:
    """What understands and speaks: the engines of one host.

    `transcriber` follows turns while they go on; it is often the recogniser in another dress.
    """

    recogniser: Recogniser
    translator: Translator
    synthesiser: Synthesiser
    transcriber: StreamingRecogniser = attrs.field(
        default=attrs.Factory(lambda mind: listening(mind.recogniser), takes_self=True)
    )


def find(choice: str, role: str, folder: Path | None = None) -> Path | HubModel:
    """Return where a chosen model is; `folder` is where pulled ones lie.

    Raises:
        SettingsError: that is no choice.
        ModelMissing: the model is not there; the message says how to get it.
    """
    if choice == "demo":
        return _folder(DEMO / role, f"the demonstration {role} is not part of this installation")
    if folder is not None and _is_of_shelf(choice):
        return _on_shelf(choice, role, Shelf(folder))
    path = Path(choice).expanduser()
    if path.is_absolute() or choice.startswith(".") or path.is_dir():
        return _folder(path, f"there is no model in {path}, which is set as speech.{role}")
    match = _HUB.fullmatch(choice)
    if match is None:
        raise SettingsError(
            f"speech.{role} is {choice!r}; it may be 'demo', a directory or 'owner/name@revision'"
            f"{ALSO.get(role, '')}, or a model of `kallglot models list`"
        )
    if match["revision"] is None:
        raise SettingsError(
            f"speech.{role} needs a revision: {choice}@COMMIT, so that it never changes unseen"
        )
    return HubModel(match["id"], match["revision"])


def expand(choice: str, role: str, folder: Path) -> list[str]:
    """Return the models that a setting names, those of its role that are there for a `*`."""
    known = entries.catalogue()
    names: list[str] = []
    for name in map(str.strip, choice.split(",")):
        found = Shelf(folder).installed(name) if _is_pattern(name) else []
        own = [each for each in found if known.pulls(each) and known.find(each).role.value == role]
        names += own or ([name] if name else [])
    return names


def settle(choices: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the choices, by role, with places instead of the names of pulled models.

    Raises:
        SettingsError: a choice is none.
        ModelMissing: models must be pulled first; the message has the command for all of them.
    """
    named = {role: expand(choice, role, folder) for role, choice in choices.items()}
    missing = [
        each
        for names in named.values()
        for name in names
        if _is_of_shelf(name)
        for each in profiles.EXAMPLES.get(name, (name,))
        if Shelf(folder).state(each) is not State.INSTALLED
    ]
    if missing:
        is_example = any(_is_pattern(name) for names in named.values() for name in names)
        others = ", or the pairs of languages that you need" if is_example else ""
        raise ModelMissing(
            f"the settings name models that are not in {folder}:"
            f" `kallglot models pull {' '.join(dict.fromkeys(missing))}`{others}"
        )
    return {
        role: ",".join(_settled(name, role, folder) for name in names)
        for role, names in named.items()
    }


def _settled(name: str, role: str, folder: Path) -> str:
    return str(find(name, role, folder)) if _is_of_shelf(name) else name


def _is_of_shelf(name: str) -> bool:
    """Whether a choice names what is pulled; a directory that is called so comes first."""
    is_named = _is_pattern(name) or entries.catalogue().pulls(name)
    return is_named and not Path(name).is_dir()


def _is_pattern(name: str) -> bool:
    return "*" in name and "/" not in name


def _on_shelf(name: str, role: str, shelf: Shelf) -> Path:
    if not _is_pattern(name):
        entry = entries.catalogue().find(name)
        if entry.role.value != role:
            raise SettingsError(f"speech.{role} is {name}, which is a {entry.role.value}")
        if not is_there(entry.engine):
            raise ModelMissing(
                f"speech.{role} is {name}, for which this version of Kallglot has no engine yet;"
                " `kallglot models recommend` names others"
            )
    if shelf.state(name) is not State.INSTALLED:
        names = " ".join(profiles.EXAMPLES.get(name, (name,)))
        raise ModelMissing(
            f"speech.{role} is {name}, which is not in {shelf.folder}:"
            f" `kallglot models pull {names}`"
        )
    return shelf.place(name)


def _folder(path: Path, complaint: str) -> Path:
    if not (path / "config.json").is_file():
        raise ModelMissing(
            f"{complaint}; choose another directory, or a model of the hub as owner/name@revision"
        )
    return path


def _locate(choice: str, role: str, progress: Progress) -> Place:
    """Return directory and revision of a chosen model that can be loaded."""
    place = find(choice, role)
    if isinstance(place, HubModel):
        return str(_whole(fetch(place, progress), role)), place.revision
    return str(_whole(place, role)), None


def _whole(path: Path, role: str) -> Path:
    """Return the model if it does not show that it is half there, or damaged."""
    for fault in faults_in(path):
        raise ModelMissing(
            f"the {role} in {path} cannot be loaded: {fault}; `kallglot models verify {path.name}`"
            f" looks closer at what was pulled, and `kallglot models pull {path.name}` mends it;"
            " what was copied here must be copied again"
        )
    return path


def load_ear(_settings: SpeechSettings, progress: Progress) -> VoiceActivity:
    progress("loading voice activity")
    return SileroVoiceActivity.load()


def models(choice: str) -> list[str]:
    """Return the models that a setting names; espeak-ng is none."""
    names = (name.strip() for name in choice.split(","))
    return [name for name in names if name and name not in ESPEAK]


def load_mind(settings: SpeechSettings, progress: Progress) -> Mind:
    """Load what the settings name; raises `ModelMissing` with a remedy."""
    speakers = models(settings.synthesiser)
    espeak = _espeak(is_needed=not speakers)
    recogniser = _locate(settings.recogniser, "recogniser", progress)
    translators = [
        _locate(choice.strip(), "translator", progress) for choice in settings.translator.split(",")
    ]
    voices = [_locate(choice, "synthesiser", progress) for choice in speakers]
    ears, tongue = _load_by_transformers(recogniser, translators, settings.device, progress)
    own = _load_voices(voices, settings.device, progress)
    speaking = synthesisers.together([*own, *espeak])
    mind = Mind(ears.recogniser, tongue, speaking, ears.transcriber)
    if own:
        _warn_of_other_voices(mind, own)
    progress("warming up")
    _warm_up(mind)
    return mind


def _espeak(*, is_needed: bool) -> list[Synthesiser]:
    """espeak-ng, unless models speak and it is not on this machine."""
    try:
        return [EspeakSynthesiser.load()]
    except ModelMissing as error:
        if is_needed:
            raise
        logger.warning("only the models of speech.synthesiser can speak: %s", error)
        return []


def _load_by_transformers(
    recogniser: Place, translators: Sequence[Place], device: str, progress: Progress
) -> tuple[Ears, Translator]:
    progress("loading transformers")
    try:
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415 - keep it out

        from kallglot.speech.transformers_translator import MarianTranslator  # noqa: PLC0415
    except ImportError as error:
        raise ModelMissing(
            f"{error.name} is not installed: `pip install 'kallglot[speech]'`"
        ) from error
    disable_progress_bar()
    progress("loading the recogniser")
    ears = load_ears(*recogniser, device)
    tongues = []
    for place in translators:
        progress("loading a translator")
        tongues.append(MarianTranslator.load(*place, device))
    return ears, Careful(interpreters.together(tongues))


def _load_voices(places: Sequence[Place], device: str, progress: Progress) -> list[Synthesiser]:
    if not places:
        return []
    from kallglot.speech.transformers_synthesiser import VitsSynthesiser  # noqa: PLC0415 - torch

    voices: list[Synthesiser] = []
    for place in places:
        progress("loading a voice")
        voices.append(VitsSynthesiser.load(*place, device))
    return voices


def _warn_of_other_voices(mind: Mind, own: Sequence[Synthesiser]) -> None:
    """Say which of the languages that are translated into no chosen model speaks."""
    targets = {target for _, target in mind.translator.pairs()}
    for language in sorted(targets):
        if any(voice.voices(language) for voice in own):
            continue
        other = "espeak-ng does" if mind.synthesiser.voices(language) else "it stays unspoken"
        logger.warning("no model of speech.synthesiser speaks %s: %s", language, other)


def _warm_up(mind: Mind) -> None:
    """Let everything that is done only once be done before the first call."""
    language = next(iter(mind.recogniser.card.languages), None)
    mind.recogniser.recognise([VoiceRequest(bytes(16000), 8000, language)])
    for source, target in sorted(mind.translator.pairs())[:1]:
        mind.translator.translate([TextRequest("1 2 3", source, target)])
    for language in mind.recogniser.card.languages[:2]:
        # Models have warmed up by themselves; one without digits refuses to say these.
        with contextlib.suppress(EngineError):
            for _ in mind.synthesiser.synthesise(
                SpeechRequest("1 2 3", language, 8000), lambda: False
            ):
                pass
