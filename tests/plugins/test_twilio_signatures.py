from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qsl, urlencode

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from kallglot.carriers.webhook import WebhookRequest
from kallglot.errors import NotAuthenticated, WireError
from plugins.twilio.signatures import admit, fingerprint, sign, verify
from tests.plugins.sequences import records
from tests.plugins.webhooks import FORM, JSON, NOW, TOKEN, TWILIO, request_of

VOICE = "https://voice.example.com/twilio/voice/in?a=%2B1&b=x%20y"
STREAM = "wss://voice.example.com/twilio/media/tk_9b1f"

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
forms = st.lists(st.tuples(names, st.text(st.characters(codec="utf-8"), max_size=20)), max_size=8)


def believed(check, request, settings=TWILIO) -> bool:
    try:
        check(request, settings, NOW if check is verify else None)
    except NotAuthenticated as error:
        return error.code != "invalid_signature"
    return True


def vector_request(vector: dict) -> WebhookRequest:
    headers = dict(vector.get("headers", {}))
    if vector["signature"] is not None:
        headers["X-Twilio-Signature"] = vector["signature"]
    if vector["url"].startswith("wss"):
        return WebhookRequest("GET", vector["url"], headers)
    if "raw_body" in vector:
        body = vector["raw_body"].encode()
        return WebhookRequest("POST", vector["url"], headers | JSON, body)
    body = urlencode(vector.get("params", {})).encode()
    return WebhookRequest("POST", vector["url"], headers | FORM, body)


@pytest.mark.parametrize(
    "vector",
    [each for each in records("twilio_signatures") if each["name"] != "twilio-ws-wrong-scheme"],
    ids=lambda vector: vector["name"],
)
def test_published_signatures_are_believed_and_forged_ones_are_not(vector):
    check = admit if vector["url"].startswith("wss") else verify
    assert believed(check, vector_request(vector)) is vector["valid"]


def test_a_stream_is_signed_with_its_own_scheme_whatever_a_proxy_in_front_of_us_says():
    (vector,) = [each for each in records("twilio_signatures") if each["name"] == "twilio-ws"]
    behind_tls = attrs.evolve(vector_request(vector), url=STREAM.replace("wss:", "https:"))
    assert believed(admit, behind_tls)
    assert not believed(verify, behind_tls)


@pytest.mark.parametrize("ending", ["", "/"])
@pytest.mark.parametrize("port", ["", ":443", ":80"])
def test_a_stream_may_be_signed_with_and_without_slash_and_port(ending, port):
    url = f"wss://voice.example.com{port}/twilio/media/tk_9b1f{ending}"
    headers = {"x-twilio-signature": sign(url, (), TOKEN)}
    assert believed(admit, WebhookRequest("GET", STREAM, headers))
    other = WebhookRequest("GET", STREAM.replace("tk_9b1f", "tk_other"), headers)
    assert not believed(admit, other)


@pytest.mark.parametrize("record", records("twilio_webhooks"), ids=lambda record: record["t_ms"])
def test_a_whole_calls_webhooks_are_believed_and_no_others(record):
    request = request_of(record)
    assert believed(verify, request)
    assert not believed(verify, attrs.evolve(request, body=request.body + b"&Digits=1"))
    assert not believed(verify, attrs.evolve(request, url=request.url + "/x"))
    assert not believed(verify, request, attrs.evolve(TWILIO, auth_token="another"))


def test_while_the_token_is_changed_both_are_believed():
    request = request_of(records("twilio_webhooks")[0])
    changed = attrs.evolve(TWILIO, auth_token="new", other_tokens=(TOKEN,))
    assert believed(verify, request, changed)


def test_a_body_that_is_no_form_must_be_bound_to_the_url():
    signature = {"X-Twilio-Signature": sign(VOICE, (), TOKEN)}
    unbound = WebhookRequest("POST", VOICE, signature | JSON, b'{"forged":true}')
    assert not believed(verify, unbound)
    assert not believed(verify, attrs.evolve(unbound, method="GET"))
    assert not believed(verify, attrs.evolve(unbound, method="GET", headers=signature | FORM))
    assert believed(verify, attrs.evolve(unbound, method="GET", body=b""))


