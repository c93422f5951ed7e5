"""Each simulated phone against the plugin for its dialect, in memory and in virtual time."""

from __future__ import annotations

import json
from collections.abc import Callable

import attrs
import numpy as np
import pytest

from kallglot.audio import pcm as sound
from kallglot.phones.handset import Handset
from kallglot.phones.native import NativePhone
from kallglot.phones.network import Faults, Network
from kallglot.phones.tape import Span
from kallglot.phones.telnyx import TelnyxPhone
from kallglot.phones.twilio import TwilioPhone
from kallglot.phones.wire import PhoneWire
from kallglot.providers import (
    Closed,
    DigitPressed,
    Heard,
    Notice,
    Opened,
    Played,
    Problem,
    Provider,
    StreamOffer,
    Wire,
    WireEvent,
)
from plugins.browser import provider as browser
from plugins.telnyx import provider as telnyx
from plugins.twilio import provider as twilio

OFFER = StreamOffer("sess_1", {}, {})
PARAMETERS = {"token": "kst_live_x", "session_id": "sess_1"}


def tone(seconds: float, hz: float = 440.0, rate_hz: int = 8000) -> bytes:
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return (8000 * np.sin(2 * np.pi * hz * times)).astype(np.int16).tobytes()


@attrs.define
class Line:
    """A phone, the wire at the other end, and what has happened there."""

    handset: Handset
    wire: Wire
    events: list[WireEvent] = attrs.Factory(list)
    now: float = 0.0

    def connect(self) -> None:
        self._carry(self.handset.connect(self.now))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.02)):
            self._carry(self.handset.tick(self.now))
            self.now = round(self.now + 0.02, 6)
            if self.wire.deadline is not None and self.wire.deadline <= self.now:
                self.events += self.wire.due(self.now)

    def send(self, frames: list) -> None:
        for frame in frames:
            self._carry(self.handset.receive(frame, self.now))

    def heard(self) -> bytes:
        return b"".join(event.pcm for event in self.events if isinstance(event, Heard))

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    def _carry(self, frames: list) -> None:
        for frame in frames:
            self.events += self.wire.receive(frame, self.now)


def line(phone: PhoneWire, provider: Provider, network: Network | None = None) -> Line:
    made = Line(Handset(phone, network), provider.wire(OFFER))
    made.connect()
    return made


PHONES: dict[str, Callable[[], tuple[PhoneWire, Provider]]] = {
    "twilio": lambda: (TwilioPhone("CA1", PARAMETERS), twilio),
    "telnyx": lambda: (TelnyxPhone("v3:a", PARAMETERS), telnyx),
    "telnyx in Europe": lambda: (TelnyxPhone("v3:a", PARAMETERS, encoding="PCMA"), telnyx),
    "native": lambda: (NativePhone("kst_live_x", "agent"), browser),
}


@pytest.fixture(params=PHONES)
def call(request) -> Line:
    return line(*PHONES[request.param]())


@pytest.fixture(params=["twilio", "telnyx"])
def carrier(request) -> Line:
    return line(*PHONES[request.param]())


def test_the_server_knows_the_dialect():
    for make in PHONES.values():
        phone, provider = make()
        first = (phone.connect() or [phone.speak(bytes(320))])[0]
        known = [each.name for each in (twilio, telnyx, browser) if each.recognises(first)]
        assert known == [provider.name]


def test_the_server_hears_what_is_said(call: Line):
    call.handset.say(tone(1.0))
    call.run(1.5)
    heard = np.frombuffer(call.heard(), np.int16).astype(float)
    said = np.frombuffer(tone(1.0), np.int16).astype(float)
    assert len(heard) == 12000
    assert np.corrcoef(heard[:8000], said)[0, 1] > 0.99
    assert not np.abs(heard[8000:]).max() > 100
    assert call.handset.spoken == [Span(-0.02, pytest.approx(0.98))]
    assert call.of(Problem) == []


def test_the_phone_hears_what_is_played(call: Line):
    call.run(0.1)
    call.send(call.wire.play(tone(0.5), "agent", "customer", "utt_1") + call.wire.mark("utt_1"))
    call.run(1.0)
    assert call.handset.heard.audible() == [Span(pytest.approx(0.1), pytest.approx(0.6))]
    assert call.handset.complaints == []


def test_a_carrier_says_who_calls(carrier: Line):
    (opened,) = carrier.of(Opened)
    assert opened.parameters == PARAMETERS
    assert opened.call_id in {"CA1", "v3:a"}


