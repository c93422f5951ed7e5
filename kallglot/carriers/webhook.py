"""A carrier's webhook: what it asked, what it means, and what it is answered.  Pure.

The server makes a `WebhookRequest` of what came, has the plugin `verify` it, lets `Webhook.read`
make a `Delivery` of it, and answers with `Webhook.render(steps)`, or with an empty body.  Nothing
is read before it is verified.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import attrs

from kallglot.carriers.facts import CallFact
from kallglot.carriers.steps import Step
from kallglot.errors import WireError

__all__ = ["NOTHING", "Delivery", "Document", "Webhook", "WebhookRequest"]

#: More fields than any carrier sends.
MOST_FIELDS: Final = 300


def _lowered(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@attrs.frozen
class WebhookRequest:
    """A request as it came over the network.

    `url` is the public one: the configured origin, then path and query with their
    percent-encoding untouched.  Never the `Host` header, which is whatever the sender likes.  For
    a WebSocket's upgrade it begins with `wss://`, and the body is empty.
    """

    method: str
    url: str = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(converter=_lowered, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_form(self) -> bool:
        return self.media_type == "application/x-www-form-urlencoded"

    def query(self) -> list[tuple[str, str]]:
        """Return the parameters of the URL.

        Raises:
            WireError: they cannot be read.
        """
        try:
            text = urlsplit(self.url).query
        except ValueError:
            raise WireError("the URL cannot be read") from None
        return _pairs(text)

    def form(self) -> list[tuple[str, str]]:
        """Return the fields of a form, blank ones too.

        Raises:
            WireError: they cannot be read.
        """
        try:
            return _pairs(self.body.decode())
        except UnicodeDecodeError:
            raise WireError("the form is not in UTF-8") from None


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise WireError(f"there are more than {MOST_FIELDS} fields") from None


@attrs.frozen
class Delivery:
    """What a webhook says.

    `key` is the same for the same thing said twice; `kallglot.carriers.replays` remembers it.
    A repetition has no effect; at most it is answered as the first one was.  `tag` is what we asked
    the carrier to repeat with all it says about the call.  `leg` is a second name for the call,
    for carriers that may change the first one under way.
    """

    facts: tuple[CallFact, ...]
    key: str
    tag: str | None = attrs.field(default=None, repr=False)
    leg: str | None = None


@attrs.frozen
class Document:
    """An answer."""

    body: bytes = attrs.field(repr=False)
    media_type: str
    status: int = 200


#: For webhooks that only tell.
NOTHING: Final = Document(b"", "text/plain", 204)

_Read: TypeAlias = Callable[[WebhookRequest], Delivery]
_Render: TypeAlias = Callable[[Sequence[Step]], Document]


@attrs.frozen
class Webhook:
    """A route that a provider answers: `/providers/{provider}/{suffix}`.

    `read` raises `WireError` for what it cannot understand, and nothing else.  `render` is None
    where the body of the answer is ignored: the steps are then carried out by the client.
    """

    suffix: str
    read: _Read
    render: _Render | None = None
    #: What is answered when there is nothing to be done.
    nothing: Document = NOTHING
