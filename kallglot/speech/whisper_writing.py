"""Writing down what a Whisper's encoder has heard: greedy, many rows at once, each its own way.

Each row begins with tokens of its own that are not asked for: the controls, and what is known of
the text.  Rows whose beginnings differ in length go together all the same: while one is still
told its tokens another already chooses.  Rows that have come to their end are let go of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import torch

from kallglot.speech.whisper_controls import Controls
from kallglot.speech.whisper_decoding import Decoder, Memory

__all__ = ["Order", "Writer", "Written"]


@attrs.frozen
class Order:
    """What a row begins with, and how many tokens more it may have at most.

    Of the tokens that it begins with, `known` at the end are text.
    """

    tokens: tuple[int, ...] = attrs.field(repr=False)
    known: int = 0
    most: int = 1_000_000

    @property
    def begin(self) -> int:
        """The place at which the text begins."""
        return len(self.tokens) - self.known


@attrs.frozen
class Written:
    """What a row chose: tokens, and a log-probability for each and for the end.

    `refusal` is how likely it was, where the text begins, that there is nothing to be written.
    """

    tokens: list[int] = attrs.field(repr=False)
    log_probabilities: list[float] = attrs.field(repr=False)
    refusal: float


@attrs.define
class _Row:
    order: Order
    tokens: list[int] = attrs.field(factory=list)
    log_probabilities: list[float] = attrs.field(factory=list)
    refusal: float = 0.0
    is_over: bool = False

    def take(self, place: int, token: int, log_probability: float, end: int) -> int:
        """Take the likeliest token for a place; returns the one that stands there."""
        if place < len(self.order.tokens):
            return self.order.tokens[place]
        if not self.is_over:
            self.log_probabilities.append(log_probability)
            self.is_over = token == end
            if not self.is_over:
                self.tokens.append(token)
                self.is_over = len(self.tokens) >= self.order.most
        return token


class Writer:
    """The decoder of a model, and what it chooses."""

    def __init__(
        self, model: Any, controls: Controls, suppressed: tuple[torch.Tensor, torch.Tensor]
    ) -> None:
        self._model = model
        self._controls = controls
        never, not_first = suppressed
        words = torch.zeros(model.config.vocab_size, device=never.device)
        #: What is added to the chances of tokens inside a text, and where it begins.
        self._inside = words.index_fill(0, never, -torch.inf)
        self._first = self._inside.index_fill(0, not_first, -torch.inf)
        self._is_choosy = len(not_first) > 0
        self.decoder = Decoder(model)
        self.longest = self.decoder.longest

    def open(self, memory: Memory) -> torch.Tensor:
        """How likely each token is to follow the start."""
        start = torch.full((len(memory.rows), 1), self._controls.start, device=memory.rows.device)
        return self._asked(self.decoder.step(start, memory)[:, -1]).softmax(-1)

    def write(self, memory: Memory, orders: Sequence[Order]) -> list[Written]:
        """Write each row, behind what was read already of what it begins with."""
        rows = [_Row(order) for order in orders]
        begun, shortest = memory.written, min(len(order.tokens) for order in orders)
        told = [order.tokens[begun:shortest] for order in orders]
        states = self.decoder.step(torch.tensor(told, device=memory.rows.device), memory)
        for place in sorted({order.begin for order in orders} & set(range(begun + 1, shortest))):
            self._note_refusals(rows, self._asked(states[:, place - begun - 1]), place)
        logits = self._asked(states[:, -1])
        left, place = rows, shortest
        while True:
            chosen = self._choose(left, logits, place)
            going = [k for k, row in enumerate(left) if not row.is_over]
            place += 1
            if not going or place >= self.longest:
                break
            if len(going) <= len(left) // 2:
                memory.keep(going)
                left, chosen = [left[k] for k in going], [chosen[k] for k in going]
            tokens = torch.tensor(chosen, device=memory.rows.device)[:, None]
            logits = self._asked(self.decoder.step(tokens, memory)[:, -1])
        return [Written(row.tokens, row.log_probabilities, row.refusal) for row in rows]

    def _asked(self, states: torch.Tensor) -> torch.Tensor:
        """Rows by vocabulary, for rows by width."""
        logits: torch.Tensor = self._model.proj_out(states).float()
        return logits

    def _note_refusals(self, rows: Sequence[_Row], logits: torch.Tensor, place: int) -> None:
        """Note it in those rows whose text begins at this place."""
        number = self._controls.no_speech
        begins = [row for row in rows if row.order.begin == place]
        if number is None or not begins:
            return
        shares = logits.softmax(-1)[:, number].tolist()
        for row, share in zip(rows, shares, strict=True):
            if row.order.begin == place:
                row.refusal = share

    def _choose(self, rows: Sequence[_Row], logits: torch.Tensor, place: int) -> list[int]:
        """The next token of each row: what it is told, or else the likeliest."""
        self._note_refusals(rows, logits, place)
        first = [len(row.order.tokens) == place and not row.order.known for row in rows]
        added = self._inside
        if self._is_choosy and any(first):
            is_first = torch.tensor(first, device=logits.device)[:, None]
            added = torch.where(is_first, self._first, self._inside)
        logits = logits + added
        best, numbers = logits.max(-1)
        chances = (best - logits.logsumexp(-1)).tolist()
        return [
            row.take(place, token, chance, self._controls.end)
            for row, token, chance in zip(rows, numbers.tolist(), chances, strict=True)
        ]
