"""What a carrier is to do with a call, one step after another, in words that are nobody's.  Pure.

A carrier that takes a document (TwiML, TeXML) gets all the steps at once, as its answer or by
`CarrierClient.carry_out`; one that takes commands gets them one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import attrs

__all__ = [
    "LONGEST_SPEECH",
    "ConnectStream",
    "CopyStream",
    "Dial",
    "EndStream",
    "GoTo",
    "HangUp",
    "Hush",
    "JoinConference",
    "Number",
    "PickUp",
    "PlayAudio",
    "PressKeys",
    "SipAddress",
    "Speak",
    "Step",
    "Target",
    "TurnAway",
    "Wait",
    "hold",
]

#: Characters; the least that any carrier of ours speaks in one go.
LONGEST_SPEECH: Final = 3000


@attrs.frozen
class PickUp:
    """Answer a call that comes in, which documents do by themselves.

    `tag` is repeated in what the carrier says about it from then on, where it can.
    """

    tag: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Speak:
    """Say something in a synthetic voice of the carrier's; `language` is a tag such as `de-DE`.

    `times` is how often; 0 is until something else is ordered.
    """

    text: str = attrs.field(repr=False)
    language: str | None = None
    voice: str | None = None
    times: int = 1


@attrs.frozen
class PlayAudio:
    """Play a file that the carrier fetches; `times` is how often, 0 until further orders."""

    url: str = attrs.field(repr=False)
    times: int = 1


@attrs.frozen
class Wait:
    """Let nothing be heard for so many seconds."""

    seconds: int


@attrs.frozen
class PressKeys:
    """Send keys: 0 to 9, A to D, * and #, and `w` for half a second of nothing."""

    digits: str = attrs.field(
        repr=False, validator=attrs.validators.matches_re(r"[0-9A-D*#wW]{1,32}")
    )


@attrs.frozen
class ConnectStream:
    """Connect the call's audio with us, both ways.

    The steps behind it are done when the stream is gone; `after_url` is asked first, where the
    carrier can ask.  It is another URL each time: whoever asks the same one again may be somebody
    who has heard the first asking.  `token` is what the carrier shows us when it opens the stream,
    where it can.
    """

    url: str = attrs.field(repr=False)
    parameters: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    after_url: str | None = attrs.field(default=None, repr=False)
    status_url: str | None = attrs.field(default=None, repr=False)
    token: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class CopyStream:
    """Send us a copy of what is said, and go on to the next step at once."""

    url: str = attrs.field(repr=False)
    parameters: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    status_url: str | None = attrs.field(default=None, repr=False)
    tracks: Literal["inbound", "outbound", "both"] = "both"


@attrs.frozen
class Hush:
    """Stop what is being spoken or played, where the next step does not do so by itself."""


@attrs.frozen
class EndStream:
    """Stop streaming and keep the call, where the next step does not do so by itself."""


@attrs.frozen
class Number:
    """A telephone number in E.164; `keys` are pressed when it answers."""

    number: str = attrs.field(repr=False)
    keys: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class SipAddress:
    """A SIP URI, with what its server wants to see."""

    uri: str = attrs.field(repr=False)
    user: str | None = None
    password: str | None = attrs.field(default=None, repr=False)


Target: TypeAlias = Number | SipAddress


@attrs.frozen
class Dial:
    """Transfer the call: place another, and let the two hear each other without us.

    `timeout` is how long it rings.  `after_url` is asked what comes next when the other call is
    over, or was not reached, and is another each time; `status_url` is told how the other call gets
    on.
    """

    target: Target
    caller: str | None = attrs.field(default=None, repr=False)
    timeout: int = 30
    after_url: str | None = attrs.field(default=None, repr=False)
    status_url: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class JoinConference:
    """Put the call into the carrier's conference of that name, which need not exist yet."""

    name: str
    label: str | None = None
    is_muted: bool = False
    ends_it: bool = False
    wait_url: str | None = attrs.field(default=None, repr=False)
    status_url: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class TurnAway:
    """Do not answer; the caller hears that we are busy, or that we do not take the call."""

    is_busy: bool = True


@attrs.frozen
class HangUp:
    """End the call."""


@attrs.frozen
class GoTo:
    """Ask that URL what comes next."""

    url: str = attrs.field(repr=False)


Step: TypeAlias = (
    PickUp
    | Speak
    | PlayAudio
    | Wait
    | PressKeys
    | ConnectStream
    | CopyStream
    | Hush
    | EndStream
    | Dial
    | JoinConference
    | TurnAway
    | HangUp
    | GoTo
)


def hold(music: str | None, notice: Speak | None = None) -> tuple[Step, ...]:
    """Return the steps of a call on hold: a notice once, or time and again if there is no music."""
    if music is not None:
        first = () if notice is None else (notice,)
        return (*first, PlayAudio(music, times=0))
    if notice is not None:
        return (attrs.evolve(notice, times=0),)
    return (Wait(3600),)
