"""The decoder of a Marian model, many rows at once, each before a text of its own length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import torch

from kallglot.speech.transformers_attention import Attention, Cache

__all__ = ["Decoder", "Memory"]


@attrs.define
class Memory:
    """What the decoder knows of some rows: the texts it translates, and what was written."""

    sources: list[Cache] = attrs.field(repr=False)
    targets: list[Cache] = attrs.field(repr=False)
    #: What is no part of a row's source, as something to be added to the attention.
    beyond: torch.Tensor = attrs.field(repr=False)
    written: int = 0

    def keep(self, places: Sequence[int]) -> None:
        """Let go of all rows but those at these places."""
        chosen = torch.tensor(places, device=self.beyond.device)
        for cache in (*self.sources, *self.targets):
            cache.keep(chosen)
        self.beyond = self.beyond[chosen]


class _Layer:
    def __init__(self, layer: Any) -> None:
        self.target = Attention(layer.self_attn)
        self.source = Attention(layer.encoder_attn, is_to_memory=True)
        self.after_target = layer.self_attn_layer_norm
        self.after_source = layer.encoder_attn_layer_norm
        self.end = layer.final_layer_norm
        self.widen, self.narrow, self.bend = layer.fc1, layer.fc2, layer.activation_fn


class Decoder:
    """Reads tokens, and says what it thinks."""

    def __init__(self, model: Any) -> None:
        decoder = model.model.decoder
        self._tokens = decoder.embed_tokens
        self._scale: float = decoder.embed_scale
        self._places = decoder.embed_positions.weight
        self._layers = [_Layer(layer) for layer in decoder.layers]
        self._longest: int = model.config.max_position_embeddings

    def begin(self, encoded: torch.Tensor, mask: torch.Tensor) -> Memory:
        """Read texts, rows by tokens by width; the mask is 0 where there is none."""
        beyond = torch.zeros_like(mask, dtype=encoded.dtype).masked_fill(mask == 0, -torch.inf)
        return Memory(
            [
                Cache(*(layer.source.split(part) for part in layer.source.remember(encoded)))
                for layer in self._layers
            ],
            [layer.target.room(len(encoded), self._longest, encoded) for layer in self._layers],
            beyond[:, None, None],
        )

    def step(self, tokens: torch.Tensor, memory: Memory) -> torch.Tensor:
        """Read more tokens, rows by tokens; returns rows by tokens by width."""
        at, count = memory.written, tokens.shape[1]
        states: torch.Tensor = self._tokens(tokens) * self._scale + self._places[at : at + count]
        mask = None
        if count > 1:
            mask = torch.ones(count, at + count, dtype=torch.bool, device=tokens.device).tril(at)
        for number, layer in enumerate(self._layers):
            target = layer.target.go_on(states, memory.targets[number], at, mask)
            states = layer.after_target(states + target)
            source = memory.sources[number]
            asked = layer.source.split(layer.source.ask(states))
            seen = layer.source.look(asked, source.keys, source.values, memory.beyond)
            states = layer.after_source(states + seen)
            states = layer.end(states + layer.narrow(layer.bend(layer.widen(states))))
        memory.written += count
        return states
