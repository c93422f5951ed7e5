"""What a provider plugin offers, and how plugins are found.

A plugin is a `Provider` named by an entry point in the group `kallglot.providers`.  Its wire is
a codec without I/O: frames of the provider's protocol in, events out, and back.  It imports
`kallglot.providers`, `.audio`, `.carriers`, `.errors`, `.messages`, `.model` and nothing else of
ours; the built-in ones do the same.

A wire is all that a provider of streams needs.  One that also carries the calls brings the rest,
and each of these needs only those before it:

    settings   what its credentials are
    verify     whether a webhook is really from there
    admit      whether a stream's upgrade is
    webhooks   what a webhook means, and how steps are written in answer
    client     what its REST API does

A webhook to `/providers/{name}/{suffix}` is served like this, `now` being the time of day:

    provider.verify(request, settings, now)     # raises NotAuthenticated
    delivery = webhook.read(request)            # raises WireError
    if replays.is_new(delivery.key, now): ...   # the facts are for the call's actor
    webhook.render(steps) or webhook.nothing    # steps, if the call's actor has any

and everything else is asked of `provider.client(settings, line)`.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import attrs

from kallglot.carriers.client import CarrierClient
from kallglot.carriers.exchange import Line
from kallglot.carriers.webhook import Webhook, WebhookRequest

__all__ = [
    "GROUP",
    "INTERFACE",
    "Closed",
    "DigitPressed",
    "EndRequested",
    "Frame",
    "Heard",
    "MuteRequested",
    "Notice",
    "Opened",
    "Played",
    "Problem",
    "Provider",
    "Reply",
    "StreamOffer",
    "TranscriptionPaused",
    "Wire",
    "WireEvent",
    "dialect_of",
    "discover",
]

GROUP = "kallglot.providers"

#: The version of this interface; a plugin names the one it was written for.  It rises when a plugin
#: written for the one before would no longer work; what is added as an optional field leaves it.
INTERFACE = 1

Frame: TypeAlias = str | bytes


# What a wire reports.


@attrs.frozen
class Opened:
    """The provider has said who it is: a carrier's `start` frame, a native client's first.

    `parameters` are what the caller of our API sent along (`token`, `session_id`,
    `participant`); `call_id` is the provider's name for the call and survives a reconnect.
    """

    stream_id: str | None = None
    call_id: str | None = None
    parameters: Mapping[str, str] = attrs.field(factory=dict, repr=False)


@attrs.frozen
class Heard:
    """Audio from the far end: 16-bit PCM, mono.

    `speaker` is set when the stream carries several (a native `speaker`, a carrier's track).
    """

    pcm: bytes = attrs.field(repr=False)
    rate_hz: int
    speaker: str | None = None


@attrs.frozen
class Played:
    """The far end has played everything up to the mark called `name`, or has cleared it."""

    name: str


@attrs.frozen
class DigitPressed:
    """A key was pressed on the telephone."""

    digit: str = attrs.field(repr=False)


@attrs.frozen
class MuteRequested:
    """A native client asks that its audio be ignored, or heard again."""

    is_muted: bool


@attrs.frozen
class TranscriptionPaused:
    """A native client asks that nothing it says be written down, or written down again."""

    is_paused: bool


@attrs.frozen
class EndRequested:
    """A native client asks that the session end."""

    reason: str


@attrs.frozen
class Closed:
    """The provider has said that the stream is over."""


@attrs.frozen
class Reply:
    """A frame that answers the one just received, such as a `pong`."""

    frame: Frame


@attrs.frozen
class Problem:
    """A frame that could not be used; the connection stays up.

    `code` is one of our stable error codes.  `reply` tells the far end, where the protocol has
    words for that.
    """

    code: str
    message: str
    reply: Frame | None = None


WireEvent: TypeAlias = (
    Opened
    | Heard
    | Played
    | DigitPressed
    | MuteRequested
    | TranscriptionPaused
    | EndRequested
    | Closed
    | Reply
    | Problem
)


@attrs.frozen
class Notice:
    """Something a client may want to see: a caption, a status, an error, the end.

    `type` is the name of the native message, such as `transcript.final`; `fields` are its
    fields as JSON values.  Wires whose protocol has no such thing encode it to nothing.
    """

    type: str
    fields: Mapping[str, object] = attrs.field(repr=False)


class Wire(Protocol):
    """One connection's protocol, as frames in and events out.  No socket, no clock."""

    #: The rate at which `play` wants its audio.
    rate_hz: int
    #: The least and most audio one frame may carry, in seconds.
    shortest: float
    longest: float
    #: Whether the far end plays a queue that it can be told to clear, and returns marks.
    has_marks: bool

    @property
    def deadline(self) -> float | None:
        """When `due` must be called next, None while nothing is held back."""
        ...

    def receive(self, frame: Frame, now: float) -> list[WireEvent]:
        """Take a frame that arrived at `now`.

        Never raises for what the far end sent: what cannot be used becomes a `Problem`.
        """
        ...

    def due(self, now: float) -> list[WireEvent]:
        """Return what was held back for reordering and must wait no longer."""
        ...

    def play(
        self,
        pcm: bytes,
        listener: str,
        speaker: str,
        utterance: str | None,
        language: str | None = None,
    ) -> list[Frame]:
        """Encode audio, at `rate_hz`, that `listener` is to hear.

        `speaker` is whose words it is; `utterance` and `language` are set when it is a
        translation.
        """
        ...

    def mark(self, name: str) -> list[Frame]:
        """Ask to be told when what was played so far has been heard."""
        ...

    def clear(self, listener: str) -> list[Frame]:
        """Have the far end throw away what it has not yet played."""
        ...

    def notify(self, notice: Notice) -> list[Frame]:
        """Encode a notice, or nothing."""
        ...


@attrs.frozen
class StreamOffer:
    """What is known of a stream before its first frame: the query and headers of the upgrade."""

    session_id: str
    query: Mapping[str, str] = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)


