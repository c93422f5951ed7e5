"""The weights in a TorchScript archive, read without torch.

An archive is a zip file with a pickle of the modules and a file of numbers per tensor.  Only the
few names that such a pickle needs are known here, so that nothing else in it can be called.
"""

from __future__ import annotations

import collections
import pickle
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Module", "read"]


class Module:
    """A module of the archive; what belongs to it are its attributes."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def part(self, path: str) -> Module:
        """Return a module inside this one by its dotted path."""
        found = self._find(path)
        assert isinstance(found, Module)
        return found

    def weights(self, path: str) -> npt.NDArray[np.float32]:
        """Return a tensor by its dotted path."""
        found = self._find(path)
        assert isinstance(found, np.ndarray)
        return found

    def _find(self, path: str) -> Any:
        found: Any = self
        for name in path.split("."):
            found = getattr(found, name)
        return found


def read(path: Path) -> Module:
    """Return the outermost module of the archive."""
    with zipfile.ZipFile(path) as archive:
        pickled = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        with archive.open(pickled) as file:
            module = _Reader(file, archive, pickled.removesuffix(".pkl")).load()
    assert isinstance(module, Module)
    return module


class _Reader(pickle.Unpickler):
    def __init__(self, file: Any, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(file)
        self._archive = archive
        self._folder = folder

    def find_class(self, module: str, name: str) -> Any:
        match module, name:
            case "collections", "OrderedDict":
                return collections.OrderedDict
            case "torch._utils", "_rebuild_tensor_v2":
                return _tensor
            case "torch.jit._pickle", _:
                return _list
            case "torch", "FloatStorage":
                return name
        if module.startswith("__torch__."):
            return Module
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a model")

    def persistent_load(self, pid: Any) -> Any:
        _, _, key, _, _ = pid
        return np.frombuffer(self._archive.read(f"{self._folder}/{key}"), np.float32)


def _tensor(
    numbers: npt.NDArray[np.float32],
    offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    *_: object,
) -> npt.NDArray[np.float32]:
    strides = [4 * step for step in stride]
    return np.lib.stride_tricks.as_strided(numbers[offset:], size, strides, writeable=False)


def _list(*items: object) -> tuple[object, ...]:
    """Stand for a list of numbers, which we have no use for."""
    return items
