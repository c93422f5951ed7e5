"""The public objects: what sessions, legs, turns and recordings look like as JSON values.

Pure: the same shapes go into API answers and webhook events.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from kallglot.api import shapes
from kallglot.lag.spans import lag_of
from kallglot.lag.summary import CallLag, Figure, Spread
from kallglot.model.leg import Leg
from kallglot.model.recording import Recording
from kallglot.model.session import Participant, Session, Status
from kallglot.model.transcript import Rendering, Utterance
from kallglot.speech.engines import EngineCard

__all__ = [
    "FORMATS",
    "JsonObject",
    "Stream",
    "call_id_object",
    "duration",
    "iso",
    "iso_or_none",
    "lag_object",
    "leg_object",
    "recording_object",
    "session_object",
    "transcript_object",
    "translation_object",
    "turn_object",
]

JsonObject: TypeAlias = dict[str, Any]

#: What a recording can be downloaded as.
FORMATS = ("mp3", "wav", "ogg", "flac")


@attrs.frozen
class Stream:
    """Where and with what a client connects to a session."""

    url: str
    token: str = attrs.field(repr=False)
    expires_at: float


def iso(at: float) -> str:
    """Return a time as ISO 8601 in UTC, to the second."""
    moment = dt.datetime.fromtimestamp(int(at), tz=dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(at: float | None) -> str | None:
    return None if at is None else iso(at)


def duration(session: Session, now: float) -> float | None:
    """Return how long a session has lasted since its first audio; None if it may still begin."""
    if session.started_at is None:
        return 0.0 if session.status is Status.ENDED else None
    until = now if session.ended_at is None else session.ended_at
    return round(max(0.0, until - session.started_at), 3)


def session_object(
    session: Session,
    now: float,
    *,
    legs: Sequence[Leg] = (),
    stream: Stream | None = None,
    lag: CallLag | None = None,
) -> shapes.Session:
    """Return a session; `stream` and `lag` are left out where there is none to show."""
    made: shapes.Session = {
        "id": session.id,
        "object": "session",
        "status": session.status,
        "mode": session.mode,
        "provider": session.routing.provider,
        "phone_number": session.routing.phone_number,
        "source_language": session.source_language,
        "target_language": session.target_language,
        "participants": [_participant(participant) for participant in session.participants],
        "legs": [leg_object(leg) for leg in legs],
        "hearing": {"original": session.hearing_original},
        "recording": {"enabled": session.is_recorded},
        "metadata": session.metadata,
        "created_at": iso(session.created_at),
        "started_at": iso_or_none(session.started_at),
        "ended_at": iso_or_none(session.ended_at),
        "end_reason": session.end_reason,
        "reconnect_deadline": iso_or_none(session.reconnect_deadline),
        "duration": duration(session, now),
    }
    if stream is not None:
        made["stream"] = {
            "url": stream.url,
            "token": stream.token,
            "expires_at": iso(stream.expires_at),
        }
    if lag is not None:
        made["lag"] = lag_object(lag)
    return made


def lag_object(lag: CallLag) -> shapes.SessionLag:
    """Return the lag of a call, in seconds; what could not be measured is null."""
    return {
        "utterances": lag.utterances,
        "turns": lag.turns,
        "start_offset": _spread(lag.start_offset),
        "end_of_speech_to_first_audio": _spread(lag.end_of_speech_to_first_audio),
        "ear_voice_span": _spread(lag.ear_voice_span),
        "end_offset": _spread(lag.end_offset),
        "al": _figure(lag.al),
        "laal": _figure(lag.laal),
        "yaal": _figure(lag.yaal),
        "atd": _figure(lag.atd),
        "dropped": round(lag.dropped, 3),
        "compressed": round(lag.compressed, 3),
        "silences": round(lag.silences, 3),
        "real_time_factor": _rounded(lag.real_time_factor),
        "erased": lag.erased,
        "erasure": _rounded(lag.erasure),
    }


def translation_object(cards: Mapping[str, EngineCard]) -> shapes.TranslationEngines:
    """Return which models translate, and what must be said of them."""
    engines: list[shapes.Engine] = [
        {"role": role, "name": card.name, "revision": card.revision, "notice": card.notice or None}
        for role, card in cards.items()
    ]
    notices = dict.fromkeys(card.notice for card in cards.values() if card.notice)
    return {"engines": engines, "notices": list(notices)}


def leg_object(leg: Leg) -> shapes.Leg:
    made: shapes.Leg = {
        "id": leg.id,
        "object": "leg",
        "provider": leg.provider,
        "direction": leg.direction,
        "status": leg.status,
        "participant": leg.participant,
        "connected_at": iso(leg.connected_at),
        "disconnected_at": iso_or_none(leg.disconnected_at),
    }
    return {**made, **call_id_object(leg)}


def call_id_object(leg: Leg) -> shapes.CallId:
    """Return the provider's name for the call under the name the provider has for that."""
    if leg.call_id is None:
        return {}
    match leg.provider:
        case "twilio":
            return {"call_sid": leg.call_id}
        case "telnyx":
            return {"call_control_id": leg.call_id}
        case "sip":
            return {"sip_call_id": leg.call_id}
        case _:
            return {"call_id": leg.call_id}


