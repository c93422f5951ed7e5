"""VITS models, such as those of MMS, from a directory or the hub, as an engine.

A model speaks one language.  It makes the sound of a clause in one go, so a sentence is cut into
clauses: the first is heard while the next are made, and nobody need hear the rest of them.

What most of these models lack are digits.  They would leave them out and say "at o'clock", so a
sentence with something in it for which there is no sound is refused as a whole.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedConfig, VitsModel, VitsTokenizer

from kallglot.audio.resample import RATES, Resampler
from kallglot.errors import EngineError, ModelMissing
from kallglot.speech import calibration
from kallglot.speech.clauses import Clause, clauses
from kallglot.speech.engines import Chunk, EngineCard, SpeechRequest
from kallglot.speech.espeak import KNEE, LEVEL_DB
from kallglot.speech.hub import name_of

__all__ = ["VitsSynthesiser"]

logger = logging.getLogger(__name__)

_Sound = npt.NDArray[np.float32]
_Spell = Callable[[str], str]

#: Models name languages by three letters, and we by two where there are two.
_CODES: Final = (
    "afr:af amh:am ara:ar arb:ar asm:as aze:az azj:az bak:ba bel:be ben:bn bod:bo bos:bs bre:br"
    " bul:bg cat:ca ces:cs cmn:zh cym:cy dan:da deu:de ekk:et ell:el eng:en epo:eo est:et"
    " eus:eu fao:fo fas:fa fin:fi fra:fr gle:ga glg:gl guj:gu hat:ht hau:ha heb:he hin:hi"
    " hrv:hr hun:hu hye:hy ibo:ig ind:id isl:is ita:it jav:jv jpn:ja kan:kn kat:ka kaz:kk"
    " khk:mn khm:km kin:rw kir:ky kmr:ku kor:ko lao:lo lat:la lav:lv lin:ln lit:lt ltz:lb"
    " lug:lg mal:ml mar:mr mkd:mk mlg:mg mlt:mt mon:mn mri:mi msa:ms mya:my nep:ne nld:nl"
    " nno:nn nob:nb nor:no npi:ne nya:ny oci:oc ori:or ory:or pan:pa pes:fa pol:pl por:pt"
    " pus:ps ron:ro rus:ru sin:si slk:sk slv:sl sna:sn snd:sd som:so spa:es sqi:sq srp:sr"
    " sun:su swa:sw swe:sv swh:sw tam:ta tat:tt tel:te tgk:tg tgl:tl tha:th tir:ti tsn:tn"
    " tuk:tk tur:tr uig:ug ukr:uk urd:ur uzb:uz vie:vi wol:wo xho:xh ydd:yi yor:yo zho:zh"
    " zlm:ms zul:zu"
)
_TWO_LETTERS: Final = dict(pair.split(":") for pair in _CODES.split())
#: `facebook/mms-tts-deu`
_MMS: Final = re.compile(r"mms-tts-([a-z]{3})(?:-script_\w+)?$")
_LICENCE: Final = re.compile(r"^licen[sc]e:\s*[\"']?([\w.+-]+)", re.MULTILINE)
#: A speaker, a rate, or both: `17`, `@0.9`, `17@0.9`.
_VOICE: Final = re.compile(r"(\d*)(?:@(\d+(?:\.\d+)?))?")
_SLOWEST, _FASTEST = 0.5, 2.0
#: By how much a quiet model is made louder at most.
_MOST_GAIN: Final = 10.0


class VitsSynthesiser:
    """Text in, speech out, through transformers.

    `spell` writes a text in the letters of the model, where these are not those of the language.
    """

    def __init__(
        self, model: Any, tokenizer: Any, card: EngineCard, spell: _Spell | None = None
    ) -> None:
        self.card = card
        self._model = model
        self._tokenizer = tokenizer
        self._spell = spell
        self._rate_hz: int = model.config.sampling_rate
        self._letters: frozenset[str] = frozenset(tokenizer.encoder)

    @classmethod
    def load(
        cls, path_or_id: str, revision: str | None = None, device: str = "cpu"
    ) -> VitsSynthesiser:
        """Load from a directory, or by its name from the hub or from what was fetched before.

        Raises:
            ModelMissing: this is not a VITS model, or something it needs is not installed.
        """
        place: dict[str, Any] = {"revision": revision} if revision else {}
        try:
            kind = PreTrainedConfig.get_config_dict(path_or_id, **place)[0].get("model_type")
            if kind != "vits":
                raise ModelMissing(
                    f"{path_or_id} is a model of the kind {kind}, which cannot speak here:"
                    " speech.synthesiser takes VITS models, such as those of MMS"
                )
            # Half precision would save little and cannot count the samples of a long clause.
            model: Any = VitsModel.from_pretrained(path_or_id, dtype=torch.float32, **place)
            tokenizer: Any = VitsTokenizer.from_pretrained(path_or_id, **place)
        except (OSError, ValueError, TypeError) as error:
            raise ModelMissing(
                f"{path_or_id} is not the whole of a VITS model ({type(error).__name__}):"
                " it needs config.json, its weights, vocab.json and tokenizer_config.json"
            ) from error
        if model.config.sampling_rate not in RATES:
            raise ModelMissing(
                f"{path_or_id} speaks at {model.config.sampling_rate} Hz, which is not converted"
                " here: choose another model"
            )
        own = cls(
            model.to(device).eval(),
            tokenizer,
            _card(path_or_id, revision, tokenizer),
            _speller(path_or_id, tokenizer),
        )
        own.warm_up()
        return own

    def warm_up(self) -> None:
        """Say something nobody hears; raises `ModelMissing` where the phonemizer cannot work."""
        letters = sorted(letter for letter in self._letters if letter.isalpha())
        try:
            self._say(" ".join(letters[:4]), 0, self._model.speaking_rate)
        except RuntimeError as error:
            if not self._tokenizer.phonemize:
                raise
            raise ModelMissing(
                f"{self.card.name} needs espeak-ng as a library beside phonemizer: install your"
                " system's espeak-ng package, or set PHONEMIZER_ESPEAK_LIBRARY to its file"
            ) from error
        if not self._tokenizer.phonemize and not self._letters.issuperset("0123456789"):
            logger.warning(
                "%s has no digits: sentences with numbers are left to another voice", self.card.name
            )

    def voices(self, language: str) -> tuple[str, ...]:
        """Return the numbers of the speakers, the default first; any takes a rate: `0@0.9`."""
        base = language.lower().replace("_", "-").partition("-")[0]
        if base not in self.card.languages:
            return ()
        return tuple(str(number) for number in range(self._model.config.num_speakers))

    def synthesise(
        self, request: SpeechRequest, is_cancelled: Callable[[], bool]
    ) -> Iterator[Chunk]:
        if not self.voices(request.language):
            raise EngineError(f"{self.card.name} does not speak {request.language!r}")
        speaker, rate = self._voice(request.voice)
        # All of it before any of it is said: see above.
        written = [attrs.evolve(one, text=self._write(one.text)) for one in clauses(request.text)]
        resampler = Resampler(self._rate_hz, request.rate_hz)
        for clause in written:
            if is_cancelled():
                return
            pcm = resampler.feed(self._clause(clause, speaker, rate))
            if is_cancelled():
                return
            if pcm:
                yield Chunk(pcm)
        yield Chunk(resampler.flush(), is_last=True)

    def _voice(self, voice: str | None) -> tuple[int, float]:
        """The speaker and the rate that a voice names; the model's own for what is not known."""
        own: float = self._model.speaking_rate
        match = _VOICE.fullmatch(voice or "")
        if match is None:
            return 0, own
        speaker = int(match[1] or 0)
        rate = min(max(float(match[2] or 1), _SLOWEST), _FASTEST)
        return speaker if speaker < self._model.config.num_speakers else 0, own * rate

    def _write(self, text: str) -> str:
        """Write it in the letters that the model has sounds for."""
        if self._tokenizer.phonemize:
            return text  # what the phonemizer cannot read it spells
        text = text.lower()
        if self._spell is not None:
            text = self._spell(text)
        written = "".join(self._letter(letter) for letter in unicodedata.normalize("NFC", text))
        return " ".join(written.split())

    def _letter(self, letter: str) -> str:
        if letter in self._letters:
            return letter
        parts = unicodedata.normalize("NFKD", letter.casefold())
        known = "".join(part for part in parts if part in self._letters)
        if not known and letter.isalnum():
            raise EngineError(f"{self.card.name} has no sound for something in this sentence")
        return known or (" " if letter.isspace() else "")

    def _clause(self, clause: Clause, speaker: int, rate: float) -> bytes:
        if not clause.text:
            return b""
        sound = _levelled(self._say(clause.text, speaker, rate), self._rate_hz)
        pause = np.zeros(int(clause.pause * self._rate_hz), np.int16)
        return (sound * 32767).astype(np.int16).tobytes() + pause.tobytes()

    @torch.inference_mode()
    def _say(self, text: str, speaker: int, rate: float) -> _Sound:
        device = self._model.device
        tokens = self._tokenizer(text, return_tensors="pt").to(device)
        if not tokens["input_ids"].shape[-1]:
            return np.zeros(0, np.float32)
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(zlib.crc32(text.encode()))
            said = self._model(
                tokens["input_ids"],
                attention_mask=tokens["attention_mask"],
                speaker_id=speaker if self._model.config.num_speakers > 1 else None,
                speaking_rate=rate,
            )
        sound: _Sound = said.waveform[0].float().cpu().numpy()
        return sound


