"""Whisper models of any size, from a directory or the hub, as an engine.

The decoding is our own greedy loop and not transformers' `generate`: it is faster on short
utterances, it answers each request in its own language, and it tells how sure the model is.
"""

from __future__ import annotations

import math
import warnings
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional
from transformers import (
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
)

from kallglot.audio.resample import resample
from kallglot.speech import calibration
from kallglot.speech.calibration import Calibration, Evidence
from kallglot.speech.engines import EngineCard, Recognition, VoiceRequest

__all__ = ["Hearing", "WhisperRecogniser"]

#: What is shorter than this, in seconds, cannot be speech.
_SHORTEST: Final = 0.04
#: Windows of elastic models are this long, in seconds, or a multiple of it.
_STEP: Final = 0.5
#: Nobody says more pieces of words a second, so a text that has more was made up.
_PIECES_PER_SECOND: Final = 20
#: Text that zlib makes smaller than this by repeats itself, as a lost Whisper does.
_MOST_COMPRESSIBLE: Final = 2.4


_Sound = npt.NDArray[np.float32]


@attrs.frozen
class _Controls:
    """The numbers of the control tokens; Whispers differ in them."""

    start: int
    end: int
    no_speech: int | None
    prompt: tuple[int, ...]  # after the language
    languages: dict[str, int]  # empty in a model of English only


@attrs.frozen
class Hearing:
    """What a sound was taken for, before anything is decided."""

    evidence: Evidence
    language: str
    language_confidence: float
    no_speech: float


