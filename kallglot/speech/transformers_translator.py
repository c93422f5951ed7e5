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
from kallglot.speech.marian_decoding import Decoder, Memory

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


@attrs.frozen
class _Row:
    """What is read for one request, and what is already written."""

    source: list[int]
    prefix: list[int]
    is_cut: bool


class _Written:
    """What is written for one row, behind its prefix."""

    def __init__(self, row: _Row) -> None:
        self._prefix = row.prefix
        self.prefix = len(row.prefix)
        self._tokens: list[int] = []
        self._chances: list[float] = []
        # Each row by its own length, or a row's text would depend on its company.
        self._most = max(2 * len(row.source) + 8 - len(row.prefix), 8)
        self.is_over = False

    def take(self, at: int, token: int, chance: float, end: int) -> int:
        """Take the best token for the place `at`; returns the one that stands there."""
        if at < len(self._prefix):
            return self._prefix[at]
        if not self.is_over:
            self._chances.append(chance)
            self.is_over = token == end
            if not self.is_over:
                self._tokens.append(token)
                self.is_over = len(self._tokens) >= self._most
        return token

    def evidence(self, tokenizer: Any, refusal: float) -> Evidence:
        """What was written, and how sure the model was of it; of the prefix it was not asked."""
        chances = self._chances
        return Evidence(
            tokenizer.decode(self._tokens, skip_special_tokens=True).strip(),
            confidence=math.exp(sum(chances) / len(chances)),
            weakest=math.exp(min(chances)),
            refusal=refusal,
        )


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
        self._decoder = Decoder(model)
        self._tokenizer = tokenizer
        self.limits = limits
        self._pairs = pairs
        self._vocabulary: dict[str, int] = tokenizer.get_vocab()
        self._end: int = model.config.eos_token_id
        self._padding: int = model.config.pad_token_id
        self._unknown: int = self._vocabulary["<unk>"]
        never = {self._padding, self._unknown, *_language_tokens(self._vocabulary).values()}
        self._never = torch.tensor(sorted(never), device=model.device)
        inside = [number for piece, number in self._vocabulary.items() if _is_inside(piece)]
        self._inside = torch.tensor(inside, dtype=torch.long, device=model.device)

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
            rows = [self._row(batch[k]) for k in filled]
            for k, row, evidence in zip(filled, rows, self._write(rows), strict=True):
                answers[k] = attrs.evolve(evidence, confidence=0.0) if row.is_cut else evidence
        return answers

    @property
    def _longest(self) -> int:
        longest: int = self._model.config.max_position_embeddings
        return longest

    def _row(self, request: TextRequest) -> _Row:
        asked = _language_tokens(self._vocabulary).get(request.target)
        head = [] if asked is None else [asked]
        text = [*self._pieces(request.text), self._end]
        room = self._longest - len(head) - len(text)
        if self.limits.uses_context and request.context.strip() and room > 1:
            # The end of what was said before is what a pronoun points to.
            head += [*self._pieces(request.context)[1 - room :], self._end]
        prefix: list[int] = []
        if request.prefix.strip():
            prefix = self._tokenizer(
                text_target=request.prefix.strip(), add_special_tokens=False
            ).input_ids
        source = [*head, *text]
        return _Row(
            source[: self._longest],
            prefix[: self._longest - 2],
            is_cut=len(source) > self._longest or len(prefix) > self._longest - 2,
        )

    def _pieces(self, text: str) -> list[int]:
        pieces: list[int] = self._tokenizer(text.strip(), add_special_tokens=False).input_ids
        return pieces

    def _write(self, rows: Sequence[_Row]) -> list[Evidence]:
        memory = self._decoder.begin(*self._read([row.source for row in rows]))
        written = [_Written(row) for row in rows]
        # What all have written already is read at once, the rest of the longer ones bit by bit.
        common = min(len(row.prefix) for row in rows)
        start = self._model.config.decoder_start_token_id
        logits = self._step([[start, *row.prefix[:common]] for row in rows], memory)
        refusals = logits[:, 0].softmax(-1)[:, self._unknown].tolist()
        left = written
        for at in range(common, self._longest - 1):
            last = logits[:, -1].index_fill(1, self._never, -torch.inf)
            self._begin_words(last, left, at)
            best, number = last.max(-1)
            chances = (best - last.logsumexp(-1)).tolist()
            chosen = [
                one.take(at, token, chance, self._end)
                for one, token, chance in zip(left, number.tolist(), chances, strict=True)
            ]
            going = [k for k, one in enumerate(left) if not one.is_over]
            if not going:
                break
            if len(going) <= len(left) // 2:
                memory.keep(going)
                left, chosen = [left[k] for k in going], [chosen[k] for k in going]
            logits = self._step([[token] for token in chosen], memory)
        return [
            one.evidence(self._tokenizer, refusal)
            for one, refusal in zip(written, refusals, strict=True)
        ]

    def _read(self, sources: Sequence[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """What the encoder makes of the texts, and which of it is padding."""
        longest = max(map(len, sources))
        padded = [source + [self._padding] * (longest - len(source)) for source in sources]
        inputs = torch.tensor(padded, device=self._model.device)
        mask = (inputs != self._padding).long()
        return self._model.model.encoder(inputs, attention_mask=mask).last_hidden_state, mask

    def _begin_words(self, last: torch.Tensor, rows: Sequence[_Written], at: int) -> None:
        """Let what follows a prefix begin with a word: the one before has been spoken whole."""
        for k, row in enumerate(rows):
            if at and row.prefix == at:
                last[k].index_fill_(0, self._inside, -torch.inf)

    def _step(self, given: Sequence[Sequence[int]], memory: Memory) -> torch.Tensor:
        """Read what was written last; returns what may follow the first and the last of it."""
        states = self._decoder.step(torch.tensor(given, device=self._never.device), memory)
        if states.shape[1] > 2:
            states = states[:, [0, -1]]
        logits: torch.Tensor = self._model.lm_head(states) + self._model.final_logits_bias[0]
        return logits.float()


def _is_inside(piece: str) -> bool:
    """Tell whether a piece goes on a word; East Asia writes its words without spaces."""
    return piece[:1].isalpha() and piece < "\u2e80"


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
