"""Marian models, such as OPUS-MT, from a directory or the hub, as an engine.

One model translates between one pair of languages, or from several into the language that a
first token such as `>>de<<` asks for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import torch
from transformers import MarianMTModel, MarianTokenizer, PreTrainedTokenizerFast

from kallglot.speech import calibration, hub
from kallglot.speech.calibration import Calibration, Evidence
from kallglot.speech.engines import EngineCard, TextRequest, Translation

__all__ = ["MarianTranslator"]

#: Some models ask for languages by three letters; those that differ from what we call them.
_THREE_LETTERS: Final = {
    "ar": "ara", "bg": "bul", "ca": "cat", "cs": "ces", "da": "dan", "de": "deu", "el": "ell",
    "en": "eng", "es": "spa", "et": "est", "fi": "fin", "fr": "fra", "he": "heb", "hu": "hun",
    "it": "ita", "lt": "lit", "lv": "lav", "nl": "nld", "pl": "pol", "pt": "por", "ro": "ron",
    "ru": "rus", "sk": "slk", "sl": "slv", "sv": "swe", "tr": "tur", "uk": "ukr",
}  # fmt: skip
_TWO_LETTERS: Final = {three: two for two, three in _THREE_LETTERS.items()}
#: `Helsinki-NLP/opus-mt-de-en`, `opus-mt-tc-big-en-fr`
_NAME: Final = re.compile(r"opus-mt(?:-tc)?(?:-big|-base|-bible)*-([a-z]{2,3})-([a-z]{2,3})$")


class MarianTranslator:
    """Text in one language in, text in another out, through transformers."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        limits: Calibration,
        card: EngineCard,
        pairs: frozenset[tuple[str, str]],
    ) -> None:
        self.card = card
        self._model = model
        self._tokenizer = tokenizer
        self.limits = limits
        self._pairs = pairs
        self._vocabulary: dict[str, int] = tokenizer.get_vocab()
        self._end: int = model.config.eos_token_id
        self._padding: int = model.config.pad_token_id
        self._unknown: int = self._vocabulary["<unk>"]
        never = {self._padding, self._unknown, *_language_tokens(self._vocabulary).values()}
        self._never = torch.tensor(sorted(never), device=model.device)

    @classmethod
    def load(
        cls, path_or_id: str, revision: str | None = None, device: str = "cpu"
    ) -> MarianTranslator:
        """Load from a directory, or by its name from the hub or from what was fetched before."""
        place: dict[str, Any] = {"revision": revision} if revision else {}
        dtype = torch.float32 if device == "cpu" else torch.float16
        model: Any = MarianMTModel.from_pretrained(path_or_id, dtype=dtype, **place)
        model = model.to(device).eval()
        is_ours = (Path(path_or_id) / "tokenizer.json").is_file()
        # OPUS-MT comes with sentencepiece files, for which the sentencepiece package is needed.
        kind: Any = PreTrainedTokenizerFast if is_ours else MarianTokenizer
        tokenizer = kind.from_pretrained(path_or_id, **place)
        limits = calibration.read(path_or_id)
        pairs = _pairs(path_or_id, limits, _language_tokens(tokenizer.get_vocab()))
        languages = tuple(sorted({language for pair in pairs for language in pair}))
        card = limits.card(path_or_id, languages, revision)
        return cls(model, tokenizer, limits, card, pairs)

    def pairs(self) -> frozenset[tuple[str, str]]:
        return self._pairs

    def translate(self, batch: Sequence[TextRequest]) -> list[Translation]:
        return [
            Translation(
                evidence.text,
                confidence=self.limits.confidence_in(evidence),
                is_sure=not request.text.strip() or self.limits.believes(evidence),
            )
            for request, evidence in zip(batch, self.write(batch), strict=True)
        ]

    @torch.inference_mode()
    def write(self, batch: Sequence[TextRequest]) -> list[Evidence]:
        """What `translate` decides upon; calibration is made from it."""
        for request in batch:
            if (request.source, request.target) not in self._pairs:
                raise LookupError(f"{self.card.name}: {request.source} to {request.target}")
        answers = [Evidence("", confidence=1.0, weakest=1.0, refusal=0.0) for _ in batch]
        filled = [k for k, request in enumerate(batch) if request.text.strip()]
        if filled:
            rows = [self._tokens(batch[k]) for k in filled]
            for k, row, evidence in zip(filled, rows, self._write(rows), strict=True):
                is_cut = len(row) > self._longest
                answers[k] = attrs.evolve(evidence, confidence=0.0) if is_cut else evidence
        return answers

    @property
    def _longest(self) -> int:
        longest: int = self._model.config.max_position_embeddings
        return longest

    def _tokens(self, request: TextRequest) -> list[int]:
        asked = _language_tokens(self._vocabulary).get(request.target)
        text = self._tokenizer(request.text.strip(), add_special_tokens=False).input_ids
        return [*([] if asked is None else [asked]), *text, self._end]

    def _write(self, rows: Sequence[list[int]]) -> list[Evidence]:
        rows = [row[: self._longest] for row in rows]
        longest = max(map(len, rows))
        device = self._model.device
        padded = [row + [self._padding] * (longest - len(row)) for row in rows]
        inputs = torch.tensor(padded, device=device)
        mask = (inputs != self._padding).long()
        encoded = self._model.model.encoder(inputs, attention_mask=mask).last_hidden_state
        tokens: list[list[int]] = [[] for _ in rows]
        log_probabilities: list[list[float]] = [[] for _ in rows]
        is_over = [False] * len(rows)
        first = self._model.config.decoder_start_token_id
        number = torch.full((len(rows),), first, device=device)
        refusals: list[float] = []
        cache = None
        for _ in range(min(self._longest - 1, 2 * longest + 8)):
            logits, cache = self._step(number, encoded, mask, cache)
            refusals = refusals or logits.softmax(-1)[:, self._unknown].tolist()
            logits = logits.index_fill(1, self._never, -torch.inf)
            best, number = logits.log_softmax(-1).max(-1)
            for k in range(len(rows)):
                if is_over[k]:
                    continue
                log_probabilities[k].append(float(best[k]))
                is_over[k] = int(number[k]) == self._end
                if not is_over[k]:
                    tokens[k].append(int(number[k]))
                    # Each row by its own length, or a row's text would depend on its company.
                    is_over[k] = len(tokens[k]) >= 2 * len(rows[k]) + 8
            if all(is_over):
                break
        return [
            Evidence(
                self._tokenizer.decode(said, skip_special_tokens=True).strip(),
                confidence=math.exp(sum(chances) / len(chances)),
                weakest=math.exp(min(chances)),
                refusal=refusal,
            )
            for said, chances, refusal in zip(tokens, log_probabilities, refusals, strict=True)
        ]

    def _step(
        self, number: torch.Tensor, encoded: torch.Tensor, mask: torch.Tensor, cache: Any
    ) -> tuple[torch.Tensor, Any]:
        written = self._model.model.decoder(
            number[:, None],
            encoder_hidden_states=encoded,
            encoder_attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
        )
        logits = self._model.lm_head(written.last_hidden_state[:, -1])
        logits = logits + self._model.final_logits_bias[0]
        return logits.float(), written.past_key_values


def _language_tokens(vocabulary: dict[str, int]) -> dict[str, int]:
    """The tokens that ask for a target language, by our name for the language."""
    codes = {
        token[2:-2]: number
        for token, number in vocabulary.items()
        if token.startswith(">>") and token.endswith("<<")
    }
    return {_TWO_LETTERS.get(code, code): number for code, number in codes.items()}


def _pairs(
    path_or_id: str, limits: Calibration, targets: dict[str, int]
) -> frozenset[tuple[str, str]]:
    """From what languages into what others, by the calibration or by the model's name."""
    if limits.languages and targets:
        known = limits.languages
        return frozenset((a, b) for a in known for b in known if a != b and b in targets)
    if limits.languages:
        return frozenset({(limits.languages[0], limits.languages[1])})
    name = _NAME.search(hub.name_of(path_or_id))
    if name is None:
        raise ValueError(f"{path_or_id}: its languages must be named in {calibration.FILE_NAME}")
    source, target = (_TWO_LETTERS.get(code, code) for code in name.groups())
    into = [code for code in targets if code != source] or [target]
    return frozenset((source, code) for code in into)