@pytest.mark.parametrize(
    ("settings", "is_good"),
    [
        ("key=webhooks_sharedkey_EXAMPLE,algorithm=HMAC_SHA1", True),
        ("key=webhooks_sharedkey_EXAMPLE", True),
        (" key = webhooks_sharedkey_EXAMPLE , algorithm = hmac_sha1 ", True),
        ("key=webhooks_sharedkey_EXAMPLE,algorithm=HMAC_MD5", False),
        ("key=unknown,algorithm=HMAC_SHA1", False),
        ("algorithm=HMAC_SHA1", False),
        ("nonsense", False),
        ("", True),
    ],
)
def test_a_shared_key_is_the_one_that_is_named_or_none(settings, is_good):
    request = attrs.evolve(
        request_of(records("twilio_webhooks")[0]),
        headers=records("twilio_webhooks")[0]["headers"]
        | {"X-Twilio-Webhooks-Signature-Settings": settings},
    )
    assert believed(verify, request) is is_good


@given(forms, st.sampled_from([VOICE, "https://h.example:8443/a?b=c", "http://h.example/ä"]))
def test_twilios_own_library_believes_us_and_we_believe_it(pairs, url):
    fields: dict[str, str] = dict(pairs)
    theirs = RequestValidator(TOKEN)
    body = urlencode(fields).encode()
    assert theirs.validate(url, fields, sign(url, fields.items(), TOKEN))
    for algorithm, headers in (
        ("HMAC_SHA1", {}),
        (
            "HMAC_SHA256",
            {
                "X-Twilio-Webhooks-Signature-Settings": (
                    "key=webhooks_sharedkey_EXAMPLE,algorithm=HMAC_SHA256"
                )
            },
        ),
    ):
        signed = {"X-Twilio-Signature": theirs.compute_signature(url, fields, algorithm)}
        assert believed(verify, WebhookRequest("POST", url, FORM | headers | signed, body))


@given(st.binary(max_size=60))
def test_twilios_own_library_agrees_about_bodies_that_are_no_form(body):
    text = body.decode("latin-1").encode()
    url = f"{VOICE}&bodySHA256={hashlib.sha256(text).hexdigest()}"
    signature = sign(url, (), TOKEN)
    assert RequestValidator(TOKEN).validate(url, text.decode(), signature)
    request = WebhookRequest("POST", url, JSON | {"X-Twilio-Signature": signature}, text)
    assert believed(verify, request)


@given(
    st.text(max_size=60),
    st.dictionaries(
        st.sampled_from(
            ["X-Twilio-Signature", "X-Twilio-Webhooks-Signature-Settings", "Content-Type"]
        ),
        st.text(max_size=40) | st.just("application/x-www-form-urlencoded"),
    ),
    st.binary(max_size=60),
    st.sampled_from(["GET", "POST", "PUT"]),
)
def test_nothing_that_comes_is_more_than_not_believed(url, headers, body, method):
    request = WebhookRequest(method, url, headers, body)
    assert not believed(verify, request)
    assert not believed(admit, request)


def test_a_webhook_sent_again_with_its_fields_in_another_order_is_the_same_one():
    request = request_of(records("twilio_webhooks")[0])
    pairs = parse_qsl(request.body.decode(), keep_blank_values=True)
    shuffled = attrs.evolve(request, body=urlencode(pairs[::-1] + pairs[:1]).encode())
    assert believed(verify, shuffled)
    assert fingerprint(shuffled) == fingerprint(request)
    found = {fingerprint(request_of(record)) for record in records("twilio_webhooks")}
    assert len(found) == len(records("twilio_webhooks"))


def test_a_signature_is_base64_of_the_whole_digest():
    assert len(base64.b64decode(sign(VOICE, [("a", "b")], TOKEN))) == 20
    assert len(base64.b64decode(sign(VOICE, [("a", "b")], TOKEN, "HMAC_SHA256"))) == 32


def test_too_many_fields_are_not_believed_nor_read():
    request = WebhookRequest("POST", VOICE, FORM, b"&".join(b"a=1" for _ in range(1000)))
    assert not believed(verify, request)
    with pytest.raises(WireError):
        request.form()