class WhisperRecogniser:
    """Speech in, text out, through transformers."""

    def __init__(
        self, model: Any, tokenizer: Any, extractor: Any, limits: Calibration, card: EngineCard
    ) -> None:
        self.card = card
        self.window: float = float(extractor.chunk_length)
        self._model = model
        self._tokenizer = tokenizer
        self._extractor = extractor
        self.limits = limits
        self._controls = _controls(model, tokenizer)
        self._never, self._not_first = _suppressed(model, tokenizer, self._controls)

    @classmethod
    def load(
        cls, path_or_id: str, revision: str | None = None, device: str = "cpu"
    ) -> WhisperRecogniser:
        """Load from a directory, or by its name from the hub or from what was fetched before."""
        place: dict[str, Any] = {"revision": revision} if revision else {}
        dtype = torch.float32 if device == "cpu" else torch.float16
        model: Any = WhisperForConditionalGeneration.from_pretrained(
            path_or_id, dtype=dtype, **place
        )
        model = model.to(device).eval()
        tokenizer: Any = WhisperTokenizer.from_pretrained(path_or_id, **place)
        with warnings.catch_warnings():
            # Whisper's bands reach up to 8 kHz; those above what the rate can carry stay empty.
            warnings.simplefilter("ignore", UserWarning)
            extractor = WhisperFeatureExtractor.from_pretrained(path_or_id, **place)
        limits = calibration.read(path_or_id)
        languages = tuple(_controls(model, tokenizer).languages) or ("en",)
        card = limits.card(path_or_id, languages, revision)
        return cls(model, tokenizer, extractor, limits, card)

    def recognise(self, batch: Sequence[VoiceRequest]) -> list[Recognition]:
        return [self._judge(hearing) for hearing in self.hear(batch)]

    @torch.inference_mode()
    def hear(self, batch: Sequence[VoiceRequest]) -> list[Hearing]:
        """What `recognise` decides upon; calibration is made from it."""
        answers: dict[int, Hearing] = {}
        groups: dict[int, list[tuple[int, _Sound]]] = {}
        for index, request in enumerate(batch):
            sound = self._sound(request)
            if len(sound) < _SHORTEST * self._extractor.sampling_rate:
                answers[index] = _silence(self._languages(request)[0])
            else:
                groups.setdefault(self._frames(sound), []).append((index, sound))
        for frames, group in groups.items():
            encoded = self._encode([sound for _, sound in group], frames)
            languages = [self._languages(batch[index]) for index, _ in group]
            heard = self._decode(encoded, languages)
            answers.update(zip((index for index, _ in group), heard, strict=True))
        return [answers[index] for index in range(len(batch))]

    def _sound(self, request: VoiceRequest) -> _Sound:
        rate_hz: int = self._extractor.sampling_rate
        pcm = np.frombuffer(request.pcm, np.int16)
        if request.rate_hz != rate_hz and len(pcm):
            pcm = resample(pcm, request.rate_hz, rate_hz)
        return pcm[: int(self.window * rate_hz)].astype(np.float32) / np.float32(32768)

    def _languages(self, request: VoiceRequest) -> tuple[str, ...]:
        """The languages it may be in, as far as the model knows them."""
        if not self._controls.languages:
            return ("en",)
        wanted = (request.language,) if request.language else request.candidates
        known = tuple(name for name in wanted if name in self._controls.languages)
        return known or tuple(self._controls.languages)

    def _frames(self, sound: _Sound) -> int:
        """How many frames the encoder is given for this sound."""
        most: int = self._extractor.nb_max_frames
        if not self.limits.is_window_elastic:
            return most
        step = _STEP * most / self.window
        needed = len(sound) / self._extractor.hop_length
        return min(most, int(-(-needed // step) * step))

    def _encode(self, sounds: Sequence[_Sound], frames: int) -> torch.Tensor:
        features = self._extractor(
            list(sounds),
            sampling_rate=self._extractor.sampling_rate,
            max_length=frames * self._extractor.hop_length,
            return_tensors="pt",
        ).input_features
        features = features.to(self._model.device, self._model.dtype)
        encoder = self._model.model.encoder
        if frames == self._extractor.nb_max_frames:
            whole: torch.Tensor = encoder(features).last_hidden_state
            return whole
        # transformers takes the whole window and nothing else; the arithmetic does not mind.
        hidden = functional.gelu(encoder.conv1(features))
        hidden = functional.gelu(encoder.conv2(hidden)).transpose(1, 2)
        hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
        for layer in encoder.layers:
            hidden = layer(hidden, None)
        part: torch.Tensor = encoder.layer_norm(hidden)
        return part

    def _decode(self, encoded: torch.Tensor, languages: Sequence[tuple[str, ...]]) -> list[Hearing]:
        rows = len(languages)
        start = torch.full((rows, 1), self._controls.start, device=encoded.device)
        opening_logits, cache = self._step(start, encoded, None)
        opening = opening_logits.softmax(-1)
        chosen = [self._choose(opening[k], names) for k, names in enumerate(languages)]
        numbers = self._controls.languages
        prompts = [
            [*([numbers[name]] if numbers else ()), *self._controls.prompt] for name, _ in chosen
        ]
        logits, cache = self._step(torch.tensor(prompts, device=encoded.device), encoded, cache)
        texts = self._continue(logits, encoded, cache)
        refusals = self._shares_of_silence(logits)
        silences = self._shares_of_silence(opening_logits)
        return [
            Hearing(
                evidence=_evidence(self._text(text[0]), text[1], refusal),
                language=language[0],
                language_confidence=language[1],
                no_speech=silence,
            )
            for text, refusal, silence, language in zip(
                texts, refusals, silences, chosen, strict=True
            )
        ]

    def _shares_of_silence(self, logits: torch.Tensor) -> list[float]:
        """How likely it is in each row that there is nothing to be said."""
        number = self._controls.no_speech
        if number is None:
            return [0.0] * len(logits)
        shares: list[float] = logits.softmax(-1)[:, number].tolist()
        return shares

    def _text(self, tokens: list[int]) -> str:
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return text.strip()

    def _choose(self, opening: torch.Tensor, names: tuple[str, ...]) -> tuple[str, float]:
        """The likeliest of the languages, and how likely it is among all the model knows."""
        known = self._controls.languages
        if not known:
            return "en", 1.0
        shares = {name: float(opening[number]) for name, number in known.items()}
        best = max(names, key=shares.__getitem__)
        return best, shares[best] / max(sum(shares.values()), 1e-9)

    def _continue(
        self, logits: torch.Tensor, encoded: torch.Tensor, cache: Any
    ) -> list[tuple[list[int], list[float]]]:
        """The likeliest token after token, until each row has ended."""
        rows = len(logits)
        tokens: list[list[int]] = [[] for _ in range(rows)]
        log_probabilities: list[list[float]] = [[] for _ in range(rows)]
        is_over = [False] * rows
        seconds = encoded.shape[1] / self._model.config.max_source_positions * self.window
        longest = self._model.config.max_target_positions - len(self._controls.prompt) - 3
        logits = logits.index_fill(1, self._not_first, -torch.inf)
        for _ in range(min(longest, int(seconds * _PIECES_PER_SECOND))):
            logits = logits.index_fill(1, self._never, -torch.inf)
            best, number = logits.log_softmax(-1).max(-1)
            for k in range(rows):
                if is_over[k]:
                    continue
                log_probabilities[k].append(float(best[k]))
                is_over[k] = int(number[k]) == self._controls.end
                if not is_over[k]:
                    tokens[k].append(int(number[k]))
            if all(is_over):
                break
            logits, cache = self._step(number[:, None], encoded, cache)
        return list(zip(tokens, log_probabilities, strict=True))

    def _step(
        self, tokens: torch.Tensor, encoded: torch.Tensor, cache: Any
    ) -> tuple[torch.Tensor, Any]:
        said = self._model.model.decoder(
            tokens, encoder_hidden_states=encoded, past_key_values=cache, use_cache=True
        )
        logits = self._model.proj_out(said.last_hidden_state[:, -1])
        return logits.float(), said.past_key_values

    def _judge(self, hearing: Hearing) -> Recognition:
        """What to make of it: text, no text, or a text not to be believed."""
        evidence = hearing.evidence
        is_believed = self.limits.believes(evidence) and not _repeats_itself(evidence.text)
        is_silence = hearing.no_speech > self.limits.no_speech
        if self.limits.refusal is None:
            # Stock models see silence where there is a quiet voice, and are right about the voice.
            is_silence = is_silence and not is_believed
        return Recognition(
            text="" if is_silence else evidence.text,
            language=hearing.language,
            confidence=self.limits.confidence_in(evidence),
            language_confidence=hearing.language_confidence,
            is_sure=is_silence or is_believed,
        )


def _silence(language: str) -> Hearing:
    nothing = Evidence("", confidence=1.0, weakest=1.0, refusal=0.0)
    return Hearing(nothing, language, language_confidence=0.0, no_speech=1.0)


def _evidence(text: str, log_probabilities: list[float], refusal: float) -> Evidence:
    mean = sum(log_probabilities) / len(log_probabilities)
    return Evidence(text, math.exp(mean), math.exp(min(log_probabilities)), refusal)


def _repeats_itself(text: str) -> bool:
    data = text.encode()
    return len(data) > 40 and len(data) / len(zlib.compress(data)) > _MOST_COMPRESSIBLE


def _controls(model: Any, tokenizer: Any) -> _Controls:
    settings = model.generation_config
    known = tokenizer.get_vocab()
    languages = {
        token.strip("<|>"): number
        for token, number in (getattr(settings, "lang_to_id", None) or {}).items()
    }
    tasks = getattr(settings, "task_to_id", None) or {}
    prompt = [tasks["transcribe"]] if languages and "transcribe" in tasks else []
    if "<|notimestamps|>" in known:
        prompt.append(known["<|notimestamps|>"])
    no_speech = known.get("<|nospeech|>", known.get("<|nocaptions|>"))
    return _Controls(
        start=settings.decoder_start_token_id or model.config.decoder_start_token_id,
        end=model.config.eos_token_id,
        no_speech=no_speech,
        prompt=tuple(prompt),
        languages=languages,
    )


def _suppressed(
    model: Any, tokenizer: Any, controls: _Controls
) -> tuple[torch.Tensor, torch.Tensor]:
    """The tokens that are never text, and those that are no beginning of a text."""
    settings = model.generation_config
    never = {*tokenizer.all_special_ids, *(settings.suppress_tokens or ())} - {controls.end}
    # Stock models have their timestamps at the end of the vocabulary, unmarked.
    stamps = getattr(settings, "no_timestamps_token_id", None)
    if stamps is not None:
        never |= set(range(stamps + 1, model.config.vocab_size))
    first = set(getattr(settings, "begin_suppress_tokens", None) or ())
    return _numbers(never, model), _numbers(first, model)


def _numbers(tokens: Iterable[int], model: Any) -> torch.Tensor:
    inside = sorted(token for token in tokens if 0 <= token < model.config.vocab_size)
    return torch.tensor(inside, dtype=torch.long, device=model.device)
