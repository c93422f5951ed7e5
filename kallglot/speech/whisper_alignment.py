"""When each word was said, by where in the sound a Whisper's decoder looked when it wrote it.

The attention itself is not kept by the fast kernels, so that queries and keys are taken as they
pass, and multiplied once more for the few heads that tell.  A model's own `alignment_heads` are
used if it names them, else all heads of the last half of the layers, the sharp ones most.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from kallglot.speech.whisper_decoding import Memory

__all__ = ["Gaze", "Looks", "align"]

Floats = npt.NDArray[np.float32]

#: Frames over which many heads together are smoothed; measured.
_SMOOTHING: Final = 3


class Gaze:
    """Where the decoder of a model looks."""

    def __init__(self, model: Any) -> None:
        layers = model.model.decoder.layers
        named = getattr(model.generation_config, "alignment_heads", None)
        self._is_told = bool(named)
        self._smoothing = model.config.median_filter_width if named else _SMOOTHING
        count = len(layers)
        heads = model.config.decoder_attention_heads
        self._size = model.config.d_model // heads
        every = [(layer, head) for layer in range(count // 2, count) for head in range(heads)]
        #: The heads that tell, by the number of their layer.
        self.heads: dict[int, list[int]] = {}
        for layer, head in named or every:
            self.heads.setdefault(int(layer), []).append(int(head))

    def follow(self, memory: Memory) -> Looks:
        """Where the decoder has looked while it wrote into a memory."""
        weights = [self._weights(number, memory) for number in memory.watched]
        return Looks(
            torch.cat(weights, 1).float().cpu().numpy(), self._smoothing, is_told=self._is_told
        )

    def _weights(self, number: int, memory: Memory) -> torch.Tensor:
        """Rows by heads by tokens by positions."""
        watched = memory.watched[number]
        heads = torch.tensor(self.heads[number], device=memory.rows.device)
        queries = watched.queries[:, : memory.written]
        asked = queries.view(*queries.shape[:2], -1, self._size)[:, :, heads].transpose(1, 2)
        scores = asked @ watched.keys[:, heads].transpose(2, 3) * self._size**-0.5
        if min(memory.lengths) < scores.shape[-1]:
            lengths = torch.tensor(memory.lengths, device=scores.device)
            is_beyond = torch.arange(scores.shape[-1], device=scores.device) >= lengths[:, None]
            scores = scores.masked_fill(is_beyond[:, None, None], -torch.inf)
        weights: torch.Tensor = scores.softmax(-1)
        return weights


class Looks:
    """Where a decoder has looked: rows by heads by tokens by positions of the sound."""

    def __init__(self, weights: Floats, smoothing: int, *, is_told: bool) -> None:
        self._weights = weights
        self._smoothing = smoothing
        self._is_told = is_told

    def at(self, row: int, first: int, count: int, frames: int) -> Floats:
        """How strongly it looked at each of the first frames, when it wrote tokens.

        They are `count` tokens from the position `first` on; the answer has a row for each.
        """
        matrices = self._weights[row, :, first - 1 : first - 1 + count, :frames]
        weight = np.ones(len(matrices), np.float32)
        if not self._is_told:
            weight = matrices.max(axis=-1).mean(axis=-1) ** 4
        # A frame counts for the token that looks at it more than the others do.
        apart = matrices - matrices.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.square(apart).mean(axis=1, keepdims=True)) + 1e-6
        share = weight / max(float(weight.sum()), 1e-9)
        together = np.einsum("h,htf->tf", share, apart / spread)
        return _smooth(together, self._smoothing)


def _smooth(matrix: Floats, width: int) -> Floats:
    """Take out what flickers in time; what is left says for each frame who looks at it most."""
    if matrix.shape[1] > width > 1:
        half = width // 2
        padded = np.pad(matrix, ((0, 0), (half, half)), mode="reflect")
        windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)
        matrix = np.median(windows, axis=-1)
    return matrix


def align(matrix: Floats) -> list[int]:
    """At which frame each row begins, if each follows the one before (dynamic time warping).

    Returns one number more than there are rows: the last is where the last row ends.
    """
    rows, frames = matrix.shape
    gain = np.vstack([np.zeros(frames + 1), np.hstack([np.zeros((rows, 1)), matrix])])
    best = np.full(frames + 1, -np.inf)
    best[0] = 0.0
    came_from = np.zeros((rows + 1, frames + 1), np.int64)
    for row in range(1, rows + 1):
        # A row takes the frames from any one on; `sums` makes all of these sums at once.
        sums = np.cumsum(gain[row])
        lead = best - sums
        peaks = np.maximum.accumulate(lead)
        came_from[row] = np.maximum.accumulate(np.where(lead >= peaks, np.arange(frames + 1), 0))
        best = peaks + sums
    bounds = [frames]
    for row in range(rows, 0, -1):
        bounds.append(int(came_from[row][bounds[-1]]))
    return bounds[::-1]
