"""Putting a trained model where the engines find it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from kallglot.speech import calibration

__all__ = ["ship"]

_KEPT: Final = (calibration.FILE_NAME,)


def ship(model: Any, target: Path, save_the_rest: Callable[[Path], object]) -> None:
    """Replace a model's directory, at once for whoever looks; its calibration is kept."""
    partial = target.with_name(f"{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    half = {name: value.half() for name, value in model.state_dict().items()}
    model.save_pretrained(partial, state_dict=half)
    config = json.loads((partial / "config.json").read_text())
    config["dtype"] = "float16"
    (partial / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    save_the_rest(partial)
    for name in _KEPT:
        if (target / name).exists():
            shutil.copy(target / name, partial)
    for file in partial.iterdir():
        file.chmod(0o644)  # safetensors writes for its owner only
    old = target.with_name(f"{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.replace(old)
    partial.replace(target)
    shutil.rmtree(old, ignore_errors=True)
