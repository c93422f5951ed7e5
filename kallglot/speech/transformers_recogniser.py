"""Whisper models of any size, from a directory or the hub, as an engine.

The decoding is our own greedy loop and not transformers' `generate`: it is faster on short
utterances, it answers each request in its own language, and it tells how sure the model is.
"""

from __future__ import annotations

import math
import re
import warnings
import zlib
from collections.abc import Sequence
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt
import torch
from transformers import (
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
)

from kallglot.audio.resample import resample
from kallglot.speech import calibration, whisper_controls
from kallglot.speech.calibration import Calibration, Evidence
from kallglot.speech.engines import EngineCard, Recognition, VoiceRequest, Word
from kallglot.speech.streaming import languages, pieces, quiet
from kallglot.speech.whisper_alignment import Gaze, Looks, align
from kallglot.speech.whisper_encoding import Bands, Encoded, Encoder
from kallglot.speech.whisper_writing import Order, Writer, Written

__all__ = ["Hearing", "WhisperRecogniser"]

#: What is shorter than this, in seconds, cannot be speech.
_SHORTEST: Final = 0.04
#: Windows of elastic models are this long, in seconds, or a multiple of it.
_STEP: Final = 0.5
#: Nobody says more pieces of words a second, so a text that has more was made up.
_PIECES_PER_SECOND: Final = 20
#: So many other languages are told, and none that is less likely than this.
_ALTERNATIVES: Final = 3
_UNLIKELY: Final = 0.01
#: Spaces, as they are written in tokens.
_SPACES: Final = re.compile("[ĠĊ]*")
#: Text that zlib makes smaller than this by repeats itself, as a lost Whisper does.
_MOST_COMPRESSIBLE: Final = 2.4


_Sound = npt.NDArray[np.float32]


@attrs.frozen
class Hearing:
    """What a sound was taken for, before anything is decided."""

    evidence: Evidence
    language: str
    language_confidence: float
    no_speech: float
    words: tuple[Word, ...] = ()
    alternatives: tuple[tuple[str, float], ...] = ()


