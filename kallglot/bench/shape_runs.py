"""What is timed: one batch of requests to a model of random weights.

Models that Kallglot has an engine for are asked through it, with everything that is around the
model; the others are run as an engine would run them.  Torch is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import torch

from kallglot.bench import shape_models
from kallglot.bench.shape_models import FixedLength, FixedSpeech
from kallglot.bench.shapes import Shape, Work
from kallglot.speech.calibration import Calibration
from kallglot.speech.engines import (
    EngineCard,
    Feed,
    Opening,
    SpeechRequest,
    TextRequest,
    VoiceRequest,
)
from kallglot.speech.transformers_moonshine import MoonshineRecogniser
from kallglot.speech.transformers_nemotron import NemotronRecogniser
from kallglot.speech.transformers_recogniser import WhisperRecogniser
from kallglot.speech.transformers_synthesiser import VitsSynthesiser
from kallglot.speech.transformers_translator import MarianTranslator

__all__ = ["Run", "has_engine", "prepare"]

#: Answers a batch, and returns the seconds of sound that each row had or became.
Run: TypeAlias = Callable[[], float]

_CARD: Final = EngineCard("random", ("en", "de"))
_LOOKAHEAD: Final = 6
#: Somebody speaks for so many chunks of 560 ms before somebody else does: about 4 s.
_CHUNKS: Final = 7
#: Pocket TTS makes 80 ms of sound at a time, and knows a voice by 60 of them.
_FRAME, _VOICE = 0.08, 60


def has_engine(shape: Shape) -> bool:
    """Tell whether it is timed through the engine that servers use."""
    return shape.family not in {"m2m100", "pocket"}


def prepare(shape: Shape, model: Any, work: Work, rows: int) -> Run:
    """Return what answers `rows` requests; calling it changes nothing for the next call."""
    run = _PREPARATIONS[shape.family](model, shape, work, rows)

    def timed() -> float:
        with torch.inference_mode():
            return run()

    return timed


def _whisper(model: Any, shape: Shape, work: Work, rows: int) -> Run:
    head = _fixed(model, "proj_out", model.config.eos_token_id, work.pieces, before=1)
    engine = WhisperRecogniser(
        model,
        shape_models.whisper_tokenizer(),
        shape_models.whisper_extractor(shape.sizes["num_mel_bins"]),
        Calibration(is_window_elastic=True),
        _CARD,
    )
    requests = [VoiceRequest(_noise(seed, work.audio), 16000, "en") for seed in range(rows)]

    def run() -> float:
        head.begin()
        engine.recognise(requests)
        return work.audio

    return run


def _marian(model: Any, shape: Shape, work: Work, rows: int) -> Run:
    head = _fixed(model, "lm_head", model.config.eos_token_id, work.pieces, before=0)
    tokenizer = shape_models.unigram_tokenizer(shape.sizes["vocab_size"])
    pairs = frozenset({("de", "en")})
    engine = MarianTranslator(model, tokenizer, Calibration(), _CARD, pairs)
    texts = [
        " ".join(f"a{row * 100 + number}" for number in range(work.given - 1))
        for row in range(rows)
    ]
    requests = [TextRequest(text, "de", "en") for text in texts]

    def run() -> float:
        head.begin()
        engine.translate(requests)
        return 0.0

    return run


def _fixed(model: Any, name: str, end: int, pieces: int, before: int) -> FixedLength:
    """Put a fixed length before a model's vocabulary, or change the one that is there."""
    head = getattr(model, name)
    if isinstance(head, FixedLength):
        head.set(pieces, before)
        return head
    fixed = FixedLength(head, end, pieces, before)
    setattr(model, name, fixed)
    return fixed


