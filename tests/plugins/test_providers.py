"""What the interface asks of providers, old and new."""

from __future__ import annotations

import time

import attrs
import pytest

from kallglot.carriers.callstate import Answered, Call, learn
from kallglot.carriers.facts import StepsWanted
from kallglot.carriers.settings import credentials_of
from kallglot.carriers.steps import ConnectStream, HangUp, PickUp, Speak
from kallglot.carriers.webhook import NOTHING
from kallglot.providers import INTERFACE, Provider, discover
from plugins.telnyx import provider as telnyx
from plugins.twilio import provider as twilio
from plugins.twilio.wire import TwilioWire
from tests.plugins.sequences import records
from tests.plugins.webhooks import NOW, TELNYX, TWILIO, request_of

STEPS = (
    PickUp(),
    Speak("Willkommen. Ihr Anruf wird übersetzt.", "de"),
    ConnectStream("wss://calls.example.com/v1/stream/s_41", {"session_id": "s_41"}),
    HangUp(),
)


def test_a_provider_of_streams_alone_is_still_one():
    provider = Provider("acme", INTERFACE, lambda _: False, TwilioWire)
    assert provider.webhook("voice") is None
    assert (provider.settings, provider.verify, provider.client) == (None, None, None)


@pytest.mark.parametrize("provider", discover().values(), ids=lambda provider: provider.name)
def test_a_provider_that_answers_webhooks_can_tell_whose_they_are(provider):
    suffixes = [webhook.suffix for webhook in provider.webhooks]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.isalpha() for suffix in suffixes)
    if provider.webhooks:
        assert None not in (provider.verify, provider.admit, provider.settings)
    if provider.client is not None:
        assert any(each.is_secret for each in credentials_of(provider.settings))


@pytest.mark.parametrize(
    ("provider", "settings", "record"),
    [
        (twilio, TWILIO, records("twilio_webhooks")[0]),
        (telnyx, TELNYX, records("texml_webhooks")[0]),
    ],
    ids=["twilio", "telnyx"],
)
def test_a_call_that_comes_in_is_greeted_and_connected(provider, settings, record):
    request, webhook = request_of(record), provider.webhook("voice")

    provider.verify(request, settings, NOW)
    delivery = webhook.read(request)
    assert isinstance(delivery.facts[-1], StepsWanted)
    document = webhook.render(STEPS)

    assert document.status == 200
    assert document.body.decode().startswith("<?xml")
    assert '<Say language="de-DE">' in document.body.decode()
    assert "wss://calls.example.com/v1/stream/s_41" in document.body.decode()


def test_commands_are_not_written_into_answers():
    events = telnyx.webhook("events")
    assert events.render is None
    assert events.nothing.status == 200
    call = Call()
    for record in records("telnyx_webhooks")[:3]:
        telnyx.verify(request_of(record), TELNYX, NOW)
        for fact in events.read(request_of(record)).facts:
            call = learn(call, fact)
    assert call.progress == Answered()
    assert twilio.webhook("status").nothing is NOTHING


def test_an_answer_takes_no_time_worth_speaking_of():
    request, webhook = request_of(records("twilio_webhooks")[0]), twilio.webhook("voice")
    began = time.perf_counter()
    for _ in range(20):
        twilio.verify(request, TWILIO, NOW)
        webhook.read(request)
        webhook.render(STEPS)
    assert (time.perf_counter() - began) / 20 < 0.01


def test_a_request_has_its_headers_by_any_case():
    request = attrs.evolve(request_of(records("texml_webhooks")[0]), headers={"X-A": "1"})
    assert request.headers["x-a"] == "1"
