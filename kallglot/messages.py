"""What actors say to each other.

A *request* asks for something and is named in the imperative: `EndSession`.  A *fact* reports
something that has happened and is named in the past tense: `LegLost`.  A *question* is a request
that is answered; its class names the type of the answer.  *Media* may be dropped when its
receiver falls behind; nothing else may.

Times are seconds: `at` counts from the start of the session, so that it means the same in a
transcript and in a recording.  PCM is 16-bit, native byte order, mono.  What a person said has
`repr=False`, so that any message may be written to a log.
"""

from __future__ import annotations

import attrs

from kallglot.messaging import Fact, Media, Question, Receiver, Request
from kallglot.model.transcript import Utterance
from kallglot.providers import Notice

__all__ = [
    "AudioHeard",
    "ClearPlayback",
    "DeadlinePassed",
    "DigitHeard",
    "EndSession",
    "Fact",
    "Finish",
    "HangUp",
    "HangUpReason",
    "LanguageDetected",
    "LegConnected",
    "LegLost",
    "Listener",
    "ListenerJoined",
    "ListenerLeft",
    "Media",
    "MuteVoice",
    "Notify",
    "OriginalHeard",
    "PartFinished",
    "PartialRecognised",
    "PauseTranscription",
    "PlayAudio",
    "PlaybackReached",
    "Question",
    "Receiver",
    "RenderingSpoken",
    "Request",
    "RouteVoice",
    "SeatSpeaker",
    "SpeakerAppeared",
    "SpeechMade",
    "SpeechUnavailable",
    "TrackErased",
    "TrackHeard",
    "TurnAwaySpeaker",
    "UtteranceRecognised",
    "UtteranceRendered",
    "VoiceHeard",
]

# The life of a session.


@attrs.frozen
class LegConnected(Fact):
    """`leg` has connected and carries these participants' voices."""

    leg: str
    participants: tuple[str, ...]


@attrs.frozen
class AudioHeard(Fact):
    """`leg` delivers audio: told with the first of it, and now and then while it goes on."""

    leg: str


@attrs.frozen
class LegLost(Fact):
    """`leg` is gone; whom it carried may come back."""

    leg: str


@attrs.frozen
class PartFinished(Fact):
    """A part of the session has put its work in the store; the transcript counts its turns."""

    part: str
    turns: int | None = None


@attrs.frozen
class DeadlinePassed(Fact):
    """The time named by the state's `deadline` has come."""


@attrs.frozen
class EndSession(Request):
    """Wind the session down."""

    reason: str


@attrs.frozen
class Finish(Request):
    """Bring what you are doing to an end, put it where it belongs, and report `PartFinished`."""


# Voices: from the leg to the participant, and on to those who listen.


@attrs.define(eq=False)
class VoiceHeard(Media):
    """A participant's voice, as a leg delivered it."""

    pcm: bytes = attrs.field(repr=False)
    rate_hz: int
    at: float


@attrs.define(eq=False)
class OriginalHeard(Media):
    """Somebody's own voice, for a listener who hears it untranslated."""

    speaker: str
    pcm: bytes = attrs.field(repr=False)
    rate_hz: int
    gain: float


@attrs.define(eq=False)
class PlayAudio(Media):
    """Send this to the far end now."""

    pcm: bytes = attrs.field(repr=False)
    listener: str
    speaker: str
    utterance: str | None
    language: str | None = None
    mark: str | None = None


@attrs.frozen
class ClearPlayback(Request):
    """Have the far end throw away what it has not yet played for `listener`."""

    listener: str


@attrs.frozen
class PlaybackReached(Fact):
    """The far end has played, or cleared, everything up to this mark."""

    mark: str


@attrs.frozen
class ListenerJoined(Fact):
    """A participant's ear: `leg` plays to it, at `rate_hz`."""

    leg: Receiver = attrs.field(repr=False)
    leg_id: str
    rate_hz: int


@attrs.frozen
class ListenerLeft(Fact):
    """The leg that played to a participant is gone."""

    leg_id: str


@attrs.frozen
class Listener:
    """Somebody who hears a speaker, and how.

    `language` is set for a translation, only shown unless `is_spoken`; `original` is the gain of
    the speaker's own voice, 0 for not at all.
    """

    key: str
    address: Receiver = attrs.field(repr=False)
    language: str | None
    is_spoken: bool
    original: float


