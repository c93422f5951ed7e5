"""Voice activity by Silero's network, for many calls at once.

The library keeps the state of one stream inside its module.  Here it lives outside: a table with
a row per call, from which each step gathers the rows it needs, so that the frames of all calls
go through the network together and each call is judged as if it were alone.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kallglot.errors import ModelMissing

__all__ = ["SileroVoiceActivity"]

#: Samples of a frame at 8 kHz, and of the end of the previous frame that precede it.
FRAME = 256
CONTEXT = 32
_MEMORY = 128


class SileroVoiceActivity:
    """The table of states and the network between two of them."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._rows: dict[int, int] = {}
        self._free: list[int] = []
        self._states = torch.zeros(2, 0, _MEMORY)
        self._contexts = torch.zeros(0, CONTEXT)

    @classmethod
    def load(cls) -> SileroVoiceActivity:
        """Take the network from the `silero-vad` package, without importing that package.

        Its import sets the number of torch's threads for the whole process.
        """
        package = importlib.util.find_spec("silero_vad")
        if package is None or package.origin is None:
            raise ModelMissing("silero-vad is not installed: `pip install 'kallglot[speech]'`")
        path = Path(package.origin).parent / "data" / "silero_vad.jit"
        network = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
        network.eval()
        voice_activity = cls(network._model_8k)  # noqa: SLF001 - the 8 kHz half, state in and out
        voice_activity.warm_up()
        return voice_activity

    def warm_up(self) -> None:
        """Let torch compile what it compiles, for one row and for several."""
        for rows in (1, 1, 1, 4, 4, 4):
            self.step([(-1 - row, bytes(FRAME * 2)) for row in range(rows)])
        for row in range(4):
            self.close(-1 - row)

    def step(self, frames: Sequence[tuple[int, bytes]]) -> list[float]:
        """Judge one frame of each of several streams; a stream unknown so far begins."""
        rows = torch.tensor([self._row(stream) for stream, _ in frames])
        pcm = np.frombuffer(b"".join([frame for _, frame in frames]), np.int16)
        sound = torch.from_numpy(pcm.astype(np.float32) / 32768).view(len(frames), FRAME)
        with torch.inference_mode():
            heard = torch.cat([self._contexts[rows], sound], dim=1)
            probabilities, states = self._network(heard, self._states[:, rows])
            self._states[:, rows] = states
            self._contexts[rows] = sound[:, -CONTEXT:]
        answer: list[float] = probabilities[:, 0].tolist()
        return answer

    def close(self, stream: int) -> None:
        row = self._rows.pop(stream, None)
        if row is not None:
            self._free.append(row)

    def _row(self, stream: int) -> int:
        row = self._rows.get(stream)
        if row is None:
            if not self._free:
                self._grow()
            row = self._rows[stream] = self._free.pop()
            self._states[:, row] = 0
            self._contexts[row] = 0
        return row

    def _grow(self) -> None:
        size = len(self._contexts)
        more = max(64, size)
        self._states = torch.cat([self._states, torch.zeros(2, more, _MEMORY)], dim=1)
        self._contexts = torch.cat([self._contexts, torch.zeros(more, CONTEXT)])
        self._free.extend(range(size + more - 1, size - 1, -1))
