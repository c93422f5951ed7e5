"""TwiML and TeXML, read as the carriers' documentation says.  Pure; nothing it reads crashes it.

What a carrier leaves out becomes a `Remark`: a verb that it does not know, an attribute that it
does not take.  What it cannot read at all is a document with no verbs.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias, get_args

from kallglot.testing.verbs import (
    Callee,
    Conference,
    Connect,
    Dial,
    Document,
    Gather,
    Hangup,
    Pause,
    Play,
    Prompt,
    Record,
    Redirect,
    Reject,
    Remark,
    Say,
    Start,
    Stop,
    Stream,
    Verb,
)

__all__ = ["LARGEST", "Dialect", "read"]

Dialect: TypeAlias = Literal["twilio", "telnyx"]
Track = Literal["inbound_track", "outbound_track", "both_tracks"]

#: Bytes of a document: Twilio's warning 11750.
LARGEST = 64 * 1024
#: Characters of the name and the value of a `<Parameter>`.
LONGEST_PARAMETER = 500

_STREAM = {
    "twilio": {"url", "name", "track", "statusCallback", "statusCallbackMethod"},
    "telnyx": {
        "url",
        "name",
        "track",
        "codec",
        "bidirectionalMode",
        "bidirectionalCodec",
        "bidirectionalSamplingRate",
        "statusCallback",
        "statusCallbackMethod",
        "enableReconnect",
    },
}


def read(text: str, dialect: Dialect) -> Document:
    """Return what a document asks for."""
    size = len(text.encode(errors="replace"))
    if size > LARGEST:
        return _unreadable(f"the document has {size} bytes, over 64 kB", 11750)
    if "<!DOCTYPE" in text.upper():
        return _unreadable("the document has a document type, which is not taken")
    try:
        root = ET.fromstring(text.strip())  # noqa: S314  # without a document type
    except (ET.ParseError, ValueError) as error:
        return _unreadable(f"the document is not XML: {error}")
    if root.tag != "Response":
        return _unreadable("the document is not a <Response>")
    return _Reader(dialect).document(root)


def _unreadable(why: str, code: int | None = None) -> Document:
    return Document(remarks=(Remark(why, code),))


class _Reader:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._remarks: list[Remark] = []
        self._verbs: dict[str, Callable[[ET.Element], Verb | None]] = {
            "Say": self._say,
            "Play": self._play,
            "Pause": self._pause,
            "Reject": self._reject,
            "Hangup": lambda _: Hangup(),
            "Redirect": self._redirect,
            "Connect": self._connect,
            "Start": self._start,
            "Stop": self._stop,
            "Dial": self._dial,
            "Record": lambda one: Record(one.get("action", ""), _method(one)),
            "Gather": self._gather,
        }

    def document(self, root: ET.Element) -> Document:
        verbs = tuple(self._read(root))
        for verb in verbs[1:]:
            if isinstance(verb, Reject):
                self._warn("<Reject> counts only as the first verb")
        kept = tuple(
            verb for at, verb in enumerate(verbs) if at == 0 or not isinstance(verb, Reject)
        )
        return Document(kept, tuple(self._remarks))

    def _read(self, elements: Iterable[ET.Element]) -> Iterable[Verb]:
        for element in elements:
            reader = self._verbs.get(element.tag)
            if reader is None:
                self._warn(f"<{element.tag}> is not simulated, and is left out")
                continue
            verb = reader(element)
            if verb is not None:
                yield verb

    def _warn(self, text: str, code: int | None = None) -> None:
        self._remarks.append(Remark(text, code))

    def _say(self, one: ET.Element) -> Say:
        loop = _whole(one.get("loop"), 1)
        return Say(_text(one), one.get("language", ""), one.get("voice", ""), loop)

    def _play(self, one: ET.Element) -> Play | None:
        url, digits = _text(one), one.get("digits", "")
        if not url and not digits:
            self._warn("<Play> has neither a URL nor digits")
            return None
        return Play(url, digits, _whole(one.get("loop"), 1))

    def _pause(self, one: ET.Element) -> Pause:
        return Pause(_number(one.get("length"), 1.0))

    def _reject(self, one: ET.Element) -> Reject:
        reason = one.get("reason", "rejected")
        if reason == "busy":
            return Reject("busy")
        if reason != "rejected":
            self._warn(f"<Reject reason={reason!r}> is neither rejected nor busy")
        return Reject()

    def _redirect(self, one: ET.Element) -> Redirect:
        return Redirect(_text(one), _method(one))

    def _connect(self, one: ET.Element) -> Connect | None:
        stream = self._stream(one)
        return None if stream is None else Connect(stream, one.get("action", ""), _method(one))

    def _start(self, one: ET.Element) -> Start | None:
        stream = self._stream(one)
        return None if stream is None else Start(stream)

    def _stop(self, one: ET.Element) -> Stop:
        stream = one.find("Stream")
        return Stop("" if stream is None else stream.get("name", ""))

    def _stream(self, parent: ET.Element) -> Stream | None:
        one = parent.find("Stream")
        if one is None:
            self._warn(f"<{parent.tag}> without a <Stream> is not simulated, and is left out")
            return None
        for name in sorted(set(one.attrib) - _STREAM[self._dialect]):
            self._warn(f"<Stream> takes no {name}")
        track = one.get("track", "inbound_track")
        if track not in get_args(Track):
            self._warn(f"<Stream track={track!r}> is no track", 31941)
        return Stream(
            one.get("url", ""),
            one.get("name", ""),
            track,
            one.get("statusCallback", ""),
            _method(one, "statusCallbackMethod"),
            self._parameters(one),
            {
                name: value
                for name, value in one.attrib.items()
                if name in _STREAM["telnyx"] - _STREAM["twilio"]
            },
        )

    def _parameters(self, stream: ET.Element) -> dict[str, str]:
        parameters: dict[str, str] = {}
        for one in stream.iter("Parameter"):
            name, value = one.get("name", ""), one.get("value", "")
            if not name or len(name) + len(value) >= LONGEST_PARAMETER:
                self._warn(f"<Parameter {name[:40]!r}> has no name, or is too long")
            else:
                parameters[name] = value
        return parameters

    def _dial(self, one: ET.Element) -> Dial:
        targets = [
            Callee(
                _text(noun),
                noun.get("statusCallback", ""),
                tuple(noun.get("statusCallbackEvent", "completed").split()),
            )
            for noun in one
            if noun.tag in ("Number", "Sip")
        ]
        for noun in one:
            if noun.tag not in ("Number", "Sip", "Conference"):
                self._warn(f"<{noun.tag}> in <Dial> is not simulated, and is left out")
        if not len(one) and _text(one):
            targets = [Callee(_text(one))]
        room = one.find("Conference")
        conference = None if room is None else _conference(room)
        if not targets and conference is None:
            self._warn("<Dial> has nobody to dial")
        return Dial(
            tuple(targets),
            conference,
            one.get("action", ""),
            _method(one),
            _number(one.get("timeout"), 30.0),
            one.get("callerId", ""),
        )

    def _gather(self, one: ET.Element) -> Gather:
        prompts: list[Prompt] = []
        for verb in self._read(one):
            match verb:
                case Say() | Play() | Pause():
                    prompts.append(verb)
                case _:
                    self._warn(f"{type(verb).__name__} in <Gather> is left out")
        most = one.get("numDigits")
        return Gather(
            tuple(prompts),
            one.get("action", ""),
            _method(one),
            None if most is None else max(1, _whole(most, 1)),
            _number(one.get("timeout"), 5.0),
            one.get("finishOnKey", "#"),
        )


def _conference(one: ET.Element) -> Conference:
    starts = one.get("startConferenceOnEnter", "true") == "true"
    return Conference(_text(one), starts, one.get("endConferenceOnExit") == "true")


def _text(one: ET.Element) -> str:
    return (one.text or "").strip()


def _method(one: ET.Element, name: str = "method") -> str:
    return "GET" if one.get(name, "POST").upper() == "GET" else "POST"


def _number(text: str | None, default: float) -> float:
    """Return seconds; what is no number of them is the default."""
    if text is None or not text.isascii() or not text.replace(".", "", 1).isdigit():
        return default
    return min(float(text), 24 * 3600.0)


def _whole(text: str | None, default: int) -> int:
    return min(int(text), 1000) if text and text.isascii() and text.isdigit() else default