def test_a_mark_comes_back_when_the_sound_before_it_has_been_played(carrier: Line):
    carrier.send(carrier.wire.play(tone(0.5), "customer", "agent", "u") + carrier.wire.mark("u"))
    carrier.run(0.46)
    assert carrier.of(Played) == []
    carrier.run(0.1)
    assert carrier.of(Played) == [Played("u")]


def test_clear_silences_the_phone_and_returns_the_marks(carrier: Line):
    carrier.send(carrier.wire.play(tone(5.0), "customer", "agent", "u") + carrier.wire.mark("u"))
    carrier.run(0.2)
    carrier.send(carrier.wire.clear("customer"))
    assert carrier.of(Played) == [Played("u")]
    carrier.run(1.0)
    assert carrier.handset.heard.audible() == [Span(0.0, pytest.approx(0.2))]


def test_a_native_phone_is_silenced_too():
    call = line(*PHONES["native"]())
    call.send(call.wire.play(tone(5.0), "agent", "customer", "u"))
    call.run(0.2)
    call.send(call.wire.clear("agent"))
    call.run(0.2)
    assert call.handset.heard.audible() == [Span(0.0, pytest.approx(0.2))]


def test_keys_and_goodbye(carrier: Line):
    carrier.handset.press("5", carrier.now)
    carrier.run(0.02)
    assert carrier.of(DigitPressed) == [DigitPressed("5")]
    carrier._carry(carrier.handset.hang_up())
    assert carrier.of(Closed) == [Closed()]


def test_a_call_that_comes_back_is_the_same_call():
    for make in (PHONES["twilio"], PHONES["telnyx"]):
        phone, provider = make()
        first = line(phone, provider)
        first.handset.disconnect(1.0)
        first.wire, first.events = provider.wire(OFFER), []
        first.connect()
        first.run(0.1)
        (opened,) = first.of(Opened)
        assert opened.call_id in {"CA1", "v3:a"}
        assert first.of(Problem) == []


def test_notices_reach_a_native_phone():
    call = line(*PHONES["native"]())
    call.send(call.wire.notify(Notice("transcript.final", {"text": "Guten Tag"})))
    (received,) = call.handset.received
    assert received.notice.type == "transcript.final"
    assert received.notice.fields["text"] == "Guten Tag"


def test_telnyx_frames_in_disorder_are_put_in_order():
    network = Network(Faults(disorder=0.15, jitter=0.01), seed=3)
    phone, provider = PHONES["telnyx"]()
    call = line(phone, provider, network)
    call.handset.say(tone(2.0))
    call.run(2.2)
    heard = np.frombuffer(call.heard(), np.int16).astype(float)[:15000]
    said = np.frombuffer(tone(2.0), np.int16).astype(float)[:15000]
    assert np.corrcoef(heard, said)[0, 1] > 0.99


@pytest.mark.parametrize("name", ["twilio", "telnyx"])
def test_lost_frames_leave_gaps_and_nothing_else(name: str):
    phone, provider = PHONES[name]()
    call = line(phone, provider, Network(Faults(loss=0.1), seed=1))
    call.handset.say(tone(2.0))
    call.run(3.0)
    assert 1.5 < sound.duration(call.heard(), 8000) < 3.0
    assert call.of(Problem) == []


@pytest.mark.parametrize(
    "frame",
    [
        {"event": "media", "media": {"payload": "AAAA"}},
        {"event": "media", "streamSid": "MZother", "media": {"payload": "AAAA"}},
        {"event": "mark", "mark": {}},
        {"event": "dance"},
    ],
)
def test_twilio_complains_of_what_it_does_not_know(frame: dict):
    phone = TwilioPhone("CA1", {})
    start = json.loads(str(phone.connect()[1]))
    assert "31951" in phone.receive(json.dumps(frame))[0].why
    right = {"streamSid": start["streamSid"], "event": "clear"}
    assert type(phone.receive(json.dumps(right))[0]).__name__ == "Clear"
    assert "31951" in phone.receive(json.dumps(right | {"extra": 1}))[0].why


def test_wide_band_for_a_native_phone():
    phone = NativePhone("kst_live_x", encoding="pcm_16", rate_hz=16000)
    query = dict(pair.split("=") for pair in phone.dial("ws://h/c").url.split("?")[1].split("&"))
    wire = browser.wire(StreamOffer("sess_1", query, {}))
    call = Line(Handset(phone), wire)
    call.send(wire.play(tone(0.5, rate_hz=16000), "agent", "customer", "u"))
    call.run(1.0)
    assert call.handset.heard.audible() == [Span(0.0, pytest.approx(0.5))]
