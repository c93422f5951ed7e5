"""Steps as TwiML and TeXML; Twilio's own library is asked whether it would write the same."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.voice_response import Connect, Start, VoiceResponse
from twilio.twiml.voice_response import Dial as TwilioDial

from kallglot.carriers.steps import (
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
    TurnAway,
    Wait,
    hold,
)
from kallglot.errors import InvalidRequest
from plugins.telnyx import texml
from plugins.twilio import twiml

STREAM = "wss://voice.example.com/twilio/media/tk_9b1f"
AFTER = "https://voice.example.com/twilio/voice/after/s_41"
STATUS = "https://voice.example.com/twilio/stream/s_41"


def written(*steps, dialect=twiml) -> str:
    return dialect.document(steps).body.decode()


def same(ours: str, theirs: VoiceResponse) -> bool:
    """Tell whether two documents are the same, whatever the order of attributes."""
    return ET.canonicalize(ours) == ET.canonicalize(str(theirs))


def test_the_answer_of_the_documentation_is_written():
    step = ConnectStream(STREAM, {"session": "s_41", "leg": "caller"}, AFTER, STATUS)
    assert written(PickUp(), step, HangUp()) == (
        '<?xml version="1.0" encoding="UTF-8"?><Response>'
        f'<Connect action="{AFTER}"><Stream url="{STREAM}" statusCallback="{STATUS}">'
        '<Parameter name="session" value="s_41" /><Parameter name="leg" value="caller" />'
        "</Stream></Connect><Hangup /></Response>"
    )


def test_twilios_own_library_writes_the_same():
    theirs = VoiceResponse()
    theirs.say("Willkommen. Ihr <Anruf> & Sie.", language="de-DE", voice="Polly.Vicki")
    theirs.play("https://x.example/a.mp3", loop=0)
    theirs.play(digits="1w2")
    theirs.pause(length=3)
    connect = Connect(action=AFTER)
    connect.stream(url=STREAM, status_callback=STATUS).parameter(name="session", value='"s&1"')
    theirs.append(connect)
    start = Start()
    start.stream(url=STREAM, track="both_tracks")
    theirs.append(start)
    dial = TwilioDial(action=AFTER, timeout=20, caller_id="+15550100002", answer_on_bridge=True)
    dial.number("+15550100003", send_digits="ww1")
    theirs.append(dial)
    dial = TwilioDial(timeout=30, answer_on_bridge=True)
    dial.sip("sip:agent@pbx.example;transport=tls", username="u", password="p")
    theirs.append(dial)
    dial = TwilioDial()
    dial.conference(
        "room", muted=True, beep="false", end_conference_on_exit=True, participant_label="agent"
    )
    theirs.append(dial)
    theirs.redirect("https://x.example/next", method="POST")
    theirs.hangup()

    ours = written(
        Speak("Willkommen. Ihr <Anruf> & Sie.", "de-DE", "Polly.Vicki"),
        PlayAudio("https://x.example/a.mp3", times=0),
        PressKeys("1w2"),
        Wait(3),
        ConnectStream(STREAM, {"session": '"s&1"'}, AFTER, STATUS),
        CopyStream(STREAM),
        Dial(Number("+15550100003", "ww1"), "+15550100002", 20, AFTER),
        Dial(SipAddress("sip:agent@pbx.example;transport=tls", "u", "p")),
        JoinConference("room", label="agent", is_muted=True, ends_it=True),
        GoTo("https://x.example/next"),
        HangUp(),
    )
    assert same(ours, theirs)


@pytest.mark.parametrize(("is_busy", "reason"), [(True, "busy"), (False, "rejected")])
def test_a_call_is_turned_away(is_busy, reason):
    theirs = VoiceResponse()
    theirs.reject(reason=reason)
    assert same(written(TurnAway(is_busy)), theirs)


def test_a_call_is_turned_away_first_or_not_at_all():
    with pytest.raises(InvalidRequest):
        written(Speak("Sorry."), TurnAway())


def test_steps_that_a_document_does_by_beginning_are_not_written():
    assert written(PickUp("tag"), Hush(), EndStream()).endswith("<Response />")


def test_telnyx_is_told_everything_about_a_stream():
    (stream,) = ET.fromstring(written(ConnectStream(STREAM), dialect=texml)).iter("Stream")
    assert stream.attrib == {
        "url": STREAM,
        "track": "inbound_track",
        "codec": "PCMU",
        "bidirectionalMode": "rtp",
        "bidirectionalCodec": "PCMU",
        "bidirectionalSamplingRate": "8000",
    }
    assert texml.document([HangUp()]).media_type == "application/xml"
    assert 'track="inbound_track"' in written(CopyStream(STREAM, tracks="inbound"))


def test_what_stands_between_double_braces_is_not_filled_in_by_telnyx():
    (said,) = ET.fromstring(written(Speak("{{{secret}}} {a}"), dialect=texml))
    assert said.text == "{ { {secret} } } {a}"
    with pytest.raises(InvalidRequest):
        written(ConnectStream(STREAM, {"name": "{{x}}"}), dialect=texml)
    with pytest.raises(InvalidRequest):
        written(JoinConference("{{x}}"), dialect=texml)


def test_whoever_waits_hears_music_or_a_notice_or_nothing():
    notice = Speak("Bitte warten.", "de-DE")
    music = "https://x.example/music.mp3"
    assert hold(music) == (PlayAudio(music, times=0),)
    assert hold(music, notice) == (notice, PlayAudio(music, times=0))
    assert hold(None, notice) == (Speak("Bitte warten.", "de-DE", times=0),)
    assert hold(None) == (Wait(3600),)


@pytest.mark.parametrize(
    "step",
    [
        Speak(" "),
        Speak("x" * 3001),
        ConnectStream(STREAM + "?token=dropped"),
        ConnectStream("https://voice.example.com/x"),
        ConnectStream("wss://"),
        ConnectStream("ws://voice.example.com/x"),
        ConnectStream("wss://[::1/x"),
        ConnectStream(STREAM, {"name": "x" * 496}),
        ConnectStream(STREAM, {"name": "a\0b"}),
        ConnectStream(STREAM, after_url="javascript:alert(1)"),
        PlayAudio("ftp://x.example/a"),
        PlayAudio("https://x.example/" + "a" * 3000),
        Dial(SipAddress("tel:+1")),
        Dial(SipAddress("sip:" + "a" * 251)),
        JoinConference("a\ud800b"),
    ],
)
@pytest.mark.parametrize("dialect", [twiml, texml])
def test_what_no_carrier_would_take_is_refused_before_it_is_sent(step, dialect):
    with pytest.raises(InvalidRequest):
        written(step, dialect=dialect)


def test_a_simulated_carrier_on_this_machine_needs_no_certificate():
    assert "ws://127.0.0.1:8080/x" in written(ConnectStream("ws://127.0.0.1:8080/x"))


def test_a_document_is_not_longer_than_carriers_take_it():
    with pytest.raises(InvalidRequest) as refused:
        written(*[Speak("x" * 3000)] * 22)
    assert refused.value.code == "invalid_field_value"
    assert len(twiml.inline([Speak("x" * 3000)])) < 4000
    with pytest.raises(InvalidRequest):
        twiml.inline([Speak("x" * 2500)] * 2)


@pytest.mark.parametrize("digits", ["", "1 2", "x", "1" * 33, "<"])
def test_keys_are_keys(digits):
    with pytest.raises(ValueError, match="digits"):
        PressKeys(digits)


@given(st.text(max_size=200), st.text(max_size=60), st.sampled_from([twiml, texml]))
def test_whatever_is_said_comes_out_as_xml_or_not_at_all(text, name, dialect):
    try:
        body = written(Speak(text), JoinConference(name), dialect=dialect)
    except InvalidRequest:
        return
    said, dial = ET.fromstring(body)
    assert (said.tag, dial.tag) == ("Say", "Dial")
    assert "{{" not in body or dialect is twiml
    spoken = text.replace("\r\n", "\n").replace("\r", "\n")
    if "{" not in text and "}" not in text and text.isprintable():
        assert said.text == spoken