@attrs.frozen
class RouteVoice(Request):
    """From now on, these hear you, and that is what you speak as far as is known.

    `candidates` are the languages to expect.  If it `may_wait`, those who are being interpreted to
    first hear the end of it.
    """

    listeners: tuple[Listener, ...]
    language: str | None
    candidates: tuple[str, ...]
    may_wait: bool = False


@attrs.frozen
class SpeakerAppeared(Fact):
    """A stream speaks for somebody who is not on its leg yet; None if it does not say for whom."""

    leg: str
    speaker: str | None


@attrs.frozen
class SeatSpeaker(Request):
    """Hand what the stream says for `speaker` to this participant."""

    speaker: str | None
    participant: str
    address: Receiver = attrs.field(repr=False)


@attrs.frozen
class TurnAwaySpeaker(Request):
    """Tell the far end that it cannot speak for `speaker`."""

    speaker: str | None
    code: str
    message: str


@attrs.frozen
class MuteVoice(Request):
    """Ignore, or heed again, what the leg delivers."""

    is_muted: bool


@attrs.frozen
class PauseTranscription(Request):
    """Stop, or start again, writing down and translating what is said."""

    is_paused: bool


@attrs.frozen
class DigitHeard(Fact):
    """Somebody on `leg` pressed a key."""

    leg: str
    digit: str = attrs.field(repr=False)


# Words: from the participant to the translator, the transcript and the listeners.


@attrs.frozen
class PartialRecognised(Fact):
    """What somebody who is still speaking seems to have said so far."""

    utterance_id: str
    speaker: str
    language: str
    text: str = attrs.field(repr=False)
    start: float


@attrs.frozen
class UtteranceRecognised(Fact):
    """An utterance has ended and been recognised; `pcm` is how it sounded.

    `listeners` are those who hear or see it as a translation.
    """

    utterance: Utterance
    listeners: tuple[Listener, ...]
    pcm: bytes = attrs.field(repr=False)
    rate_hz: int


@attrs.frozen
class UtteranceRendered(Fact):
    """An utterance has been translated into every language that is listened to."""

    utterance: Utterance


@attrs.frozen
class RenderingSpoken(Fact):
    """`listener` has heard an utterance's translation, or a part of it, from `since` to `until`.

    To catch up it was spoken `compressed` seconds shorter than it was made, and `dropped` seconds
    of it were not spoken.  Where nothing was, `since` is `until`; several of these add up.
    """

    utterance_id: str
    listener: str
    language: str
    since: float
    until: float
    dropped: float = 0.0
    compressed: float = 0.0


@attrs.frozen
class LanguageDetected(Fact):
    """It has become clear which language a participant speaks, or speaks now.

    `before` is what they spoke until then, None the first time; `alternatives` are other languages
    that it may be, likeliest first.
    """

    participant: str
    language: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()
    before: str | None = None


@attrs.frozen
class SpeechMade(Fact):
    """A piece of an utterance, translated and spoken, for one listener.

    `said` is when the speaker had finished it.
    """

    utterance_id: str
    speaker: str
    language: str
    pcm: bytes = attrs.field(repr=False)
    rate_hz: int
    is_last: bool
    said: float | None = None


@attrs.frozen
class SpeechUnavailable(Fact):
    """An engine did not do what it was asked: the voice must pass untranslated."""

    cause: str


# What is kept, and what is shown.


@attrs.frozen(eq=False)
class TrackHeard(Fact):
    """Sound for the recording: `channel` is a participant's key, or one with `_heard`."""

    channel: str
    pcm: bytes = attrs.field(repr=False)
    rate_hz: int
    at: float


@attrs.frozen
class TrackErased(Fact):
    """What was recorded on `channel` from `since` on was never heard after all."""

    channel: str
    since: float


@attrs.frozen
class Notify(Request):
    """Show this to whoever watches the session on its stream."""

    notice: Notice


@attrs.frozen
class HangUpReason:
    """Why a stream is closed, as a WebSocket close code and a stable error code."""

    code: int
    reason: str


@attrs.frozen
class HangUp(Request):
    """Close the leg; what is queued is not played."""

    why: HangUpReason = HangUpReason(1000, "session_ended")
