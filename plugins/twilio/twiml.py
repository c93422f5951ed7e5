"""Steps as TwiML.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kallglot.carriers import markup
from kallglot.carriers.markup import Dialect
from kallglot.carriers.steps import ConnectStream, CopyStream, Step
from kallglot.carriers.webhook import Document
from kallglot.errors import InvalidRequest

__all__ = ["LONGEST_INLINE", "document", "inline"]

#: Characters that a request to the REST API may have in `Twiml`.
LONGEST_INLINE: Final = 4000


def _stream(step: ConnectStream | CopyStream) -> Mapping[str, str]:
    """A connected stream hears the inbound track and no other: Twilio refuses `both_tracks`."""
    match step:
        case ConnectStream():
            return {}
        case CopyStream(tracks="both"):
            return {"track": "both_tracks"}
        case CopyStream(tracks=track):
            return {"track": f"{track}_track"}


_DIALECT: Final = Dialect(stream=_stream)


def document(steps: Sequence[Step]) -> Document:
    """Return the answer to a webhook that has Twilio do these steps.

    Raises:
        InvalidRequest: something is too long, or cannot be written.
    """
    return markup.document(steps, _DIALECT)


def inline(steps: Sequence[Step]) -> str:
    """Return steps as the REST API takes them.

    Raises:
        InvalidRequest: the same, or it is too long for that: give it a URL instead.
    """
    text = markup.markup(steps, _DIALECT)
    if len(text) > LONGEST_INLINE:
        raise InvalidRequest(
            f"TwiML in a request has at most {LONGEST_INLINE} characters",
            code="invalid_field_value",
        )
    return text
