"""Nemotron streaming models: speech is heard in chunks of fixed length, and nothing is heard twice.

transformers' own streaming pulls the sound of one voice out of a generator and blocks on it; here
sound is pushed, and voices whose caches are of the same length go through the encoder together.
That is from the 6th second on with all of them, because the attention reaches no further back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt
import torch
from transformers import (
    AutoProcessor,
    DynamicCache,
    Nemotron3_5AsrForRNNT,
    NemotronAsrStreamingForRNNT,
)

from kallglot.audio.resample import Resampler
from kallglot.speech import calibration
from kallglot.speech.calibration import Calibration
from kallglot.speech.engines import EngineCard, Feed, Hypothesis, Opening
from kallglot.speech.rnnt import Memory, Sign, Transducer
from kallglot.speech.streaming import pieces
from kallglot.speech.streaming.numbers import is_number

__all__ = ["NemotronRecogniser"]

#: Frames of the encoder that a chunk is looked ahead, of those that models are trained with: 560 ms
#: in all is what their makers recommend.
_LOOKAHEAD: Final = 6
#: What a model writes that was asked to find out the language itself.
_TAG: Final = re.compile(r"\s*<([a-z]{2,3})-[A-Z]{2}>\s*")

_Sound = npt.NDArray[np.float32]


@attrs.define
class _Ear:
    """What the encoder keeps of a voice: a row of each of its caches."""

    keys: list[torch.Tensor]
    values: list[torch.Tensor]
    paddings: dict[str, torch.Tensor]
    frames: int


@attrs.define
class _Voice:
    opening: Opening
    memory: Memory
    resampler: Resampler
    ear: _Ear | None = None
    sound: _Sound = attrs.field(factory=lambda: np.zeros(0, np.float32), repr=False)
    begin: int = 0  # at which sample of the turn the sound begins
    length: int = 0  # samples of the turn
    mels: int = 0  # mel frames that were encoded
    signs: list[Sign] = attrs.field(factory=list, repr=False)
    frames: int = 0  # encoder frames that were decoded
    committed: int = 0  # letters
    tokens: int = 0  # signs that were committed


class NemotronRecogniser:
    """A `StreamingRecogniser`."""

    def __init__(
        self,
        model: Any,
        processor: Any,
        limits: Calibration,
        card: EngineCard,
        lookahead: int = _LOOKAHEAD,
    ) -> None:
        self.card = card
        self._model = model
        self._tokenizer = processor.tokenizer
        self._extractor = processor.feature_extractor
        self._languages: dict[str, int] = getattr(processor, "prompt_dictionary", None) or {}
        self._limits = limits
        self._lookahead = lookahead
        self._factor: int = model.config.encoder_config.subsampling_factor
        self._transducer = Transducer(model)
        self._voices: dict[int, _Voice] = {}

    @classmethod
    def load(
        cls, path_or_id: str, revision: str | None = None, device: str = "cpu"
    ) -> NemotronRecogniser:
        place: dict[str, Any] = {"revision": revision} if revision else {}
        processor: Any = AutoProcessor.from_pretrained(path_or_id, **place)
        knows_languages = hasattr(processor, "prompt_dictionary")
        kind = Nemotron3_5AsrForRNNT if knows_languages else NemotronAsrStreamingForRNNT
        dtype = torch.float32 if device == "cpu" else torch.bfloat16
        model: Any = kind.from_pretrained(path_or_id, dtype=dtype, **place).to(device).eval()
        limits = calibration.read(path_or_id)
        short = {name for name in getattr(processor, "prompt_dictionary", {}) if len(name) <= 3}
        card = limits.card(path_or_id, tuple(sorted(short)) or ("en",), revision)
        offered = getattr(processor, "supported_num_lookahead_tokens", (_LOOKAHEAD,))
        lookahead = min(offered, key=lambda tokens: abs(tokens - _LOOKAHEAD))
        return cls(model, processor, limits, card, lookahead)

    @torch.inference_mode()
    def open(self, stream: int, opening: Opening) -> None:
        resampler = Resampler(opening.rate_hz, self._extractor.sampling_rate)
        memory = self._transducer.begin(self._model.device)
        self._voices[stream] = _Voice(opening, memory, resampler)

    def close(self, stream: int) -> None:
        self._voices.pop(stream, None)

    @torch.inference_mode()
    def step(self, feeds: Sequence[Feed]) -> list[Hypothesis]:
        for feed in feeds:
            self._take_in(self._voices[feed.stream], feed)
        while ready := [feed for feed in feeds if self._has_more(feed)]:
            groups: dict[int, list[_Voice]] = {}
            for feed in ready:
                voice = self._voices[feed.stream]
                groups.setdefault(voice.ear.frames if voice.ear else 0, []).append(voice)
            for group in groups.values():
                self._hear(group)
        return [self._answer(self._voices[feed.stream], feed) for feed in feeds]

    def _take_in(self, voice: _Voice, feed: Feed) -> None:
        data = voice.resampler.feed(feed.pcm)
        if feed.is_last:
            data += voice.resampler.flush()
        pcm = np.frombuffer(data, np.int16)
        voice.sound = np.concatenate([voice.sound, pcm.astype(np.float32) / np.float32(32768)])
        voice.length += len(pcm)

    def _has_more(self, feed: Feed) -> bool:
        """Whether there is a chunk to be heard; the last is filled up with silence."""
        voice = self._voices[feed.stream]
        if feed.is_last:
            return bool(voice.mels * self._extractor.hop_length < voice.length)
        return self._span(voice)[1] <= voice.length

    def _size(self, voice: _Voice) -> int:
        """Mel frames in the next chunk."""
        is_first = voice.mels == 0
        return (
            1 + self._factor * self._lookahead if is_first else self._factor * (self._lookahead + 1)
        )

    def _span(self, voice: _Voice) -> tuple[int, int]:
        """From which sample to which the next chunk needs the sound."""
        extractor = self._extractor
        half = extractor.n_fft // 2
        end = (voice.mels + self._size(voice) - 1) * extractor.hop_length + half
        return max(0, voice.mels * extractor.hop_length - half), end

    def _mels(self, voice: _Voice) -> torch.Tensor:
        """The next chunk as the encoder takes it; sound that is not needed again is let go."""
        start, end = self._span(voice)
        part = voice.sound[start - voice.begin : end - voice.begin]
        part = np.pad(part, (0, end - start - len(part)))
        count = self._size(voice)
        mels: torch.Tensor = self._extractor(
            part,
            sampling_rate=self._extractor.sampling_rate,
            center=voice.mels == 0,
            return_tensors="pt",
        ).input_features[:, :count]
        voice.mels += count
        gone = min(self._span(voice)[0] - voice.begin, len(voice.sound))
        voice.sound, voice.begin = voice.sound[gone:], voice.begin + gone
        return mels

    def _hear(self, voices: Sequence[_Voice]) -> None:
        mels = torch.cat([self._mels(voice) for voice in voices])
        mels = mels.to(self._model.device, self._model.dtype)
        known: dict[str, Any] = {}
        if self._languages:
            prompts = [self._prompt(voice.opening) for voice in voices]
            known["prompt_ids"] = torch.tensor(prompts, device=mels.device)
        ears = [voice.ear for voice in voices if voice.ear is not None]
        if ears:
            known |= self._joined(ears)
        heard = self._model.get_audio_features(
            mels,
            num_lookahead_tokens=self._lookahead,
            use_cache=True,
            output_attention_mask=False,
            **known,
        )
        for voice, ear in zip(voices, _parted(heard, len(voices)), strict=True):
            voice.ear = ear
        signs, memories = self._transducer.write(
            heard.pooler_output, [voice.memory for voice in voices]
        )
        for voice, new, memory in zip(voices, signs, memories, strict=True):
            voice.signs += [attrs.evolve(sign, frame=voice.frames + sign.frame) for sign in new]
            voice.frames += heard.pooler_output.shape[1]
            voice.memory = memory

    def _prompt(self, opening: Opening) -> int:
        if opening.language in self._languages:
            return self._languages[opening.language]
        default: int = self._model.config.default_prompt_id
        return self._languages.get("auto", default)

    def _joined(self, ears: Sequence[_Ear]) -> dict[str, Any]:
        """The caches of several voices as one."""
        from transformers.models.nemotron_asr_streaming import (  # noqa: PLC0415 - not exported
            modeling_nemotron_asr_streaming as modeling,
        )

        past = DynamicCache(config=self._model.config.encoder_config)
        for number, layer in enumerate(past.layers):
            keys = torch.cat([ear.keys[number] for ear in ears])
            values = torch.cat([ear.values[number] for ear in ears])
            layer.lazy_initialization(keys, values)
            layer.keys, layer.values = keys, values
            layer.cumulative_length = ears[0].frames
        paddings = modeling.NemotronAsrStreamingEncoderCausalConvPaddingCache()
        modules = {m.cache_key: m for m in self._model.encoder.modules() if hasattr(m, "cache_key")}
        for name, module in modules.items():
            rows = torch.cat([ear.paddings[name] for ear in ears])
            layer = (
                modeling.NemotronAsrStreamingEncoderCausalConv2dCacheLayer()
                if isinstance(module, torch.nn.Conv2d)
                else modeling.NemotronAsrStreamingEncoderCausalConv1dCacheLayer()
            )
            layer.lazy_initialization(rows, module)
            layer.cache = rows
            layer.is_first_chunk = False
            paddings.layers[name] = layer
        return {"past_key_values": past, "padding_cache": paddings}

    def _answer(self, voice: _Voice, feed: Feed) -> Hypothesis:
        text, tagged = self._text(voice)
        known = voice.opening.language or tagged
        rate_hz = self._extractor.sampling_rate
        said = text[: self._settled(text, feed)]
        new = said[voice.committed :]
        rest = text[max(voice.committed, len(said)) :]
        count = len(voice.signs) if not rest else max(voice.tokens, len(voice.signs) - 1)
        own = voice.signs[voice.tokens : count] if new else []
        confidence = float(np.mean([sign.probability for sign in own])) if own else 1.0
        if new:
            voice.committed, voice.tokens = len(said), count
        last = voice.signs[voice.tokens - 1].frame + 1 if voice.tokens else 0
        seconds = last * self._factor * self._extractor.hop_length / rate_hz
        return Hypothesis(
            committed=new.strip(),
            unstable="" if feed.is_last else rest.strip(),
            until=min(seconds, voice.length / rate_hz),
            heard=voice.length / rate_hz,
            language=known or self._first_language(voice.opening),
            confidence=confidence,
            language_confidence=1.0 if known else 0.0,
            is_sure=confidence >= self._limits.confidence,
            is_final=feed.is_last,
        )

    def _text(self, voice: _Voice) -> tuple[str, str]:
        """What is written so far, and in which language the model says that it is, if it does."""
        tokens = [sign.token for sign in voice.signs]
        written: str = self._tokenizer.decode(tokens, group_tokens=False) if tokens else ""
        tags = _TAG.findall(written)
        return _TAG.sub(" ", written).strip(), tags[-1] if tags else ""

    def _first_language(self, opening: Opening) -> str:
        return (*opening.candidates, *self.card.languages, "")[0]

    @staticmethod
    def _settled(text: str, feed: Feed) -> int:
        """How many letters will not change: the last word may go on, and so may a number."""
        words = pieces.split(text)
        if not words or feed.is_last or pieces.ends_sentence(words[-1]):
            return len(text)
        if not feed.is_pause:
            words.pop()
            while words and is_number(words[-1]):
                words.pop()
        return len("".join(words))


def _parted(heard: Any, count: int) -> list[_Ear]:
    """The caches of the single voices."""
    layers = heard.past_key_values.layers
    paddings = heard.padding_cache.layers
    return [
        _Ear(
            keys=[layer.keys[row : row + 1] for layer in layers],
            values=[layer.values[row : row + 1] for layer in layers],
            paddings={name: each.cache[row : row + 1] for name, each in paddings.items()},
            frames=min(layers[0].cumulative_length, layers[0].sliding_window - 1),
        )
        for row in range(count)
    ]
