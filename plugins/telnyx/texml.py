"""Steps as TeXML.  Pure.

Telnyx fills in what stands between double braces, so none may come from outside: in what is spoken
they are taken apart, anywhere else they are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from kallglot.carriers import markup
from kallglot.carriers.markup import Dialect
from kallglot.carriers.steps import ConnectStream, CopyStream, Step
from kallglot.carriers.webhook import Document
from kallglot.errors import InvalidRequest

__all__ = ["document", "inline"]

_DOUBLE: Final = re.compile(r"\{(?=\{)|\}(?=\})")


def _spoken(text: str) -> str:
    return _DOUBLE.sub(lambda brace: f"{brace[0]} ", text)


def _written(text: str) -> str:
    if _DOUBLE.search(text):
        raise InvalidRequest("TeXML holds no double braces", code="invalid_field_value")
    return text


def _stream(step: ConnectStream | CopyStream) -> Mapping[str, str]:
    """Say everything: what is left out plays MP3 files, or whatever the call's codec is."""
    match step:
        case ConnectStream():
            return {
                "track": "inbound_track",
                "codec": "PCMU",
                "bidirectionalMode": "rtp",
                "bidirectionalCodec": "PCMU",
                "bidirectionalSamplingRate": "8000",
            }
        case CopyStream(tracks="both"):
            return {"track": "both_tracks", "codec": "PCMU"}
        case CopyStream(tracks=track):
            return {"track": f"{track}_track", "codec": "PCMU"}


_DIALECT: Final = Dialect(_stream, _spoken, _written, "application/xml")


def document(steps: Sequence[Step]) -> Document:
    """Return the answer to a webhook that has Telnyx do these steps.

    Raises:
        InvalidRequest: something is too long, or cannot be written.
    """
    return markup.document(steps, _DIALECT)


def inline(steps: Sequence[Step]) -> str:
    """Return steps as the REST API takes them.

    Raises:
        InvalidRequest: something is too long, or cannot be written.
    """
    return markup.markup(steps, _DIALECT)
