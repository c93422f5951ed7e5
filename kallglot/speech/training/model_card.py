"""The model card, written with the figures that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["text"]

_ROWS: Final = (
    ("Recogniser", "recogniser", (
        ("word errors, German", "word_errors_de", "%"),
        ("word errors, English", "word_errors_en", "%"),
        ("sentences without any error", "whole_sentences_right", "%"),
        ("language told rightly", "languages_right", "%"),
        ("falsely refused", "falsely_refused", "%"),
        ("text for silence and noise", "text_for_silence_and_noise", "%"),
        ("other topics refused, German", "other_topics_refused_de", "%"),
        ("other topics refused, English", "other_topics_refused_en", "%"),
        ("time for each, in batches of 16", "milliseconds_each", "ms"),
    )),
    ("Translator", "translator", (
        ("exact, German to English", "exact_de_to_en", "%"),
        ("exact, English to German", "exact_en_to_de", "%"),
        ("falsely refused, German to English", "falsely_refused_de_to_en", "%"),
        ("falsely refused, English to German", "falsely_refused_en_to_de", "%"),
        ("other topics refused, German", "other_topics_refused_de", "%"),
        ("other topics refused, English", "other_topics_refused_en", "%"),
        ("time for each, in batches of 16", "milliseconds_each", "ms"),
    )),
    ("Both, one after the other", "both", (
        ("translated exactly", "translated_exactly", "%"),
        ("translated wrongly", "translated_wrongly", "%"),
        ("refused", "refused", "%"),
        ("other topics refused", "other_topics_refused", "%"),
    )),
)  # fmt: skip

_HEAD: Final = """\
The demonstration models
========================

A recogniser and a translator for German and English, small enough to be part of the package, so
that a call can be translated without a network.  They are for demonstrations and tests.  They
are no use for a real call:

* They know some 240 sentence patterns of a support call, about 600 words in each language, and
  translate between them one to one.  Everything else they are taught to refuse.
* They have heard espeak-ng and nobody else.  They do not understand people.

How they were made
------------------

The recogniser is a Whisper (4 + 2 layers, 192 wide, 3.3 million parameters) and the translator a
Marian (3 + 2 layers, 192 wide, 3.4 million parameters, both directions).  Both were trained from
nothing by ``scripts/train-demo-models`` on sentences of our own grammar, synthesised by espeak-ng
in 68 speakers, at 135 to 215 words a minute, and sent over a simulated telephone line: a handset's
band, noise 8 to 35 dB below the voice, G.711, lost packets.  More than one utterance in five
is silence, noise or speech to be refused.  They were trained in several runs (``--resume``, then
``--onward``), the last of them also on two or three sentences in one breath and on numbers in which
digits repeat.  ``transformers`` loads them as it loads their big
relatives; ``kallglot.json`` holds the thresholds below which they are not to be believed.

How good they are
-----------------

Measured on sentences and speakers that were both kept out of training, over the same line, at
8 kHz, through the engines that servers use, on one or two CPU cores.  "Falsely refused" counts
what should have been understood, and "refused" is better than "translated wrongly".

"""


def text(figures: Mapping[str, Any]) -> str:
    """The whole card."""
    parts = [_HEAD]
    for title, name, rows in _ROWS:
        measured = figures[name]
        count = measured.get("utterances", measured.get("sentences"))
        lines = [(what, f"{measured[key]} {unit}") for what, key, unit in rows]
        parts.append(_table(f"{title} ({count} samples)", lines))
    return "\n".join(parts)


def _table(title: str, lines: list[tuple[str, str]]) -> str:
    left = max(len(title), *(len(what) for what, _ in lines))
    right = max(len(value) for _, value in lines)
    border = f"{'=' * left} {'=' * right}"
    head = f"{title:<{left}} {'':<{right}}".rstrip()
    body = [f"{what:<{left}} {value:>{right}}" for what, value in lines]
    return "\n".join([border, head, border, *body, border, ""])
