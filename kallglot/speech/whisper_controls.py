"""The control tokens of a Whisper model: Whispers differ in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import torch

__all__ = ["Controls", "read", "suppressed"]


@attrs.frozen
class Controls:
    """The numbers of the control tokens.

    `prompt` is what comes after the language; `earlier` is what may come before everything, to be
    followed by words that were said or are likely; `languages` are none in a model of English only.
    """

    start: int
    end: int
    no_speech: int | None
    earlier: int | None
    prompt: tuple[int, ...]
    languages: dict[str, int]

    def opening(self, language: str) -> list[int]:
        """What stands before the text."""
        spoken = (self.languages[language],) if self.languages else ()
        return [self.start, *spoken, *self.prompt]


def read(model: Any, tokenizer: Any) -> Controls:
    settings = model.generation_config
    known = tokenizer.get_vocab()
    languages = {
        token.strip("<|>"): number
        for token, number in (getattr(settings, "lang_to_id", None) or {}).items()
    }
    tasks = getattr(settings, "task_to_id", None) or {}
    prompt = [tasks["transcribe"]] if languages and "transcribe" in tasks else []
    if "<|notimestamps|>" in known:
        prompt.append(known["<|notimestamps|>"])
    return Controls(
        start=settings.decoder_start_token_id or model.config.decoder_start_token_id,
        end=model.config.eos_token_id,
        no_speech=known.get("<|nospeech|>", known.get("<|nocaptions|>")),
        earlier=known.get("<|startofprev|>"),
        prompt=tuple(prompt),
        languages=languages,
    )


def suppressed(model: Any, tokenizer: Any, controls: Controls) -> tuple[torch.Tensor, torch.Tensor]:
    """The tokens that are never text, and those that are no beginning of a text."""
    settings = model.generation_config
    never = {*tokenizer.all_special_ids, *(settings.suppress_tokens or ())} - {controls.end}
    # Stock models have their timestamps at the end of the vocabulary, unmarked.
    stamps = getattr(settings, "no_timestamps_token_id", None)
    if stamps is not None:
        never |= set(range(stamps + 1, model.config.vocab_size))
    first = set(getattr(settings, "begin_suppress_tokens", None) or ())
    return _numbers(never, model), _numbers(first, model)


def _numbers(tokens: Iterable[int], model: Any) -> torch.Tensor:
    inside = sorted(token for token in tokens if 0 <= token < model.config.vocab_size)
    return torch.tensor(inside, dtype=torch.long, device=model.device)
