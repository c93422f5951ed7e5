"""Greedy decoding of a transducer (RNN-T), many voices at once, each with a state of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import torch

__all__ = ["Memory", "Sign", "Transducer"]


@attrs.frozen
class Memory:
    """What the prediction network knows of a voice: its output and the state of its LSTM."""

    output: torch.Tensor  # (1, size)
    hidden: torch.Tensor  # (layers, size)
    cell: torch.Tensor


@attrs.frozen
class Sign:
    """A token, how likely it was, and the frame of the encoder in which it was written."""

    token: int
    probability: float
    frame: int


class Transducer:
    """The prediction and the joint network of a model."""

    def __init__(self, model: Any) -> None:
        self._decoder, self._joint = model.decoder, model.joint
        self._blank: int = model.config.blank_token_id
        self._most: int = model.config.max_symbols_per_step

    def begin(self, device: Any) -> Memory:
        """The memory of a voice that has said nothing."""
        return self._remember(torch.tensor([[self._blank]], device=device), None)[0]

    def write(
        self, frames: torch.Tensor, memories: Sequence[Memory]
    ) -> tuple[list[list[Sign]], list[Memory]]:
        """Write what is in (voices, frames, size); returns the tokens and what to go on with."""
        known = list(memories)
        signs: list[list[Sign]] = [[] for _ in known]
        for frame in range(frames.shape[1]):
            open_rows = list(range(len(known)))
            for _ in range(self._most):
                outputs = torch.stack([known[row].output for row in open_rows])
                logits = self._joint(
                    decoder_hidden_states=outputs,
                    encoder_hidden_states=frames[open_rows, frame : frame + 1],
                )
                best, chosen = logits[:, 0].float().softmax(-1).max(-1)
                told = zip(open_rows, chosen.tolist(), best.tolist(), strict=True)
                written = [(row, token, p) for row, token, p in told if token != self._blank]
                if not written:
                    break
                open_rows = [row for row, _, _ in written]
                tokens = torch.tensor([[token] for _, token, _ in written], device=frames.device)
                new = self._remember(tokens, [known[row] for row in open_rows])
                for (row, token, probability), memory in zip(written, new, strict=True):
                    signs[row].append(Sign(token, probability, frame))
                    known[row] = memory
        return signs, known

    def _remember(self, tokens: torch.Tensor, before: Sequence[Memory] | None) -> list[Memory]:
        state = None
        if before is not None:
            hidden = torch.stack([memory.hidden for memory in before], dim=1)
            state = (hidden, torch.stack([memory.cell for memory in before], dim=1))
        said, (hidden, cell) = self._decoder.lstm(self._decoder.embedding(tokens), state)
        outputs = self._decoder.decoder_projector(said)
        return [Memory(outputs[k], hidden[:, k], cell[:, k]) for k in range(len(tokens))]
