"""Who hears whom, and how: a table from mode, participants and languages.

People who share a language hear each other directly, in every mode.  While a language is not yet
known, and while translation is not to be had, the voice passes as it is: two people who cannot
be interpreted are still better connected than not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from kallglot.model.session import Mode, Participant

__all__ = ["DUCKED", "Hearing", "hearings"]

#: The gain of an original voice that lies under its translation: 15 dB down.
DUCKED = 0.18

_ORIGINAL_GAIN = {"none": 0.0, "ducked": DUCKED, "full": 1.0}


@attrs.frozen
class Hearing:
    """What `listener` hears of `speaker`.

    `language` is that of the translation, None for no translation.  `is_spoken` is False for a
    translation that is only shown.  `original` is the gain of the speaker's own voice.
    """

    speaker: str
    listener: str
    language: str | None
    is_spoken: bool
    original: float


def hearings(
    mode: Mode,
    participants: Sequence[Participant],
    original: str,
    can_translate: Callable[[str, str], bool],
    *,
    is_speaking: bool = True,
) -> tuple[Hearing, ...]:
    """Return what each participant hears of each other.

    `original` is the session's `hearing.original`; `can_translate` says of a pair of languages
    whether it can be translated now.  Unless `is_speaking`, translations are only shown.
    """
    return tuple(
        _hearing(mode, speaker, listener, original, can_translate, is_speaking=is_speaking)
        for speaker in participants
        for listener in participants
        if speaker is not listener
    )


def _hearing(
    mode: Mode,
    speaker: Participant,
    listener: Participant,
    original: str,
    can_translate: Callable[[str, str], bool],
    *,
    is_speaking: bool,
) -> Hearing:
    source, target = speaker.language, listener.language
    if source is None or target is None or source == target or not can_translate(source, target):
        return Hearing(speaker.key, listener.key, None, is_spoken=False, original=1.0)
    if mode is Mode.ASSISTIVE and listener.type == "agent" and speaker.type != "agent":
        return Hearing(speaker.key, listener.key, target, is_spoken=False, original=1.0)
    if not is_speaking:
        return Hearing(speaker.key, listener.key, target, is_spoken=False, original=1.0)
    gain = _ORIGINAL_GAIN[original]
    return Hearing(speaker.key, listener.key, target, is_spoken=True, original=gain)
