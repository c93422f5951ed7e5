"""The encoder of a Whisper, on sounds of different lengths at once.

The sounds lie one behind the other, so that they are multiplied together and nothing is padded;
only where a position attends to others do the sounds go each by themselves.  What comes out is
what comes out for each sound alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from kallglot.speech.transformers_attention import Attention

__all__ = ["Bands", "Encoded", "Encoder"]


@attrs.frozen
class Encoded:
    """What became of sounds: positions by width, one sound after the other, with their lengths."""

    states: torch.Tensor = attrs.field(repr=False)
    lengths: tuple[int, ...]


class Bands:
    """Sounds as an extractor of transformers would show them, without its ceremony."""

    def __init__(self, extractor: Any) -> None:
        self._hop: int = extractor.hop_length
        self._span: int = extractor.n_fft
        self._filters = torch.from_numpy(np.ascontiguousarray(extractor.mel_filters.T)).float()
        self._window = torch.hann_window(self._span)

    def show(self, sounds: Sequence[npt.NDArray[np.float32]], frames: int) -> torch.Tensor:
        """Rows by bands by so many frames; sounds that are shorter are followed by silence."""
        waves = torch.zeros(len(sounds), frames * self._hop)
        for wave, sound in zip(waves, sounds, strict=True):
            wave[: len(sound)] = torch.from_numpy(sound)[: waves.shape[1]]
        spectrum = torch.stft(
            waves, self._span, self._hop, window=self._window, return_complex=True
        )
        power = torch.view_as_real(spectrum[..., :-1]).square().sum(-1)
        levels = (self._filters @ power).clamp(min=1e-10).log10()
        loudest = levels.amax((1, 2), keepdim=True)
        return (torch.maximum(levels, loudest - 8.0) + 4.0) / 4.0


class _Layer:
    def __init__(self, layer: Any) -> None:
        self.attention = Attention(layer.self_attn)
        self.before, self.between = layer.self_attn_layer_norm, layer.final_layer_norm
        self.widen, self.narrow, self.bend = layer.fc1, layer.fc2, layer.activation_fn


class Encoder:
    """See above."""

    def __init__(self, model: Any) -> None:
        self._encoder = model.model.encoder
        self._layers = [_Layer(layer) for layer in self._encoder.layers]

    def encode(self, blocks: Sequence[torch.Tensor]) -> Encoded:
        """Encode blocks of sounds of the same length, each rows by bands by frames."""
        begun = [self._begin(block) for block in blocks]
        shapes = [(len(block), block.shape[1]) for block in begun]
        states = torch.cat([block.flatten(0, 1) for block in begun])
        for layer in self._layers:
            states = states + self._attend(layer.attention, layer.before(states), shapes)
            states = states + layer.narrow(layer.bend(layer.widen(layer.between(states))))
            if states.dtype == torch.float16:
                most = torch.finfo(states.dtype).max - 1000
                states = states.clamp(-most, most)
        lengths = itertools.chain.from_iterable([length] * rows for rows, length in shapes)
        return Encoded(self._encoder.layer_norm(states), tuple(lengths))

    def _begin(self, block: torch.Tensor) -> torch.Tensor:
        """Frames to positions, two to one."""
        encoder = self._encoder
        block = block.to(encoder.conv1.weight.device, encoder.conv1.weight.dtype)
        hidden = functional.gelu(encoder.conv2(functional.gelu(encoder.conv1(block))))
        hidden = hidden.transpose(1, 2)
        placed: torch.Tensor = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
        return placed

    @staticmethod
    def _attend(
        attention: Attention, states: torch.Tensor, shapes: Sequence[tuple[int, int]]
    ) -> torch.Tensor:
        parts = attention.project(states)
        sizes = [rows * length for rows, length in shapes]
        seen = []
        for (rows, length), *block in zip(
            shapes, *(torch.split(part, sizes) for part in parts), strict=True
        ):
            query, key, value = (attention.split(one.view(rows, length, -1)) for one in block)
            here = functional.scaled_dot_product_attention(query, key, value, scale=attention.scale)
            seen.append(here.transpose(1, 2).reshape(rows * length, -1))
        out: torch.Tensor = attention.out(torch.cat(seen))
        return out
