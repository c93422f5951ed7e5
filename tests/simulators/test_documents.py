"""Documents in, verbs out; and nothing that anybody writes crashes the reader."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.voice_response import VoiceResponse

from kallglot.testing.documents import LARGEST, read
from kallglot.testing.verbs import (
    Callee,
    Conference,
    Connect,
    Dial,
    Gather,
    Hangup,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Start,
    Stop,
    Stream,
)

URL = "wss://calls.example.com/media/tk"
DIALLED = (
    '<Dial timeout="9" action="/d" callerId="+1"><Number>+14155550123</Number>'
    '<Sip statusCallback="/s" statusCallbackEvent="initiated answered">sip:a@b</Sip></Dial>'
)


@pytest.mark.parametrize(
    ("inside", "verb"),
    [
        ("<Say>Hello</Say>", Say("Hello")),
        ('<Say language="de-DE" voice="alice" loop="2">Ja</Say>', Say("Ja", "de-DE", "alice", 2)),
        ("<Play>https://x.example/a.wav</Play>", Play("https://x.example/a.wav")),
        ('<Play digits="1w2"/>', Play(digits="1w2")),
        ("<Pause/>", Pause()),
        ('<Pause length="40"/>', Pause(40.0)),
        ('<Pause length="soon"/>', Pause()),
        ("<Reject/>", Reject()),
        ('<Reject reason="busy"/>', Reject("busy")),
        ("<Hangup/>", Hangup()),
        ('<Redirect method="GET">/next</Redirect>', Redirect("/next", "GET")),
        (f'<Connect action="/a"><Stream url="{URL}"/></Connect>', Connect(Stream(URL), "/a")),
        (f'<Start><Stream name="s" url="{URL}"/></Start>', Start(Stream(URL, "s"))),
        ('<Stop><Stream name="s"/></Stop>', Stop("s")),
        ("<Dial>+14155550123</Dial>", Dial((Callee("+14155550123"),))),
        (
            DIALLED,
            Dial(
                (Callee("+14155550123"), Callee("sip:a@b", "/s", ("initiated", "answered"))),
                action="/d",
                timeout=9.0,
                caller_id="+1",
            ),
        ),
        (
            '<Dial><Conference endConferenceOnExit="true">Room</Conference></Dial>',
            Dial(conference=Conference("Room", ends=True)),
        ),
        ('<Record action="/r"/>', Record("/r")),
        (
            '<Gather numDigits="1" action="/g"><Say>Press</Say></Gather>',
            Gather((Say("Press"),), "/g", most=1),
        ),
    ],
)
def test_every_verb_is_read(inside, verb):
    document = read(f"<Response>{inside}</Response>", "twilio")
    assert document.verbs == (verb,)
    assert document.remarks == ()


def test_parameters_of_a_stream_are_read():
    document = read(
        f'<Response><Connect><Stream url="{URL}"><Parameter name="token" value="a&amp;b"/>'
        '<Parameter name="" value="x"/></Stream></Connect></Response>',
        "twilio",
    )
    (verb,) = document.verbs
    assert verb.stream.parameters == {"token": "a&b"}
    assert len(document.remarks) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", None),
        ("OK", None),
        ("<Response>", None),
        ("<html/>", None),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Response>&b;</Response>', None),
        (f"<Response><Say>{'x' * LARGEST}</Say></Response>", 11750),
    ],
)
def test_what_cannot_be_read_says_why_and_asks_for_nothing(text, code):
    document = read(text, "twilio")
    assert document.verbs == ()
    assert [remark.code for remark in document.remarks] == [code]


def test_a_verb_that_is_not_simulated_is_left_out_and_said():
    document = read("<Response><Pay/><Hangup/></Response>", "twilio")
    assert document.verbs == (Hangup(),)
    assert "<Pay>" in document.remarks[0].text


def test_a_call_is_rejected_by_its_first_verb_or_not_at_all():
    document = read("<Response><Say>Hello</Say><Reject/></Response>", "twilio")
    assert document.verbs == (Say("Hello"),)


def test_attributes_of_the_other_carrier_are_not_taken():
    text = f'<Response><Connect><Stream url="{URL}" bidirectionalMode="rtp"/></Connect></Response>'
    assert len(read(text, "twilio").remarks) == 1
    assert read(text, "telnyx").remarks == ()


def test_what_twilios_own_library_writes_is_read():
    response = VoiceResponse()
    response.say("Grüß Gott & willkommen", language="de-DE")
    response.connect(action="/after").stream(url=URL, status_callback="https://a.example/s")
    response.dial("+14155550123", timeout=20)
    response.hangup()
    document = read(str(response), "twilio")
    assert document.remarks == ()
    assert [type(verb) for verb in document.verbs] == [Say, Connect, Dial, Hangup]


_TAGS = st.sampled_from(
    re.findall(
        r"\w+",
        "Say Play Pause Reject Hangup Redirect Connect Start Stop Stream Parameter Dial Number"
        " Sip Conference Record Gather Queue",
    )
)
_NAMES = st.sampled_from(
    re.findall(r"\w+", "url loop length track name value numDigits timeout action method")
)
_WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), max_size=8)


@st.composite
def elements(draw, depth=3):
    tag = draw(_TAGS)
    attributes = draw(st.dictionaries(_NAMES, _WORDS, max_size=3))
    written = "".join(
        f' {name}="{escape(text, {chr(34): "&quot;"})}"' for name, text in attributes.items()
    )
    inside = escape(draw(_WORDS))
    if depth:
        inside += "".join(draw(st.lists(elements(depth=depth - 1), max_size=2)))
    return f"<{tag}{written}>{inside}</{tag}>"


@given(st.lists(elements(), max_size=4), st.sampled_from(["twilio", "telnyx"]))
def test_no_document_crashes_the_reader(inside, dialect):
    read(f"<Response>{''.join(inside)}</Response>", dialect)


@given(st.text(), st.sampled_from(["twilio", "telnyx"]))
def test_no_text_crashes_the_reader(text, dialect):
    assert read(text, dialect).verbs == ()
