"""Steps as the XML that TwiML began, and its relatives took over.  Pure.

What differs between them is a `Dialect`: how a stream is asked for, and what must not be written.
Texts and numbers come from outside, so nothing is put together by hand but element by element.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from typing import Final, assert_never
from urllib.parse import urlsplit

import attrs

from kallglot.carriers.steps import (
    LONGEST_SPEECH,
    ConnectStream,
    CopyStream,
    Dial,
    EndStream,
    GoTo,
    HangUp,
    Hush,
    JoinConference,
    Number,
    PickUp,
    PlayAudio,
    PressKeys,
    SipAddress,
    Speak,
    Step,
    TurnAway,
    Wait,
)
from kallglot.carriers.voices import locale_of
from kallglot.carriers.webhook import Document
from kallglot.errors import InvalidRequest

__all__ = ["LARGEST", "Dialect", "document", "markup"]

#: Bytes of a document that carriers take.
LARGEST: Final = 64 * 1000
#: Characters of a parameter, its name and its value together.
LONGEST_PARAMETER: Final = 499
#: Characters of a SIP URI.
LONGEST_SIP: Final = 254
LONGEST_URL: Final = 2048
_HERE: Final = ("127.0.0.1", "::1", "localhost")
#: What a conference reports to us.
CONFERENCE_EVENTS: Final = "start end join leave"
CALL_EVENTS: Final = "initiated ringing answered completed"

#: What XML 1.0 cannot say in any way.
_UNSPEAKABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _no_stream_attributes(_: ConnectStream | CopyStream) -> Mapping[str, str]:
    return {}


def _as_it_is(text: str) -> str:
    return text


@attrs.frozen
class Dialect:
    """How one carrier's documents differ.

    `stream` returns attributes of `<Stream>` besides its URLs; `spoken` makes a text harmless that
    is to be spoken, and `written` anything else, or refuses it.
    """

    stream: Callable[[ConnectStream | CopyStream], Mapping[str, str]] = _no_stream_attributes
    spoken: Callable[[str], str] = _as_it_is
    written: Callable[[str], str] = _as_it_is
    media_type: str = "text/xml"


def document(steps: Sequence[Step], dialect: Dialect) -> Document:
    """Return the answer that has a carrier do these steps.

    Raises:
        InvalidRequest: something is too long, or cannot be written.
    """
    text = '<?xml version="1.0" encoding="UTF-8"?>' + markup(steps, dialect)
    body = text.encode()
    if len(body) > LARGEST:
        raise InvalidRequest(f"a document has at most {LARGEST} bytes", code="invalid_field_value")
    return Document(body, dialect.media_type)


def markup(steps: Sequence[Step], dialect: Dialect) -> str:
    """Return the steps as XML, without the declaration."""
    response = ET.Element("Response")
    for step in steps:
        if isinstance(step, TurnAway) and len(response):
            raise InvalidRequest(
                "a call is turned away first or not at all", code="invalid_field_value"
            )
        _write(response, step, dialect)
    return ET.tostring(response, encoding="unicode")


def _write(response: ET.Element, step: Step, dialect: Dialect) -> None:
    match step:
        case PickUp() | Hush() | EndStream():
            pass  # a document does so by beginning
        case Speak(text, language, voice, times):
            spoken = None if language is None else locale_of(language)
            said = _add(response, "Say", dialect, voice=voice, language=spoken, loop=_loop(times))
            said.text = _spoken(text, dialect)
        case PlayAudio(url, times):
            _add(response, "Play", dialect, loop=_loop(times)).text = _url(url, dialect)
        case PressKeys(digits):
            _add(response, "Play", dialect, digits=digits)
        case Wait(seconds):
            _add(response, "Pause", dialect, length=str(max(1, seconds)))
        case ConnectStream():
            _connect(response, step, dialect)
        case CopyStream(url, parameters, status_url):
            start = ET.SubElement(response, "Start")
            _stream(start, step, url, parameters, status_url, dialect)
        case Dial():
            _dial(response, step, dialect)
        case JoinConference():
            _conference(response, step, dialect)
        case TurnAway(is_busy):
            _add(response, "Reject", dialect, reason="busy" if is_busy else "rejected")
        case HangUp():
            ET.SubElement(response, "Hangup")
        case GoTo(url):
            _add(response, "Redirect", dialect, method="POST").text = _url(url, dialect)
        case _:
            assert_never(step)


def _connect(response: ET.Element, step: ConnectStream, dialect: Dialect) -> None:
    action = None if step.after_url is None else _url(step.after_url, dialect)
    connect = _add(response, "Connect", dialect, action=action)
    _stream(connect, step, step.url, step.parameters, step.status_url, dialect)


def _stream(
    parent: ET.Element,
    step: ConnectStream | CopyStream,
    url: str,
    parameters: Mapping[str, str],
    status_url: str | None,
    dialect: Dialect,
) -> None:
    _check_stream_url(url)
    status = None if status_url is None else _url(status_url, dialect)
    stream = _add(parent, "Stream", dialect, url=url, **dialect.stream(step), statusCallback=status)
    for name, value in parameters.items():
        if len(name) + len(value) > LONGEST_PARAMETER:
            raise InvalidRequest(
                f"a stream's parameter has fewer than {LONGEST_PARAMETER + 1} characters",
                code="invalid_field_value",
            )
        _add(stream, "Parameter", dialect, name=name, value=value)


def _dial(response: ET.Element, step: Dial, dialect: Dialect) -> None:
    action = None if step.after_url is None else _url(step.after_url, dialect)
    dial = _add(
        response,
        "Dial",
        dialect,
        action=action,
        timeout=str(step.timeout),
        callerId=step.caller,
        answerOnBridge="true",
    )
    told: dict[str, str | None] = {}
    if step.status_url is not None:
        told = {
            "statusCallback": _url(step.status_url, dialect),
            "statusCallbackEvent": CALL_EVENTS,
        }
    match step.target:
        case Number(number, keys):
            _add(dial, "Number", dialect, sendDigits=keys, **told).text = dialect.written(number)
        case SipAddress(uri, user, password):
            if len(uri) > LONGEST_SIP or not uri.startswith(("sip:", "sips:")):
                raise InvalidRequest(
                    f"a SIP URI begins with sip: and has at most {LONGEST_SIP} characters",
                    code="invalid_field_value",
                )
            sip = _add(dial, "Sip", dialect, username=user, password=password, **told)
            sip.text = _plain(uri, dialect)
        case _:
            assert_never(step.target)


def _conference(response: ET.Element, step: JoinConference, dialect: Dialect) -> None:
    told: dict[str, str | None] = {}
    if step.status_url is not None:
        told = {
            "statusCallback": _url(step.status_url, dialect),
            "statusCallbackEvent": CONFERENCE_EVENTS,
        }
    conference = _add(
        ET.SubElement(response, "Dial"),
        "Conference",
        dialect,
        muted="true" if step.is_muted else None,
        beep="false",
        endConferenceOnExit="true" if step.ends_it else None,
        waitUrl=None if step.wait_url is None else _url(step.wait_url, dialect),
        participantLabel=step.label,
        **told,
    )
    conference.text = _plain(step.name, dialect)


def _add(parent: ET.Element, tag: str, dialect: Dialect, **fields: str | None) -> ET.Element:
    """Add an element; attributes that are None are left out."""
    written = {name: _plain(value, dialect) for name, value in fields.items() if value is not None}
    return ET.SubElement(parent, tag, written)


def _loop(times: int) -> str | None:
    return None if times == 1 else str(times)


def _spoken(text: str, dialect: Dialect) -> str:
    if not text.strip():
        raise InvalidRequest("there is nothing to be spoken", code="invalid_field_value")
    if len(text) > LONGEST_SPEECH:
        raise InvalidRequest(
            f"at most {LONGEST_SPEECH} characters are spoken at a time", code="invalid_field_value"
        )
    return dialect.spoken(_UNSPEAKABLE.sub("", text))


def _plain(text: str, dialect: Dialect) -> str:
    if _UNSPEAKABLE.search(text):
        raise InvalidRequest("a document holds no control characters", code="invalid_field_value")
    return dialect.written(text)


def _url(url: str, dialect: Dialect) -> str:
    """An empty one is silence, where music may be."""
    if url and (len(url) > LONGEST_URL or not url.startswith(("https://", "http://"))):
        raise InvalidRequest(
            "a URL is absolute, and not longer than URLs are", code="invalid_field_value"
        )
    return dialect.written(url)


def _check_stream_url(url: str) -> None:
    """Twilio drops the query of a stream's URL before it connects, so none is ever written.

    Carriers connect by TLS only; a simulated one, on this machine, has no certificate.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidRequest(
            "the stream's URL cannot be read", code="invalid_field_value"
        ) from None
    is_secret = parts.scheme == "wss" or (parts.scheme == "ws" and parts.hostname in _HERE)
    if not is_secret or not parts.hostname or parts.query or len(url) > LONGEST_URL:
        raise InvalidRequest(
            "a stream's URL begins with wss:// and has no query", code="invalid_field_value"
        )