def _vits(model: Any, _shape: Shape, work: Work, rows: int) -> Run:
    rate_hz: int = model.config.sampling_rate
    if rows == 1:
        engine = VitsSynthesiser(model, shape_models.vits_tokenizer(), _CARD)
        text = " ".join(["abcde"] * (work.given // 6))
        request = SpeechRequest(text, "en", 8000)

        def speak() -> float:
            chunks = engine.synthesise(request, lambda: False)
            return sum(len(chunk.pcm) for chunk in chunks) / 2 / 8000

        return speak
    letters = _numbers(model, rows, 2 * work.given + 1, model.config.vocab_size)
    mask = torch.ones_like(letters)

    def run() -> float:
        torch.manual_seed(1)
        said = model(letters, attention_mask=mask)
        said.waveform.float().cpu()
        return float(said.waveform.shape[-1]) / rate_hz

    return run


def _nemotron(model: Any, _shape: Shape, work: Work, rows: int) -> Run:
    """Voices that began to speak at different times, each heard for one more chunk."""
    if not isinstance(model.joint, FixedSpeech):
        blank = model.config.blank_token_id
        model.joint = FixedSpeech(model.joint, blank, _LOOKAHEAD + 1, work.pieces)
    processor = shape_models.nemotron_processor(model)
    engine = NemotronRecogniser(model, processor, Calibration(), _CARD, _LOOKAHEAD)
    sounds = [_noise(stream, work.audio, 8000) for stream in range(rows)]
    heard = [-1] * rows

    def begin(stream: int) -> None:
        engine.close(stream)
        engine.open(stream, Opening(8000, "en"))
        heard[stream] = 0

    def run() -> float:
        feeds = []
        for stream in range(rows):
            if heard[stream] in {-1, _CHUNKS}:
                begin(stream)
            heard[stream] += 1
            feeds.append(Feed(stream, sounds[stream]))
        engine.step(feeds)
        return work.audio

    # Turns end at different times too: after this the voices are of all ages.
    for chunk in range(_CHUNKS):
        for stream in range(rows):
            if stream % _CHUNKS == chunk:
                heard[stream] = -1
        with torch.inference_mode():
            run()
    return run


def _moonshine(model: Any, _shape: Shape, work: Work, rows: int) -> Run:
    head = _fixed(model, "proj_out", model.config.eos_token_id, work.pieces, before=0)
    tokenizer = shape_models.unigram_tokenizer(model.config.vocab_size)
    engine = MoonshineRecogniser(model, tokenizer, Calibration(), _CARD)
    requests = [VoiceRequest(_noise(seed, work.audio), 16000, "en") for seed in range(rows)]

    def run() -> float:
        head.begin()
        engine.recognise(requests)
        return work.audio

    return run


def _m2m100(model: Any, shape: Shape, work: Work, rows: int) -> Run:
    given = _numbers(model, rows, work.given, shape.sizes["vocab_size"])
    mask = torch.ones_like(given)

    def run() -> float:
        _generate(model, work, input_ids=given, attention_mask=mask)
        return 0.0

    return run


def _generate(model: Any, work: Work, **given: torch.Tensor) -> None:
    model.generate(
        **given,
        max_new_tokens=work.pieces,
        min_new_tokens=work.pieces,
        num_beams=1,
        do_sample=False,
    ).tolist()


def _pocket(model: Any, _shape: Shape, work: Work, rows: int) -> Run:
    speaker, codec = model["speaker"], model["codec"]
    config = speaker.config
    row = [
        config.audio_prompt_bos_token_id,
        *[config.audio_prompt_token_id] * _VOICE,
        *range(10, 10 + work.given // 2),  # a piece of a word has about two letters
        config.audio_bos_token_id,
    ]
    given = torch.tensor([row] * rows, device=speaker.device)
    voice = _random(speaker, rows, _VOICE, config.latent_dim)
    frames = round(work.audio / _FRAME)

    def run() -> float:
        speaker.generate(
            input_ids=given,
            attention_mask=torch.ones_like(given),
            audio_prompt_latents=voice,
            audio_prompt_latents_mask=torch.ones(rows, _VOICE, dtype=torch.long).to(given),
            max_new_tokens=frames,
            eos_threshold=1e9,
            frames_after_eos=2,
        )
        codec.decode(_random(speaker, rows, frames, config.latent_dim))
        return frames * _FRAME

    return run


def _noise(seed: int, seconds: float, rate_hz: int = 16000) -> bytes:
    noise = np.random.default_rng(seed).normal(0, 2000, round(seconds * rate_hz))
    return noise.astype(np.int16).tobytes()


def _random(model: Any, *sizes: int) -> torch.Tensor:
    return torch.randn(*sizes, device=model.device, dtype=model.dtype)


def _numbers(model: Any, rows: int, length: int, vocabulary: int) -> torch.Tensor:
    return torch.randint(5, vocabulary - 4, (rows, length), device=model.device)


_PREPARATIONS: Final[Mapping[str, Callable[[Any, Shape, Work, int], Run]]] = {
    "whisper": _whisper,
    "moonshine": _moonshine,
    "moonshine-streaming": _moonshine,
    "nemotron": _nemotron,
    "marian": _marian,
    "m2m100": _m2m100,
    "vits": _vits,
    "pocket": _pocket,
}
