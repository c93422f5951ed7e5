"""Voice activity by Silero's network, for many calls at once and without torch.

The library keeps the state of one stream inside its module and takes a fifth of a millisecond
for a frame.  Here the state lives in a table with a row per call, from which each step gathers
the rows it needs, and the 8 kHz half of the network is a handful of matrix products: the sound
in four overlapping windows -> its spectrum -> four convolutions, of which only what the next one
sees is computed -> an LSTM cell -> one number.  `tests/speech/test_silero.py` holds it to what
the library says.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt

from kallglot.errors import ModelMissing
from kallglot.speech import torchscript

__all__ = ["SileroVoiceActivity"]

#: Samples of a frame at 8 kHz, and of the end of the previous frame that precede it.
FRAME = 256
CONTEXT = 32
#: So many rows at once stay in the processor's cache.
BLOCK = 64

_PADDING = 32
_WINDOW, _HOP, _WINDOWS = 128, 64, 4
_BINS = _WINDOW // 2 + 1
_WIDTH = 128
_NARROW = 64

_Floats = npt.NDArray[np.float32]


@attrs.frozen(eq=False)
class _Layer:
    """A matrix and what is added to the product with it."""

    weights: _Floats
    bias: _Floats

    @classmethod
    def of_convolution(cls, module: torchscript.Module, taps: slice = slice(None)) -> _Layer:
        """Turn a convolution (out, in, tap) into a matrix (tap * in, out)."""
        kernel = module.weights("reparam_conv.weight")[:, :, taps]
        matrix = kernel.transpose(2, 1, 0).reshape(-1, len(kernel))
        return cls(np.ascontiguousarray(matrix), module.weights("reparam_conv.bias"))

    def __call__(self, inputs: _Floats) -> _Floats:
        outputs = inputs @ self.weights
        outputs += self.bias
        return outputs

    def rectified(self, inputs: _Floats) -> _Floats:
        outputs = self(inputs)
        return np.maximum(outputs, 0, out=outputs)


class _Network:
    """Sound and memory in, probability and memory out; a row per call in all of them."""

    def __init__(self, module: torchscript.Module) -> None:
        basis = module.weights("stft.forward_basis_buffer")
        self._spectrum = np.ascontiguousarray(basis[:, 0].T)
        blocks = [module.part(f"encoder.{at}") for at in range(4)]
        self._first = _Layer.of_convolution(blocks[0])
        self._second = _Layer.of_convolution(blocks[1])
        # The third convolution sees two columns behind one of padding, the fourth a single one.
        self._third = _Layer.of_convolution(blocks[2], slice(1, None))
        self._fourth = _Layer.of_convolution(blocks[3], slice(1, 2))
        self._cell = _cell(module)
        head = module.weights("decoder.decoder.2.weight")[0]
        self._head = _Layer(np.ascontiguousarray(head), module.weights("decoder.decoder.2.bias"))

    def __call__(
        self, sound: _Floats, hidden: _Floats, memory: _Floats
    ) -> tuple[_Floats, _Floats, _Floats]:
        gates = _sigmoid(self._cell(np.concatenate([self._encode(sound), hidden], axis=1)))
        enter, keep, new, leave = (gates[:, at : at + _WIDTH] for at in range(0, 512, _WIDTH))
        memory = keep * memory + enter * (2 * new - 1)
        hidden = leave * (2 * _sigmoid(2 * memory) - 1)
        return _sigmoid(self._head(np.maximum(hidden, 0)))[:, 0], hidden, memory

    def _encode(self, sound: _Floats) -> _Floats:
        rows = len(sound)
        mirrored = sound[:, -2 : -2 - _PADDING : -1]
        padded = np.concatenate([sound, mirrored], axis=1)
        waves = _columns(padded[:, :, None], _WINDOW, _HOP, _WINDOWS) @ self._spectrum
        waves *= waves
        seen = np.zeros((rows, _WINDOWS + 2, _BINS), np.float32)
        strength = waves[:, :_BINS] + waves[:, _BINS:]
        seen[:, 1:-1] = np.sqrt(strength, out=strength).reshape(rows, _WINDOWS, _BINS)
        wide = np.zeros((rows, _WINDOWS + 1, _WIDTH), np.float32)
        first = self._first.rectified(_columns(seen, 3, 1, _WINDOWS))
        wide[:, 1:] = first.reshape(rows, _WINDOWS, _WIDTH)
        second = self._second.rectified(_columns(wide, 3, 2, 2))
        third = self._third.rectified(second.reshape(rows, 2 * _NARROW))
        return self._fourth.rectified(third)


def _cell(module: torchscript.Module) -> _Layer:
    """Return the LSTM cell as one layer that sees input and hidden state side by side.

    Its third quarter is doubled, as `tanh(x) = 2 * sigmoid(2 * x) - 1`.
    """
    weights = np.concatenate(
        [module.weights("decoder.rnn.weight_ih").T, module.weights("decoder.rnn.weight_hh").T]
    )
    bias = module.weights("decoder.rnn.bias_ih") + module.weights("decoder.rnn.bias_hh")
    weights[:, 2 * _WIDTH : 3 * _WIDTH] *= 2
    bias[2 * _WIDTH : 3 * _WIDTH] *= 2
    return _Layer(weights, bias)


def _columns(rows: _Floats, width: int, hop: int, count: int) -> _Floats:
    """Return `count` pieces of `width` steps from each row (time, feature), one below another."""
    number, _, features = rows.shape
    across, step, _ = rows.strides
    pieces = np.lib.stride_tricks.as_strided(
        rows, (number, count, width * features), (across, hop * step, rows.itemsize)
    )
    return pieces.reshape(number * count, width * features)


def _sigmoid(numbers: _Floats) -> _Floats:
    np.negative(numbers, out=numbers)
    with np.errstate(over="ignore"):
        np.exp(numbers, out=numbers)
    numbers += 1
    return np.reciprocal(numbers, out=numbers)


class SileroVoiceActivity:
    """The table of states and the network between two of them."""

    def __init__(self, module: torchscript.Module) -> None:
        self._network = _Network(module)
        self._rows: dict[int, int] = {}
        self._free: list[int] = []
        self._hidden = np.zeros((0, _WIDTH), np.float32)
        self._memory = np.zeros((0, _WIDTH), np.float32)
        self._context = np.zeros((0, CONTEXT), np.float32)

    @classmethod
    def load(cls) -> SileroVoiceActivity:
        """Take the weights from the `silero-vad` package, without importing it."""
        package = importlib.util.find_spec("silero_vad")
        if package is None or package.origin is None:
            raise ModelMissing("silero-vad is not installed: `pip install 'kallglot[speech]'`")
        path = Path(package.origin).parent / "data" / "silero_vad.jit"
        return cls(torchscript.read(path).part("_model_8k"))

    def step(self, frames: Sequence[tuple[int, bytes]]) -> list[float]:
        """Judge one frame of each of several streams; a stream unknown so far begins."""
        answer: list[float] = []
        for at in range(0, len(frames), BLOCK):
            answer += self._step(frames[at : at + BLOCK])
        return answer

    def close(self, stream: int) -> None:
        row = self._rows.pop(stream, None)
        if row is not None:
            self._free.append(row)

    def _step(self, frames: Sequence[tuple[int, bytes]]) -> list[float]:
        rows = np.array([self._row(stream) for stream, _ in frames])
        pcm = np.frombuffer(b"".join([frame for _, frame in frames]), np.int16)
        sound = np.empty((len(frames), CONTEXT + FRAME), np.float32)
        sound[:, :CONTEXT] = self._context[rows]
        sound[:, CONTEXT:] = pcm.reshape(len(frames), FRAME)
        sound[:, CONTEXT:] *= 1 / 32768
        probabilities, hidden, memory = self._network(sound, self._hidden[rows], self._memory[rows])
        self._hidden[rows] = hidden
        self._memory[rows] = memory
        self._context[rows] = sound[:, -CONTEXT:]
        answer: list[float] = probabilities.tolist()
        return answer

    def _row(self, stream: int) -> int:
        row = self._rows.get(stream)
        if row is None:
            if not self._free:
                self._grow()
            row = self._rows[stream] = self._free.pop()
            for table in (self._hidden, self._memory, self._context):
                table[row] = 0
        return row

    def _grow(self) -> None:
        size = len(self._context)
        more = max(64, size)
        self._hidden = np.concatenate([self._hidden, np.zeros((more, _WIDTH), np.float32)])
        self._memory = np.concatenate([self._memory, np.zeros((more, _WIDTH), np.float32)])
        self._context = np.concatenate([self._context, np.zeros((more, CONTEXT), np.float32)])
        self._free.extend(range(size + more - 1, size - 1, -1))
