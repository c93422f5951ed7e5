"""Moonshine and Moonshine Streaming: small recognisers of one language each.

They take sound of any length and do not have it padded to a window.

Sounds are filled up to the next tenth of a second, and only those of the same length go through
the model together: its normalisation counts what is added for a part of the sound.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoConfig, AutoModelForSpeechSeq2Seq, AutoTokenizer

from kallglot.audio.resample import resample
from kallglot.speech import calibration
from kallglot.speech.calibration import Calibration, Evidence
from kallglot.speech.engines import EngineCard, Recognition, VoiceRequest

__all__ = ["MoonshineRecogniser"]

RATE_HZ: Final = 16000
#: What is shorter than this cannot be speech, in seconds; the model refuses less.
_SHORTEST: Final = 0.1
#: Sounds are as long as this, in samples, or a multiple of it.
_STEP: Final = 1600
#: Moonshine is known to go on for ever on what it does not understand; speech has fewer tokens.
_TOKENS_PER_SECOND: Final = 13
#: The language at the end of a model's name.
_LANGUAGE: Final = re.compile(r"-(ar|de|es|ja|ko|tl|uk|vi|zh)$")

_Sound = npt.NDArray[np.float32]


class MoonshineRecogniser:
    """Speech in, text out, through transformers."""

    #: It was trained on no longer sounds, in seconds.
    window: float = 30.0

    def __init__(self, model: Any, tokenizer: Any, limits: Calibration, card: EngineCard) -> None:
        self.card = card
        self._model = model
        self._tokenizer = tokenizer
        self._limits = limits
        settings, config = model.generation_config, model.config
        start = settings.decoder_start_token_id or config.decoder_start_token_id
        self._start: int = config.bos_token_id if start is None else start
        ends = config.eos_token_id
        self._ends = frozenset(ends if isinstance(ends, list) else [ends])

    @classmethod
    def load(
        cls, path_or_id: str, revision: str | None = None, device: str = "cpu"
    ) -> MoonshineRecogniser:
        place: dict[str, Any] = {"revision": revision} if revision else {}
        config: Any = AutoConfig.from_pretrained(path_or_id, **place)
        dtype = torch.float32 if device == "cpu" else torch.bfloat16
        model: Any = AutoModelForSpeechSeq2Seq.from_pretrained(
            path_or_id, config=config, dtype=dtype, **place
        )
        tokenizer: Any = AutoTokenizer.from_pretrained(path_or_id, **place)
        limits = calibration.read(path_or_id)
        named = _LANGUAGE.search(limits.name) or _LANGUAGE.search(Path(path_or_id).name)
        card = limits.card(path_or_id, (named[1] if named else "en",), revision)
        return cls(model.to(device).eval(), tokenizer, limits, card)

    @torch.inference_mode()
    def recognise(self, batch: Sequence[VoiceRequest]) -> list[Recognition]:
        evidence = [Evidence("", confidence=1.0, weakest=1.0, refusal=0.0) for _ in batch]
        groups: dict[int, list[tuple[int, _Sound]]] = {}
        for index, request in enumerate(batch):
            sound = self._sound(request)
            if len(sound) >= _SHORTEST * RATE_HZ:
                groups.setdefault(-(-len(sound) // _STEP) * _STEP, []).append((index, sound))
        for size, group in groups.items():
            rows = np.stack([np.pad(sound, (0, size - len(sound))) for _, sound in group])
            for (index, _), heard in zip(group, self._hear(rows), strict=True):
                evidence[index] = heard
        return [self._judge(heard) for heard in evidence]

    def _sound(self, request: VoiceRequest) -> _Sound:
        pcm = np.frombuffer(request.pcm, np.int16)
        if request.rate_hz != RATE_HZ and len(pcm):
            pcm = resample(pcm, request.rate_hz, RATE_HZ)
        return pcm[: int(self.window * RATE_HZ)].astype(np.float32) / np.float32(32768)

    def _hear(self, sounds: _Sound) -> list[Evidence]:
        """Write down, token after token, what is in sounds of the same length."""
        model = self._model
        values = torch.from_numpy(sounds).to(model.device, model.dtype)
        encoded = model.model.encoder(values)
        rows = [_Row() for _ in sounds]
        tokens = torch.full((len(rows), 1), self._start, device=model.device)
        cache = None
        for _ in range(math.ceil(sounds.shape[1] / RATE_HZ * _TOKENS_PER_SECOND)):
            said = model(
                encoder_outputs=encoded,
                decoder_input_ids=tokens,
                past_key_values=cache,
                use_cache=True,
            )
            cache = said.past_key_values
            best, chosen = said.logits[:, -1].float().log_softmax(-1).max(-1)
            for row, token, log_probability in zip(
                rows, chosen.tolist(), best.tolist(), strict=True
            ):
                row.take(token, log_probability, is_end=token in self._ends)
            if all(row.is_over for row in rows):
                break
            tokens = chosen[:, None]
        return [self._evidence(row) for row in rows]

    def _evidence(self, row: _Row) -> Evidence:
        text: str = self._tokenizer.decode(row.tokens, skip_special_tokens=True)
        mean = sum(row.logs) / len(row.logs)
        return Evidence(text.strip(), math.exp(mean), math.exp(min(row.logs)), refusal=0.0)

    def _judge(self, evidence: Evidence) -> Recognition:
        return Recognition(
            text=evidence.text,
            language=self.card.languages[0],
            confidence=self._limits.confidence_in(evidence),
            language_confidence=1.0,
            is_sure=not evidence.text or self._limits.believes(evidence),
        )


class _Row:
    """What was written for one sound."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.logs: list[float] = []
        self.is_over = False

    def take(self, token: int, log_probability: float, *, is_end: bool) -> None:
        if self.is_over:
            return
        self.logs.append(log_probability)
        self.is_over = is_end
        if not is_end:
            self.tokens.append(token)
