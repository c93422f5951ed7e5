"""Who is on the telephone: whether they answer, and what they do on a stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import attrs

from kallglot.phones.phone import Phone
from kallglot.phones.tape import Span
from kallglot.testing.rung import Outcome

__all__ = ["Person", "Talk", "listens", "plays"]

Talk: TypeAlias = Callable[[Phone], Awaitable[None]]

#: Seconds of silence after which it is one's own turn again.
SILENCE = 1.5


async def listens(phone: Phone) -> None:
    """Say nothing, as long as the stream lasts."""
    await phone.until(lambda: False)


def plays(sounds: Sequence[bytes], *, patience: float = 8.0) -> Talk:
    """Return somebody who says these, 16-bit PCM at 8 kHz, and waits for an answer to each.

    Without sounds they listen for as long as that.
    """

    async def talk(phone: Phone) -> None:
        if not sounds:
            await phone.until(lambda: False, within=patience)
        for pcm in sounds:
            await _silence(phone, patience)
            await phone.say(pcm)
        await _silence(phone, patience)

    return talk


async def _silence(phone: Phone, patience: float) -> None:
    handset = phone.handset
    if not handset.spoken:
        return
    spoken = handset.spoken[-1].until

    def is_over() -> bool:
        tape = handset.heard
        if handset.is_playing or not tape.audible(Span(spoken, tape.until)):
            return False
        return not tape.audible(Span(tape.until - SILENCE, tape.until))

    await phone.until(is_over, within=patience)


@attrs.frozen
class Person:
    """Somebody who can be called.

    They let it ring for `after` seconds.  `talk` is what they do on each stream; with `leaves`
    they hang up when they have done so.  `stays` is how long they talk, in seconds, where they
    are put through to somebody without a stream.
    """

    outcome: Outcome = "answers"
    after: float = 0.0
    is_machine: bool = False
    talk: Talk = listens
    leaves: bool = False
    stays: float = 1.0