def _levelled(sound: _Sound, rate_hz: int) -> _Sound:
    """Bring the speech itself, without its pauses, to the level of all voices."""
    width = rate_hz // 50
    frames = sound[: len(sound) // width * width].reshape(-1, width)
    power = np.mean(np.square(frames), axis=1)
    if not power.any():
        return np.clip(sound, -1, 1)
    level = float(np.sqrt(np.mean(power[power > power.max() / 1000])))
    sound = sound * np.float32(min(10 ** (LEVEL_DB / 20) / level, _MOST_GAIN))
    size = np.abs(sound)
    room = np.float32(1 - KNEE)
    bent = np.sign(sound) * (KNEE + room * np.tanh((size - KNEE) / room))
    return np.where(size > KNEE, bent, sound).astype(np.float32)


def _card(path_or_id: str, revision: str | None, tokenizer: Any) -> EngineCard:
    """What the model says of itself, and what is known of its kind where it says nothing."""
    limits = calibration.read(path_or_id)
    name = name_of(path_or_id)
    named = _MMS.search(name)
    code = tokenizer.language or (named and named[1]) or ("en" if tokenizer.phonemize else None)
    if not limits.languages and not code:
        raise ModelMissing(f"{path_or_id}: its language must be named in {calibration.FILE_NAME}")
    base = (code or "").lower().replace("_", "-").partition("-")[0]
    card = limits.card(name, (_TWO_LETTERS.get(base, base),), revision)
    is_mms = named is not None or (base in _TWO_LETTERS and not tokenizer.phonemize)
    licence = card.licence or _licence(path_or_id) or ("CC-BY-NC-4.0" if is_mms else "")
    notices = [card.notice or f"This is the synthetic voice of {card.name}, not a person."]
    if "-nc" in licence.lower():
        notices.append(f"{card.name} may not be used commercially: its licence is {licence}.")
    elif not licence:
        notices.append(f"The licence of {card.name} is not known here: read its page.")
    return attrs.evolve(card, licence=licence, notice=" ".join(notices))


def _licence(path_or_id: str) -> str:
    """The licence by the head of the model's page, where that lies beside it."""
    page = Path(path_or_id) / "README.md"
    if not page.is_file():
        return ""
    head = re.match(r"---\n(.*?)\n---", page.read_text(encoding="utf-8"), re.DOTALL)
    named = _LICENCE.search(head[1]) if head else None
    return named[1] if named else ""


def _speller(path_or_id: str, tokenizer: Any) -> _Spell | None:
    """What turns any script into Latin letters, where the model wants that."""
    if tokenizer.phonemize and not _can_import("phonemizer"):
        raise ModelMissing(
            f"{path_or_id} speaks from phonemes, for which phonemizer is needed:"
            " `pip install phonemizer`, and your system's espeak-ng package"
        )
    if not tokenizer.is_uroman:
        return None
    if not _can_import("uroman"):
        raise ModelMissing(
            f"{path_or_id} speaks from Latin letters, for which uroman is needed:"
            " `pip install uroman`"
        )
    # The tokenizer would read uroman's tables anew for every sentence.
    romanise = importlib.import_module("uroman").Uroman().romanize_string
    return lambda text: romanise(text).lower()


def _can_import(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