#: A language with its share among all that the model knows, and the others that it may be.
_Choice = tuple[str, float, tuple[tuple[str, float], ...]]


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
        self._controls = controls = whisper_controls.read(model, tokenizer)
        suppressed = whisper_controls.suppressed(model, tokenizer, controls)
        self._writer = Writer(model, controls, suppressed)
        self._bands = Bands(extractor)
        self._encoder = Encoder(model)
        self._gaze = Gaze(model)

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
        if device == "cpu" and _multiplies_halves():
            model.model.encoder.to(torch.bfloat16)
        tokenizer: Any = WhisperTokenizer.from_pretrained(path_or_id, **place)
        with warnings.catch_warnings():
            # Whisper's bands reach up to 8 kHz; those above what the rate can carry stay empty.
            warnings.simplefilter("ignore", UserWarning)
            extractor = WhisperFeatureExtractor.from_pretrained(path_or_id, **place)
        limits = calibration.read(path_or_id)
        languages = tuple(whisper_controls.read(model, tokenizer).languages) or ("en",)
        card = limits.card(path_or_id, languages, revision)
        return cls(model, tokenizer, extractor, limits, card)

    def recognise(self, batch: Sequence[VoiceRequest]) -> list[Recognition]:
        return [
            self._judge(hearing, quiet.clipping(request.pcm))
            for hearing, request in zip(self.hear(batch), batch, strict=True)
        ]

    @torch.inference_mode()
    def hear(self, batch: Sequence[VoiceRequest]) -> list[Hearing]:
        """What `recognise` decides upon; calibration is made from it."""
        answers: dict[int, Hearing] = {}
        groups: dict[int, list[tuple[int, _Sound]]] = {}
        for index, request in enumerate(batch):
            sound = self._sound(request)
            if len(sound) < _SHORTEST * self._extractor.sampling_rate:
                answers[index] = _silence(self._expected(request)[0])
            else:
                groups.setdefault(self._frames(sound), []).append((index, sound))
        if groups:
            shown = [
                self._bands.show([sound for _, sound in group], frames)
                for frames, group in groups.items()
            ]
            encoded = self._encoder.encode(shown)
            order = [index for group in groups.values() for index, _ in group]
            heard = self._decode(encoded, [batch[index] for index in order])
            answers.update(zip(order, heard, strict=True))
        return [answers[index] for index in range(len(batch))]

    def _sound(self, request: VoiceRequest) -> _Sound:
        rate_hz: int = self._extractor.sampling_rate
        pcm = np.frombuffer(request.pcm, np.int16)
        if request.rate_hz != rate_hz and len(pcm):
            pcm = resample(pcm, request.rate_hz, rate_hz)
        return pcm[: int(self.window * rate_hz)].astype(np.float32) / np.float32(32768)

    def _expected(self, request: VoiceRequest) -> tuple[str, ...]:
        """The languages it should be in, as far as the model knows them."""
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

    def _decode(self, encoded: Encoded, requests: Sequence[VoiceRequest]) -> list[Hearing]:
        has_words = any(request.with_words for request in requests)
        memory = self._writer.decoder.begin(encoded, self._gaze.heads if has_words else None)
        opening = self._writer.open(memory)
        chosen = [self._choose(opening[k], one) for k, one in enumerate(requests)]
        orders = [
            self._order(request, language, length)
            for request, (language, *_), length in zip(
                requests, chosen, encoded.lengths, strict=True
            )
        ]
        if any(order.tokens[0] != self._controls.start for order in orders):
            memory.rewind()
        written = self._writer.write(memory, orders)
        words: list[tuple[Word, ...]] = [()] * len(requests)
        if has_words:
            looks = self._gaze.follow(memory)
            words = [
                self._words(looks, row, orders[row], written[row], request)
                for row, request in enumerate(requests)
            ]
        number = self._controls.no_speech
        silences = [0.0] * len(requests) if number is None else opening[:, number].tolist()
        return [
            Hearing(
                evidence=self._evidence(order, one),
                language=language,
                language_confidence=share,
                no_speech=silence,
                words=timed,
                alternatives=others,
            )
            for order, one, silence, timed, (language, share, others) in zip(
                orders, written, silences, words, chosen, strict=True
            )
        ]

    def _order(self, request: VoiceRequest, language: str, length: int) -> Order:
        """What the decoder is told before it writes, for a sound of so many positions."""
        controls = self._controls
        known = self._tokens(request.prefix)[: self._writer.longest // 2]
        opening = controls.opening(language)
        earlier: list[int] = []
        if request.hints and self.limits.is_promptable and controls.earlier is not None:
            most = self._writer.longest // 2 - 1
            earlier = [controls.earlier, *self._tokens(", ".join(request.hints))[:most]]
            room = self._writer.longest - len(known) - len(opening)
            earlier = earlier[: max(0, room // 2)]
        seconds = length / self._model.config.max_source_positions * self.window
        most = max(1, int(seconds * _PIECES_PER_SECOND))
        return Order((*earlier, *opening, *known), len(known), most)

    def _tokens(self, text: str) -> list[int]:
        if not text:
            return []
        begun = f" {text}" if self.limits.begins_with_space else text
        tokens: list[int] = self._tokenizer.encode(begun, add_special_tokens=False)
        return tokens

    def _text(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(list(tokens), skip_special_tokens=True)
        return text.strip()

    def _evidence(self, order: Order, written: Written) -> Evidence:
        logs = written.log_probabilities or [0.0]
        return Evidence(
            self._text([*_known(order), *written.tokens]),
            confidence=math.exp(sum(logs) / len(logs)),
            weakest=math.exp(min(logs)),
            refusal=written.refusal,
        )

    def _words(
        self, looks: Looks, row: int, order: Order, written: Written, request: VoiceRequest
    ) -> tuple[Word, ...]:
        """The pieces of the text, and when they were said; nothing where nobody asks for them."""
        if not request.with_words:
            return ()
        known = _known(order)
        tokens = [*known, *written.tokens]
        texts = pieces.split(self._text(tokens))
        if not texts:
            return ()
        spoken = len(request.pcm) / 2 / request.rate_hz
        positions: int = self._model.config.max_source_positions
        frames = max(1, min(positions, math.ceil(spoken / self.window * positions)))
        # Who was cut short never looked for what would have come next.
        count = len(known) + len(written.log_probabilities)
        bounds = align(looks.at(row, order.begin, count, frames))
        times = [min(bound * self.window / positions, spoken) for bound in bounds]
        sure = [1.0] * len(known) + [math.exp(log) for log in written.log_probabilities]
        return _timed(texts, self._tokenizer.convert_ids_to_tokens(tokens), times, sure)

    def _choose(self, opening: torch.Tensor, request: VoiceRequest) -> _Choice:
        """The language it is in, and how likely that is among all the model knows."""
        known = self._controls.languages
        if not known:
            return "en", 1.0, ()
        raw = {name: float(opening[number]) for name, number in known.items()}
        whole = max(sum(raw.values()), 1e-9)
        shares = {name: share / whole for name, share in raw.items()}
        expected = self._expected(request)
        is_told = request.language in known
        best = expected[0] if is_told else languages.likeliest(shares, expected)
        others = sorted(shares.keys() - {best}, key=shares.__getitem__, reverse=True)
        likely = [(name, shares[name]) for name in others[:_ALTERNATIVES]]
        return best, shares[best], tuple(one for one in likely if one[1] > _UNLIKELY)

    def _judge(self, hearing: Hearing, clipping: float) -> Recognition:
        """What to make of it: text, no text, or a text not to be believed."""
        evidence = hearing.evidence
        is_whole = clipping <= self.limits.clipping and not _repeats_itself(evidence.text)
        is_believed = is_whole and self.limits.believes(evidence)
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
            words=() if is_silence else hearing.words,
            alternatives=hearing.alternatives,
        )


def _multiplies_halves() -> bool:
    """Tell whether the processor has tiles for bfloat16, with which listening costs a third less.

    Writing is no faster with them, and where words are nearly as likely as each other it is finer
    without.
    """
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16"))


def _silence(language: str) -> Hearing:
    nothing = Evidence("", confidence=1.0, weakest=1.0, refusal=0.0)
    return Hearing(nothing, language, language_confidence=0.0, no_speech=1.0)


def _known(order: Order) -> tuple[int, ...]:
    """The tokens of the text that a row was told."""
    return order.tokens[len(order.tokens) - order.known :]


def _timed(
    texts: Sequence[str], tokens: Sequence[str], times: Sequence[float], sure: Sequence[float]
) -> tuple[Word, ...]:
    """Words out of tokens, in which each letter stands for a byte of the text."""
    starts = np.cumsum([0, *(len(token) for token in tokens)])
    lead = _SPACES.match("".join(tokens))
    at = lead.end() if lead else 0
    words: list[Word] = []
    for text in texts:
        begin = at + len(text) - len(text.lstrip())
        at += len(text.encode())
        # Bytes that are no text are written as longer signs, so that the end may be overrun.
        first = min(int(np.searchsorted(starts, begin, "right")), len(tokens)) - 1
        last = min(max(first + 1, int(np.searchsorted(starts, at, "left"))), len(tokens)) - 1
        voiced = last
        while voiced > first and not any(letter.isalnum() for letter in tokens[voiced]):
            voiced -= 1  # the silence behind a word belongs to its full stop
        probability = float(np.prod(sure[first : last + 1]) ** (1 / (last + 1 - first)))
        words.append(Word(text, times[first], times[voiced + 1], probability))
    return tuple(words)


def _repeats_itself(text: str) -> bool:
    data = text.encode()
    return len(data) > 40 and len(data) / len(zlib.compress(data)) > _MOST_COMPRESSIBLE
