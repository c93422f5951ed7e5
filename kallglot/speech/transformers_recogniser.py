"""Whisper models of any size, from a directory or the hub, as an engine.

The decoding is our own greedy loop and not transformers' `generate`: it is faster on short
utterances, it answers each request in its own language, and it tells how sure the model is.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from transformers import (
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
)

from kallglot.audio.resample import resample
from kallglot.speech import calibration
from kallglot.speech.calibration import Calibration
from kallglot.speech.engines import EngineCard, Recognition, VoiceRequest

__all__ = ["WhisperRecogniser"]

#: What is shorter than this, in seconds, cannot be speech.
_SHORTEST: Final = 0.04
#: Windows of elastic models are this long, in seconds, or a multiple of it.
_STEP: Final = 0.5
#: Nobody says more pieces of words a second, so a text that has more was made up.
_PIECES_PER_SECOND: Final = 20
#: Text that zlib makes smaller than this by repeats itself, as a lost Whisper does.
_MOST_COMPRESSIBLE: Final = 2.4


@attrs.frozen
class _Controls:
    """The numbers of the control tokens; Whispers differ in them."""

    start: int
    end: int
    no_speech: int | None
    prompt: tuple[int, ...]  # after the language
    languages: dict[str, int]  # empty in a model of English only


@attrs.frozen
class _Heard:
    """What came of one sound, still in tokens."""

    tokens: list[int]
    log_probabilities: list[float]
    language: str
    language_probability: float
    no_speech: float
    refusal: float


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
        self._limits = limits
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
        extractor = WhisperFeatureExtractor.from_pretrained(path_or_id, **place)
        limits = calibration.read(path_or_id)
        languages = tuple(_controls(model, tokenizer).languages) or ("en",)
        card = limits.card(path_or_id, languages, revision)
        return cls(model, tokenizer, extractor, limits, card)

    @torch.inference_mode()
    def recognise(self, batch: Sequence[VoiceRequest]) -> list[Recognition]:
        answers: dict[int, Recognition] = {}
        groups: dict[int, list[tuple[int, npt.NDArray[np.float32]]]] = {}
        for index, request in enumerate(batch):
            samples = self._samples(request)
            if len(samples) < _SHORTEST * self._extractor.sampling_rate:
                answers[index] = _nothing(self._languages(request)[0])
            else:
                groups.setdefault(self._frames(samples), []).append((index, samples))
        for frames, group in groups.items():
            requests = [batch[index] for index, _ in group]
            sounds = [samples for _, samples in group]
            answered = self._recognise_alike(requests, sounds, frames)
            answers.update(zip((index for index, _ in group), answered, strict=True))
        return [answers[index] for index in range(len(batch))]

    def _samples(self, request: VoiceRequest) -> npt.NDArray[np.float32]:
        rate_hz: int = self._extractor.sampling_rate
        pcm = np.frombuffer(request.pcm, np.int16)
        if request.rate_hz != rate_hz and len(pcm):
            pcm = resample(pcm, request.rate_hz, rate_hz)
        return pcm[: int(self.window * rate_hz)].astype(np.float32) / 32768

    def _languages(self, request: VoiceRequest) -> tuple[str, ...]:
        """The languages it may be in, as far as the model knows them."""
        if not self._controls.languages:
            return ("en",)
        wanted = (request.language,) if request.language else request.candidates
        known = tuple(name for name in wanted if name in self._controls.languages)
        return known or tuple(self._controls.languages)

    def _frames(self, samples: npt.NDArray[np.float32]) -> int:
        """How many frames the encoder is given for this sound."""
        most: int = self._extractor.nb_max_frames
        if not self._limits.is_window_elastic:
            return most
        step = _STEP * most / self.window
        needed = len(samples) / self._extractor.hop_length
        return min(most, int(-(-needed // step) * step))

    def _recognise_alike(
        self,
        requests: Sequence[VoiceRequest],
        sounds: Sequence[npt.NDArray[np.float32]],
        frames: int,
    ) -> list[Recognition]:
        """Recognise sounds that go into a window of the same size."""
        encoded = self._encode(sounds, frames)
        heard = self._decode(encoded, [self._languages(request) for request in requests])
        return [self._judge(one) for one in heard]

    def _encode(self, sounds: Sequence[npt.NDArray[np.float32]], frames: int) -> torch.Tensor:
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
        hidden = F.gelu(encoder.conv2(F.gelu(encoder.conv1(features)))).transpose(1, 2)
        hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
        for layer in encoder.layers:
            hidden = layer(hidden, None)
        part: torch.Tensor = encoder.layer_norm(hidden)
        return part

    def _decode(
        self, encoded: torch.Tensor, languages: Sequence[tuple[str, ...]]
    ) -> list[_Heard]:
        rows = len(languages)
        start = torch.full((rows, 1), self._controls.start, device=encoded.device)
        logits, cache = self._step(start, encoded, None)
        opening = logits.softmax(-1)
        chosen = [self._choose(opening[k], names) for k, names in enumerate(languages)]
        numbers = self._controls.languages
        prompts = [
            [*([numbers[name]] if numbers else ()), *self._controls.prompt] for name, _ in chosen
        ]
        logits, cache = self._step(
            torch.tensor(prompts, device=encoded.device), encoded, cache
        )
        no_speech = self._controls.no_speech
        refusals = logits.softmax(-1)[:, no_speech] if no_speech is not None else start[:, 0] * 0
        silences = opening[:, no_speech] if no_speech is not None else start[:, 0] * 0
        tokens, log_probabilities = self._continue(logits, encoded, cache)
        return [
            _Heard(
                tokens=tokens[k],
                log_probabilities=log_probabilities[k],
                language=chosen[k][0],
                language_probability=chosen[k][1],
                no_speech=float(silences[k]),
                refusal=float(refusals[k]),
            )
            for k in range(rows)
        ]

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
    ) -> tuple[list[list[int]], list[list[float]]]:
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
        return tokens, log_probabilities

    def _step(
        self, tokens: torch.Tensor, encoded: torch.Tensor, cache: Any
    ) -> tuple[torch.Tensor, Any]:
        said = self._model.model.decoder(
            tokens, encoder_hidden_states=encoded, past_key_values=cache, use_cache=True
        )
        logits = self._model.proj_out(said.last_hidden_state[:, -1])
        return logits.float(), said.past_key_values

    def _judge(self, heard: _Heard) -> Recognition:
        """What to make of it: text, no text, or a text not to be believed."""
        if heard.no_speech > self._limits.no_speech:
            return _nothing(heard.language, heard.no_speech)
        text = self._tokenizer.decode(heard.tokens, skip_special_tokens=True).strip()
        mean = float(np.exp(np.mean(heard.log_probabilities)))
        weakest = float(np.exp(min(heard.log_probabilities)))
        is_refused = self._limits.refusal is not None and heard.refusal > self._limits.refusal
        return Recognition(
            text=text,
            language=heard.language,
            confidence=mean,
            language_confidence=heard.language_probability,
            is_sure=not is_refused
            and mean >= self._limits.confidence
            and weakest >= self._limits.weakest
            and not _repeats_itself(text),
        )


def _nothing(language: str, confidence: float = 1.0) -> Recognition:
    return Recognition("", language, confidence=confidence, language_confidence=0.0)


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