def turn_object(utterance: Utterance, origin: float) -> shapes.Turn:
    """Return an utterance as a turn; `origin` is the time from which its times count.

    `turn_id` is what the utterances have in common that were said in one go.  With several
    languages `translation` is the first and `translations` has all; `lag` is that of the first.
    """
    made: shapes.Turn = {
        "id": utterance.id,
        "turn_id": utterance.turn or utterance.id,
        "sequence": utterance.sequence,
        "speaker": utterance.speaker,
        "language": utterance.language,
        "text": utterance.text,
        "is_sure": utterance.is_sure,
        "confidence": round(utterance.confidence, 3),
        "start_time": round(utterance.start, 3),
        "end_time": round(utterance.end, 3),
        "timestamp": iso(origin + utterance.start),
        "erased": utterance.erased,
        "lag": None,
    }
    translations = [_translation(rendering, utterance) for rendering in utterance.renderings]
    if translations:
        made["translation"] = translations[0]
        made["lag"] = translations[0]["lag"]
    if len(translations) > 1:
        made["translations"] = translations
    return made


def transcript_object(
    session: Session, utterances: Sequence[Utterance], now: float
) -> shapes.Transcript:
    origin = session.created_at if session.started_at is None else session.started_at
    languages = dict.fromkeys(turn.language for turn in utterances if turn.language is not None)
    return {
        "id": f"trn_{session.id}",
        "object": "transcript",
        "session_id": session.id,
        "status": "completed" if session.status is Status.ENDED else "in_progress",
        "turns": [turn_object(utterance, origin) for utterance in utterances],
        "metadata": {
            "total_turns": len(utterances),
            "duration_seconds": duration(session, now) or 0.0,
            "languages_detected": list(languages),
        },
    }


def recording_object(recording: Recording) -> shapes.Recording:
    """Return a recording.

    `format` is what `download_url` answers with unless asked for another of `formats`; `size`,
    `sample_rate` and `bit_depth` are those of the wave file it is made from.
    """
    is_ready = recording.status == "ready"
    return {
        "id": recording.id,
        "object": "recording",
        "session_id": recording.session_id,
        "channel": recording.channel,
        "status": recording.status,
        "duration": round(recording.duration, 3),
        "format": FORMATS[0],
        "formats": list(FORMATS),
        "size": recording.size,
        "sample_rate": recording.rate_hz,
        "bit_depth": 16,
        "download_url": f"/v1/recordings/{recording.id}/audio" if is_ready else None,
        "created_at": iso(recording.created_at),
        "expires_at": iso_or_none(recording.expires_at),
    }


def _participant(participant: Participant) -> shapes.Participant:
    return {
        "key": participant.key,
        "type": participant.type,
        "language": participant.language,
        "name": participant.name,
        "voice": participant.voice,
    }


def _translation(rendering: Rendering, utterance: Utterance) -> shapes.Translation:
    return {
        "language": rendering.language,
        "text": rendering.text,
        "confidence": round(rendering.confidence, 3),
        "lag": _lag(utterance, rendering),
    }


def _lag(utterance: Utterance, rendering: Rendering) -> shapes.Lag | None:
    lag = lag_of(utterance, rendering)
    if not lag.is_known:
        return None
    return {
        "start_offset": _rounded(lag.start_offset),
        "end_of_speech_to_first_audio": _rounded(lag.end_of_speech_to_first_audio),
        "ear_voice_span": _rounded(lag.ear_voice_span),
        "end_offset": _rounded(lag.end_offset),
        "dropped": round(lag.dropped, 3),
        "compressed": round(lag.compressed, 3),
    }


def _spread(spread: Spread | None) -> shapes.Spread | None:
    if spread is None:
        return None
    return {"median": round(spread.median, 3), "p95": round(spread.p95, 3)}


def _figure(figure: Figure) -> shapes.Figure | None:
    if not figure.is_known:
        return None
    return {
        "unaware": _rounded(figure.unaware),
        "aware": _rounded(figure.aware),
        "spoken": _rounded(figure.spoken),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
