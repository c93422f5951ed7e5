"""What `speech.profile` stands for: choices for those who do not want to choose.

Nothing is imported here, so that the settings may read it.  What the operator sets wins over the
profile, and what the profile leaves open is as the settings have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["EXAMPLES", "PROFILES", "choices"]

#: A `*` stands for every model of that kind that has been pulled.
PROFILES: Final[Mapping[str, Mapping[str, str | int]]] = {
    "demo": {
        "recogniser": "demo",
        "translator": "demo",
        "synthesiser": "demo",
        "device": "cpu",
        "rows": 8,
    },
    "cpu": {
        "recogniser": "acft-whisper-base",
        "translator": "opus-mt-*",
        "synthesiser": "espeak-ng",
        "device": "cpu",
        "rows": 8,
    },
    "gpu": {
        "recogniser": "whisper-large-v3-turbo",
        "translator": "opus-mt-*",
        "synthesiser": "espeak-ng",
        "device": "cuda",
        "rows": 32,
    },
}

#: What to pull, for example, where a `*` finds nothing.
EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "opus-mt-*": ("opus-mt-de-en", "opus-mt-en-de"),
}


def choices(profile: str) -> dict[str, str | int]:
    """Return the settings of a profile, by their names below `speech`."""
    return dict(PROFILES[profile])
