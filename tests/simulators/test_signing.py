"""What the simulators sign is accepted by the carriers' own libraries."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telnyx.lib.webhook_verification import WebhookVerificationError, verify_webhook_signature
from twilio.request_validator import RequestValidator

from kallglot.testing.signing import SharedKey, TelnyxKey, TwilioKey, twilio_headers

TOKEN = "0123456789abcdef0123456789abcdef"  # it is made up
URL = "https://voice.example.com/twilio/voice/in?a=%2B1&b=x%20y"
FIELDS = [
    ("CallSid", "CA00000000000000000000000000000011"),
    ("To", "+15550100002"),
    ("From", "+15550100001"),
    ("CallerName", ""),
]


def test_the_published_vectors_of_twilio_are_met():
    assert TwilioKey(TOKEN).sign(URL, FIELDS) == "TUNE8UqxpIVVQFd0gX6H9YbsQN8="
    url = "wss://voice.example.com/twilio/media/tk_9b1f"
    assert TwilioKey(TOKEN).sign(url) == "I2WvwPIW8b6QqGknKdPfbghyet8="


def test_a_shared_key_is_named_in_a_header():
    key = TwilioKey("unused", SharedKey("webhooks_sharedkey_EXAMPLE", TOKEN))
    assert twilio_headers(key, URL, FIELDS) == {
        "X-Twilio-Signature": "yfdbEUdCCABcJwZ/XaTe2Yj6+LXt4E93Et38Lc0HQHM=",
        "X-Twilio-Webhooks-Signature-Settings": (
            "key=webhooks_sharedkey_EXAMPLE,algorithm=HMAC_SHA256"
        ),
    }


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=6))
def test_twilios_own_validator_accepts_every_form(fields):
    signature = TwilioKey(TOKEN).sign(URL, fields.items())
    assert RequestValidator(TOKEN).validate(URL, fields, signature)
    assert not RequestValidator(TOKEN).validate(URL + "1", fields, signature)


def test_the_published_vectors_of_telnyx_are_met():
    key = TelnyxKey(bytes(range(32)))
    assert key.public == "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
    body = b'{"data":{"event_type":"call.initiated"}}'
    assert key.headers(body, 1790000000.9) == {
        "telnyx-timestamp": "1790000000",
        "telnyx-signature-ed25519": (
            "8w5gsrhAtYmroDcdo2tHgp+/v8oSHqZE3dvL9NWQqnbYVMp09gWCRF3l+0kqmuzswKJgdeJOTnKCxLGUuZ95Cg=="
        ),
    }


@pytest.mark.parametrize("body", ['{"data":{"event_type":"call.hangup"}}', "CallSid=v3%3Aabc"])
def test_telnyxs_own_verifier_accepts_what_is_signed_now(body):
    key = TelnyxKey()
    headers = key.headers(body.encode(), time.time())
    verify_webhook_signature(body, headers, key.public)
    with pytest.raises(WebhookVerificationError):
        verify_webhook_signature(body + " ", headers, key.public)
