"""A call that follows documents, step by step, without a socket or a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.testing.documentcall import DocumentCall
from kallglot.testing.steps import (
    Digits,
    Do,
    Done,
    Ended,
    Fetch,
    Fetched,
    Finished,
    Halt,
    Inline,
    Instructed,
    Note,
    OpenStream,
    PickedUp,
    Tell,
    Unfetched,
)
from kallglot.testing.verbs import Dial, Pause, Say

VOICE = "https://calls.example.com/twilio/voice"
STREAM = '<Connect action="after?x=1"><Stream url="wss://calls.example.com/m"/></Connect>'


def document(inside: str) -> Fetched:
    return Fetched(f"<Response>{inside}</Response>")


class Walk:
    """A call, and the work it waits for."""

    def __init__(self, direction="inbound", instructions=None, **settings):
        instructions = instructions or Fetch(VOICE)
        self.call = DocumentCall("twilio", direction, instructions, **settings)
        self.effects = self.call.begin()

    @property
    def work(self):
        return next(each for each in reversed(self.effects) if isinstance(each, Do)).work

    @property
    def told(self):
        return [each.status for each in self.effects if isinstance(each, Tell)]

    @property
    def noted(self):
        return [each.remark.code for each in self.effects if isinstance(each, Note)]

    def done(self, result):
        number = next(each for each in reversed(self.effects) if isinstance(each, Do)).number
        return self.happens(Done(number, result))

    def happens(self, happening):
        self.effects = self.call.receive(happening)
        return self


def test_an_inbound_call_is_answered_by_its_first_verb():
    walk = Walk()
    assert walk.work == Fetch(VOICE)
    assert walk.call.status == "ringing"
    walk.done(document("<Say>Hello</Say><Pause/>"))
    assert (walk.told, walk.work) == (["in-progress"], Say("Hello"))
    walk.done(Finished())
    assert (walk.told, walk.work) == ([], Pause())
    walk.done(Finished())
    assert walk.told == ["completed"]


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_a_rejected_call_was_never_answered(reason, status):
    walk = Walk().done(document(f'<Reject reason="{reason}"/>'))
    assert walk.told == [status]


def test_a_stream_that_ends_is_followed_by_its_action_relative_to_the_document():
    walk = Walk().done(document(STREAM + "<Hangup/>"))
    assert isinstance(walk.work, OpenStream)
    assert walk.work.refusal is None
    walk.done(Finished())
    assert walk.work == Fetch("https://calls.example.com/twilio/after?x=1")
    walk.done(document(STREAM))
    assert isinstance(walk.work, OpenStream), "the caller is back in the same session"


def test_without_an_action_the_next_verb_follows_a_stream():
    walk = Walk().done(document(STREAM.replace('action="after?x=1"', "") + "<Say>Sorry</Say>"))
    walk.done(Finished())
    assert walk.work == Say("Sorry")


def test_a_one_way_stream_does_not_hold_the_document_up():
    walk = Walk().done(document('<Start><Stream url="wss://a.example/m"/></Start><Pause/>'))
    first, second = (each.work for each in walk.effects if isinstance(each, Do))
    assert not first.is_blocking
    assert second == walk.work == Pause()


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ('url="wss://a.example/m" track="both_tracks"', 31941),
        ('url="wss://a.example/m" track="outbound_track"', 31941),
        ('url="ws://a.example/m"', 31922),
        ('url="https://a.example/m"', 31923),
        ('url=""', 31923),
        ('url="ws://127.0.0.1:8080/m"', None),
        ('url="wss://a.example/m"', None),
    ],
)
def test_a_strict_carrier_refuses_streams_that_its_documentation_refuses(stream, code):
    walk = Walk().done(document(f"<Connect><Stream {stream}/></Connect>"))
    assert (walk.work.refusal and walk.work.refusal.code) == code


def test_a_lenient_carrier_goes_on():
    walk = Walk(is_strict=False)
    walk.done(document('<Connect><Stream url="wss://a/m" track="both_tracks"/></Connect>'))
    assert walk.work.refusal is None


def test_a_webhook_that_fails_is_asked_for_elsewhere_once():
    walk = Walk(fallback="https://other.example/voice").done(Unfetched("it answered 500"))
    assert (walk.noted, walk.work) == ([11205], Fetch("https://other.example/voice"))
    walk.done(Unfetched("it answered 500"))
    assert walk.told == ["failed"]


def test_digits_are_sent_to_the_gatherers_action():
    walk = Walk().done(document('<Gather action="/keys"/><Say>Nothing</Say>'))
    walk.done(Digits("12"))
    assert walk.work == Fetch("https://calls.example.com/keys", "POST", (("Digits", "12"),))


def test_without_digits_the_next_verb_follows():
    walk = Walk().done(document('<Gather action="/keys"/><Say>Nothing</Say>'))
    walk.done(Digits(""))
    assert walk.work == Say("Nothing")


def test_how_a_dialled_call_ended_is_told_to_its_action():
    walk = Walk().done(document('<Dial action="/dialled">+14155550123</Dial>'))
    assert isinstance(walk.work, Dial)
    walk.done(Finished((("DialCallStatus", "busy"),)))
    assert walk.work.extra == (("DialCallStatus", "busy"),)


def test_an_outbound_call_asks_when_it_is_answered():
    walk = Walk("outbound-api")
    assert walk.told == ["ringing"]
    walk.happens(PickedUp((("AnsweredBy", "human"),)))
    assert walk.told == ["in-progress"]
    assert walk.work == Fetch(VOICE, "POST", (("AnsweredBy", "human"),))


def test_an_outbound_call_may_bring_its_document():
    walk = Walk("outbound-api", Inline("<Response><Say>Hello</Say></Response>"))
    assert walk.happens(PickedUp()).work == Say("Hello")


def test_other_instructions_end_what_is_being_done_and_its_late_end_is_ignored():
    walk = Walk().done(document(STREAM))
    late = next(each.number for each in walk.effects if isinstance(each, Do))
    walk.happens(Instructed(Inline("<Response><Say>Transferring</Say></Response>")))
    assert walk.effects[0] == Halt()
    assert walk.work == Say("Transferring")
    assert walk.call.receive(Done(late, Finished())) == []


def test_other_instructions_before_the_answer_are_ignored():
    assert Walk().happens(Instructed(Inline("<Response/>"))).effects == []


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_a_call_that_nobody_answers_says_why(status):
    assert Walk("outbound-api").happens(Ended(status)).told == [status]


def test_a_call_that_was_answered_is_completed_however_it_ends():
    walk = Walk("outbound-api").happens(PickedUp()).happens(Ended("canceled"))
    assert walk.told == ["completed"]


def test_documents_that_send_for_each_other_do_not_do_so_for_ever():
    walk = Walk()
    for _ in range(300):
        if walk.call.is_over:
            break
        walk.done(document("<Redirect/>"))
    assert walk.call.status == "completed"


def test_a_document_of_very_many_verbs_is_followed():
    walk = Walk().done(document("<Record/>" * 5000 + "<Say>Done</Say>"))
    assert walk.work == Say("Done")


_RESULTS = st.one_of(
    st.sampled_from(
        [
            "",
            "<Say>a</Say>",
            "<Reject/>",
            STREAM,
            STREAM + "<Hangup/>",
            "<Redirect>http://[</Redirect>",
            '<Redirect method="GET">../x</Redirect>',
            '<Gather action="//"/>',
            "<Dial/>",
            '<Dial action=":"><Number/></Dial>',
            '<Start><Stream url="wss://[x"/></Start><Stop/>',
        ]
    ).map(document),
    st.text(max_size=20).map(Fetched),
    st.just(Unfetched("gone")),
    st.just(Finished()),
    st.text("0123456789*#", max_size=3).map(Digits),
)
_HAPPENINGS = st.one_of(
    st.just(PickedUp()),
    st.builds(Done, st.integers(0, 30), _RESULTS),
    st.builds(Instructed, st.one_of(st.just(Fetch("x")), st.text(max_size=9).map(Inline))),
    st.builds(Ended, st.sampled_from(["completed", "busy", "canceled"])),
)
_ORDER = ["queued", "ringing", "in-progress", "completed"]


@given(
    st.sampled_from(["inbound", "outbound-api"]),
    st.lists(st.one_of(_HAPPENINGS, _RESULTS), max_size=30),
)
def test_whatever_happens_a_call_goes_forwards_and_ends_once(direction, story):
    walk = Walk(direction, fallback="https://other.example/v")
    statuses, number = list(walk.told), 0
    for each in story:
        was_over = walk.call.is_over
        for effect in walk.effects:
            number = effect.number if isinstance(effect, Do) else number
        if isinstance(each, Fetched | Unfetched | Finished | Digits):
            walk.happens(Done(number, each))  # what it waits for, or waited for
        else:
            walk.happens(each)
        assert not (was_over and walk.effects)
        statuses += walk.told
    ranks = [_ORDER.index(one) if one in _ORDER else 3 for one in statuses]
    assert ranks == sorted(set(ranks)), statuses
