"""What the demonstration recogniser sees of a sound: 80 mel bands, 64 times a second.

The same numbers as transformers' `WhisperFeatureExtractor` computes with these settings, but
without padding to the window first, so that training need not carry the silence around.
"""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from transformers import WhisperFeatureExtractor
from transformers.utils import logging

__all__ = ["BANDS", "FRAMES_PER_SECOND", "WINDOW_FRAMES", "feature_extractor", "log_mel"]

RATE_HZ: Final = 8000
BANDS: Final = 80
HOP: Final = 125
WINDOW_SECONDS: Final = 8
FRAMES_PER_SECOND: Final = RATE_HZ // HOP
WINDOW_FRAMES: Final = WINDOW_SECONDS * FRAMES_PER_SECOND
_FFT: Final = 200

logging.set_verbosity_error()


def feature_extractor() -> Any:
    """The extractor whose settings go into the model's directory."""
    with warnings.catch_warnings():
        # Whisper's bands reach up to 8 kHz; those above 4 kHz stay empty at this rate.
        warnings.simplefilter("ignore", UserWarning)
        return WhisperFeatureExtractor(
            feature_size=BANDS,
            sampling_rate=RATE_HZ,
            hop_length=HOP,
            chunk_length=WINDOW_SECONDS,
            n_fft=_FFT,
        )


_FILTERS: Final = torch.from_numpy(feature_extractor().mel_filters).float().T.contiguous()
_WINDOW: Final = torch.hann_window(_FFT)


def log_mel(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float16]:
    """Bands by frames, for as long as the sound is; half precision to save room."""
    whole = len(samples) // (2 * HOP) * 2 * HOP
    wave = torch.from_numpy(samples[:whole].astype(np.float32) / 32768)
    spectrum = torch.stft(wave, _FFT, HOP, window=_WINDOW, return_complex=True)[..., :-1]
    bands = torch.clamp(_FILTERS @ spectrum.abs().square(), min=1e-10).log10()
    bands = torch.maximum(bands, bands.max() - 8.0)
    levels: npt.NDArray[np.float16] = ((bands + 4.0) / 4.0).half().numpy()
    return levels
