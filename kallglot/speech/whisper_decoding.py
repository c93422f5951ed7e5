"""The decoder of a Whisper, many rows at once, each before a sound of its own length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import torch

from kallglot.speech.transformers_attention import Attention, Cache
from kallglot.speech.whisper_encoding import Encoded

__all__ = ["Decoder", "Memory", "Watched"]


@attrs.define
class Watched:
    """What passed through one attention to the sounds, in all rows, also those that have gone."""

    queries: torch.Tensor = attrs.field(repr=False)  # rows by tokens by width
    keys: torch.Tensor = attrs.field(repr=False)  # rows by heads by positions by width of a head


@attrs.define
class Memory:
    """What the decoder knows of some rows: the sounds, and what was written to them.

    `rows` are those that are still there, by their number in the beginning.
    """

    sounds: list[Cache] = attrs.field(repr=False)
    texts: list[Cache] = attrs.field(repr=False)
    #: What is no part of a row's sound, or None where all are equally long.
    beyond: torch.Tensor | None = attrs.field(repr=False)
    rows: torch.Tensor
    lengths: tuple[int, ...]
    watched: dict[int, Watched] = attrs.field(factory=dict, repr=False)
    written: int = 0

    def keep(self, places: Sequence[int]) -> None:
        """Let go of all rows but those at these places."""
        chosen = torch.tensor(places, device=self.rows.device)
        for cache in (*self.sounds, *self.texts):
            cache.keep(chosen)
        self.rows = self.rows[chosen]
        if self.beyond is not None:
            self.beyond = self.beyond[chosen]

    def rewind(self) -> None:
        """Forget what was written."""
        self.written = 0


class _Layer:
    def __init__(self, layer: Any) -> None:
        self.text = Attention(layer.self_attn)
        self.sound = Attention(layer.encoder_attn, is_to_memory=True)
        self.before = layer.self_attn_layer_norm
        self.between = layer.encoder_attn_layer_norm
        self.after = layer.final_layer_norm
        self.widen, self.narrow, self.bend = layer.fc1, layer.fc2, layer.activation_fn


class Decoder:
    """Reads tokens, and says what it thinks."""

    def __init__(self, model: Any) -> None:
        decoder = model.model.decoder
        self._tokens = decoder.embed_tokens
        self._places = decoder.embed_positions.weight
        self._end = decoder.layer_norm
        self._layers = [_Layer(layer) for layer in decoder.layers]
        self.longest: int = model.config.max_target_positions

    def begin(self, encoded: Encoded, watched: Mapping[int, Sequence[int]] | None = None) -> Memory:
        """Listen to the sounds; where the decoder looks is kept for the layers `watched`."""
        count, longest = len(encoded.lengths), max(encoded.lengths)
        heard = encoded.states.to(self._places.dtype)
        device = heard.device
        is_ragged = min(encoded.lengths) < longest
        sounds = []
        for layer in self._layers:
            parts = [
                layer.sound.split(self._padded(part, encoded.lengths, is_ragged=is_ragged))
                for part in layer.sound.remember(heard)
            ]
            sounds.append(Cache(parts[0].contiguous(), parts[1].contiguous()))
        texts = [layer.text.room(count, self.longest, heard) for layer in self._layers]
        beyond = None
        if is_ragged:
            lengths = torch.tensor(encoded.lengths, device=device)[:, None]
            is_beyond = torch.arange(longest, device=device) >= lengths
            beyond = torch.zeros_like(is_beyond, dtype=heard.dtype)
            beyond = beyond.masked_fill(is_beyond, -torch.inf)[:, None, None]
        width = heard.shape[-1]
        return Memory(
            sounds,
            texts,
            beyond,
            torch.arange(count, device=device),
            encoded.lengths,
            {
                number: Watched(heard.new_empty(count, self.longest, width), sounds[number].keys)
                for number in watched or ()
            },
        )

    @staticmethod
    def _padded(states: torch.Tensor, lengths: Sequence[int], *, is_ragged: bool) -> torch.Tensor:
        """Rows by positions by width."""
        if not is_ragged:
            return states.view(len(lengths), lengths[0], -1)
        padded: torch.Tensor = torch.nn.utils.rnn.pad_sequence(
            list(torch.split(states, list(lengths))), batch_first=True
        )
        return padded

    def step(self, tokens: torch.Tensor, memory: Memory) -> torch.Tensor:
        """Read more tokens, rows by tokens; returns rows by tokens by width."""
        at, count = memory.written, tokens.shape[1]
        states = self._tokens(tokens) + self._places[at : at + count]
        mask = None
        if count > 1:
            mask = torch.ones(count, at + count, dtype=torch.bool, device=tokens.device).tril(at)
        for number, layer in enumerate(self._layers):
            states = states + layer.text.go_on(layer.before(states), memory.texts[number], at, mask)
            asked = layer.sound.ask(layer.between(states))
            if number in memory.watched:
                memory.watched[number].queries[memory.rows, at : at + count] = asked
            sound = memory.sounds[number]
            states = states + layer.sound.look(
                layer.sound.split(asked), sound.keys, sound.values, memory.beyond
            )
            states = states + layer.narrow(layer.bend(layer.widen(layer.after(states))))
        memory.written += count
        ended: torch.Tensor = self._end(states)
        return ended