@attrs.frozen
class Provider:
    """What a plugin brings.

    `recognises` tells from a stream's first frame whether the provider's dialect is spoken;
    `wire` makes the codec for one such stream.

    `settings` is a frozen attrs class, described by `kallglot.carriers.settings`; its instances go
    to the three functions below, which trust that type and are therefore typed `Any`.

    * `verify(request, settings, now)` raises `NotAuthenticated` unless the carrier has sent this
      webhook, and just now.
    * `admit(request, settings, token)` raises the same unless the carrier opens this stream;
      `token` is the one the stream was ordered with.
    * `client(settings, line)` makes a client that asks over that line.

    `capabilities` are words that the rest of the server looks for: `marks` and `dtmf` of the wire,
    `documents` if steps are written in answers, `commands` if they can be carried out one by one
    and leave a stream open that they are not about, `numbers` if they can be bought.
    """

    name: str
    interface: int
    recognises: Callable[[Frame], bool]
    wire: Callable[[StreamOffer], Wire]
    capabilities: frozenset[str] = frozenset()
    settings: type | None = None
    verify: Callable[[WebhookRequest, Any, float], None] | None = None
    admit: Callable[[WebhookRequest, Any, str | None], None] | None = None
    webhooks: tuple[Webhook, ...] = ()
    client: Callable[[Any, Line], CarrierClient] | None = None

    def webhook(self, suffix: str) -> Webhook | None:
        """Return what answers at `/providers/{name}/{suffix}`."""
        return next((each for each in self.webhooks if each.suffix == suffix), None)


def discover() -> dict[str, Provider]:
    """Return the installed providers by name, in the order of their names."""
    found = importlib.metadata.entry_points(group=GROUP)
    return {entry.name: entry.load() for entry in sorted(found, key=lambda entry: entry.name)}


def dialect_of(first: Frame, providers: Sequence[Provider]) -> Provider | None:
    """Return the provider whose dialect the first frame of a stream speaks."""
    return next((provider for provider in providers if provider.recognises(first)), None)
