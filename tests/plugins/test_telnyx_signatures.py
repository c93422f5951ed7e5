from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from telnyx import Telnyx

from kallglot.carriers.webhook import WebhookRequest
from kallglot.errors import NotAuthenticated
from plugins.telnyx.signatures import STREAM_TOKEN_HEADER, admit, sign, verify
from tests.plugins.sequences import records
from tests.plugins.webhooks import FORM, JSON, NOW, PUBLIC_KEY, SEED, TELNYX, request_of

EVENTS = "https://voice.example.com/telnyx/events"
SIGNED = [*records("telnyx_webhooks"), *records("texml_webhooks")]


def believed(request, now=NOW, settings=TELNYX) -> bool:
    try:
        verify(request, settings, now)
    except NotAuthenticated as error:
        return error.code != "invalid_signature"
    return True


@pytest.mark.parametrize("vector", records("telnyx_signatures"), ids=lambda vector: vector["name"])
def test_published_signatures_are_believed_and_forged_ones_are_not(vector):
    headers = {
        "Telnyx-Timestamp": vector["timestamp"],
        "Telnyx-Signature-Ed25519": vector["signature"],
    }
    request = WebhookRequest("POST", EVENTS, headers, vector["raw_body"].encode())
    assert believed(request, vector.get("now", NOW)) is vector["valid"]


@pytest.mark.parametrize("record", SIGNED, ids=range(len(SIGNED)))
def test_a_whole_calls_webhooks_are_believed_and_no_others(record):
    request = request_of(record)
    assert believed(request)
    assert not believed(attrs.evolve(request, body=request.body + b" "))
    assert not believed(attrs.evolve(request, method="GET"))
    assert not believed(request, NOW + 400)
    assert not believed(request, NOW - 400)


def test_while_the_key_is_changed_both_are_believed():
    other = "A" * 43 + "="
    request = request_of(SIGNED[0])
    changed = attrs.evolve(TELNYX, public_key=other, other_public_keys=(PUBLIC_KEY,))
    assert believed(request, settings=changed)
    assert not believed(request, settings=attrs.evolve(TELNYX, public_key=other))
    assert not believed(request, settings=attrs.evolve(changed, other_public_keys=("junk",)))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"telnyx-timestamp": "1790000000"},
        {"telnyx-signature-ed25519": "AA=="},
        {"telnyx-timestamp": "now", "telnyx-signature-ed25519": "AA=="},
        {"telnyx-timestamp": "٣", "telnyx-signature-ed25519": "AA=="},
        {"telnyx-timestamp": "1" * 20, "telnyx-signature-ed25519": "AA=="},
        {"telnyx-timestamp": "1790000000", "telnyx-signature-ed25519": "ä"},
    ],
)
def test_what_cannot_be_read_is_not_believed(headers):
    assert not believed(WebhookRequest("POST", EVENTS, headers, b"{}"))


@given(st.binary(max_size=80))
def test_what_we_sign_we_believe(body):
    request = WebhookRequest("POST", EVENTS, FORM | sign(body, SEED, NOW), body)
    assert believed(request)
    assert not believed(attrs.evolve(request, body=body + b"x"))


@pytest.mark.parametrize("record", [record for record in SIGNED if "events" in record["url"]])
def test_telnyxs_own_library_believes_us_about_the_same_webhooks(record, monkeypatch):
    monkeypatch.setattr("time.time", lambda: NOW)
    body = record["body"]
    theirs = Telnyx(api_key="KEY1", public_key=PUBLIC_KEY)
    for headers in (record["headers"], JSON | sign(body.encode(), SEED, NOW)):
        theirs.webhooks.unwrap(body, headers=headers)
        assert believed(WebhookRequest("POST", EVENTS, headers, body.encode()))
    with pytest.raises(Exception, match=r"(?i)signature"):
        theirs.webhooks.unwrap(body + " ", headers=record["headers"])


@given(st.text(max_size=20) | st.just("one-shot-token"))
def test_a_stream_shows_the_token_it_was_ordered_with(token):
    stream = "wss://voice.example.com/telnyx/media/tk_77aa"
    request = WebhookRequest("GET", stream, {STREAM_TOKEN_HEADER: token})
    admit(request, TELNYX, token)
    admit(request, TELNYX, None)
    with pytest.raises(NotAuthenticated):
        admit(request, TELNYX, token + "x")
    with pytest.raises(NotAuthenticated):
        admit(WebhookRequest("GET", stream, {}), TELNYX, token + "x")
