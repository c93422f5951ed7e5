"""`X-Twilio-Signature`: whether Twilio has sent a webhook, or opens a stream.  Pure.

Signed is the public URL as Twilio has it, still percent-encoded, followed by the names and values
of a form's fields in the order of their names.  A body that is no form is bound by its digest in
the URL, `bodySHA256`.  A stream's upgrade is signed with its `wss://` URL alone.

Nothing in it is a time, so whoever has heard a webhook can send it again: `Delivery.key` is there
for that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from kallglot.carriers.webhook import WebhookRequest
from kallglot.errors import NotAuthenticated, WireError
from plugins.twilio.settings import TwilioSettings

__all__ = ["SETTINGS_HEADER", "SIGNATURE_HEADER", "admit", "fingerprint", "sign", "verify"]

SIGNATURE_HEADER: Final = "x-twilio-signature"
SETTINGS_HEADER: Final = "x-twilio-webhooks-signature-settings"

_HASHES: Final[Mapping[str, Callable[[], Any]]] = {
    "HMAC_SHA1": hashlib.sha1,
    "HMAC_SHA256": hashlib.sha256,
}
_PORTS: Final = {"https": 443, "wss": 443, "http": 80, "ws": 80}


def sign(
    url: str,
    fields: Iterable[tuple[str, str]],
    secret: str,
    algorithm: str = "HMAC_SHA1",
) -> str:
    """Return the signature of a webhook to that URL; `fields` are those of a form."""
    return _signed(url + _joined(fields), secret, algorithm)


def verify(request: WebhookRequest, settings: TwilioSettings, _now: float) -> None:
    """Check a webhook as it came.

    Raises:
        NotAuthenticated: nothing of it may be believed.
    """
    try:
        query, joined = request.query(), _joined(_fields(request))
    except WireError as error:
        raise _refusal(str(error)) from None
    if request.body and not _is_form(request):
        digests = [value for name, value in query if name == "bodySHA256"]
        found = hashlib.sha256(request.body).hexdigest().encode()
        if len(digests) != 1 or not hmac.compare_digest(found, digests[0].lower().encode()):
            raise _refusal("the body is not the one that was signed")
    _check(request, settings, _with_and_without_port(request.url), joined)


def admit(request: WebhookRequest, settings: TwilioSettings, _token: str | None) -> None:
    """Check the upgrade of a stream; Twilio shows no token, but signs it.

    Nobody has said whether a slash at the end of a URL is signed as it was written, so both are
    believed: the path has a secret of its own in it.

    Raises:
        NotAuthenticated: it is not Twilio that connects.
    """
    scheme, _, rest = request.url.partition("://")
    plain = f"{ {'https': 'wss', 'http': 'ws'}.get(scheme, scheme) }://{rest}"
    other = plain[:-1] if plain.endswith("/") else f"{plain}/"
    urls = [*_with_and_without_port(plain), *_with_and_without_port(other)]
    _check(request, settings, urls, "")


def fingerprint(request: WebhookRequest) -> str:
    """Return what is the same for every request that the same signature would do for.

    Whoever sends one again may put its fields in another order, and write them otherwise.

    Raises:
        WireError: it cannot be read.
    """
    signed = request.url + _joined(_fields(request))
    return hashlib.sha256(signed.encode("utf-8", "surrogatepass")).hexdigest()


def _is_form(request: WebhookRequest) -> bool:
    return request.method == "POST" and request.is_form


def _fields(request: WebhookRequest) -> list[tuple[str, str]]:
    return request.form() if _is_form(request) else []


def _check(
    request: WebhookRequest, settings: TwilioSettings, urls: Sequence[str], joined: str
) -> None:
    given = request.headers.get(SIGNATURE_HEADER, "")
    if not given:
        raise _refusal("there is no signature")
    algorithm, secrets = _keys(request.headers.get(SETTINGS_HEADER, ""), settings)
    believed = given.encode("utf-8", "surrogatepass")
    matches = [
        hmac.compare_digest(_signed(url + joined, secret, algorithm).encode(), believed)
        for secret in secrets
        for url in urls
    ]
    if not any(matches):
        raise _refusal("the signature is another")


def _keys(header: str, settings: TwilioSettings) -> tuple[str, Sequence[str]]:
    """Return how a webhook is signed, and with which secrets it may be.

    Without a header it is an auth token.  With one it names a shared key, and only that one will
    do: otherwise a secret of one kind would be believed for another.
    """
    if not header.strip():
        return "HMAC_SHA1", (settings.auth_token, *settings.other_tokens)
    said = dict(_named(header))
    algorithm = said.get("algorithm", "HMAC_SHA1").upper()
    if algorithm not in _HASHES:
        raise _refusal("the signature is of an unknown kind")
    known = dict(each.split(":", 1) for each in settings.shared_keys if ":" in each)
    if said.get("key") not in known:
        raise _refusal("the signature is made with an unknown key")
    return algorithm, (known[said["key"]],)


def _named(header: str) -> Iterator[tuple[str, str]]:
    for part in header.split(","):
        name, equals, value = part.partition("=")
        if equals:
            yield name.strip(), value.strip()


def _with_and_without_port(url: str) -> Sequence[str]:
    """Return a URL in both ways: Twilio is not consistent about ports."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refusal("the URL cannot be read") from None
    if port is None:
        number = _PORTS.get(parts.scheme)
        if number is None or not parts.hostname:
            return (url,)
        written = [url, _at(url, parts, f"{parts.netloc}:{number}")]
        if parts.scheme in {"wss", "ws"}:  # Twilio's own library writes 80 here
            written.append(_at(url, parts, f"{parts.netloc}:80"))
        return written
    return (url, _at(url, parts, parts.netloc.rpartition(":")[0]))


def _at(url: str, parts: SplitResult, netloc: str) -> str:
    """Return a URL with another host, and no other character changed."""
    return url.replace(f"//{parts.netloc}", f"//{netloc}", 1)


def _joined(fields: Iterable[tuple[str, str]]) -> str:
    return "".join(name + value for name, value in sorted(set(fields)))


def _signed(text: str, secret: str, algorithm: str) -> str:
    digest = hmac.new(
        secret.encode("utf-8", "surrogatepass"),
        text.encode("utf-8", "surrogatepass"),
        _HASHES[algorithm],
    ).digest()
    return base64.b64encode(digest).decode("ascii")


def _refusal(why: str) -> NotAuthenticated:
    return NotAuthenticated(why, code="invalid_signature")
