"""The stream as one AsyncAPI 3.0 document.  Pure."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import msgspec
from yarl import URL

from kallglot import __version__
from kallglot.api.asyncapi.frames import RECEIVED, SENT
from kallglot.api.endpoint import Parameter

__all__ = ["EXAMPLES", "document", "kept_examples"]

#: A frame of each type, by who says it; the tests write it.
EXAMPLES: Final = Path(__file__).parent / "examples.json"

_TEMPLATE: Final = "#/components/schemas/{name}"

_ABOUT: Final = """\
The stream carries the audio of a session, and what is said in it as text, in JSON frames.

Connect to the session's `stream.url` with its `stream.token`: as `?token=`, as the last part of \
the path, or as `Authorization: Bearer`. A frame that is not understood is answered with \
`session.error`, and the connection stays up.

* There are two generations of the protocol. A client whose first frame is `audio`, `control` or \
`end` speaks the older one, and is answered in it.
* Several people may share a connection: they are told apart by `speaker`, and what is played to \
them is tagged with `listener`.
* Binary frames are raw audio as `encoding`, `sample_rate` and `channels` of the query describe \
it, and `speaker` names who speaks; audio to be played is encoded as they say too.
* A connection that is lost may come back within the session's `reconnect_deadline`, with the \
same token.
* It is closed with 1000 when the session has ended, 1008 when the token is not good, 1009 when a \
frame is too large, 1012 when the server restarts and 1013 when it is full.

The streams of Twilio and Telnyx come to the same URL in their own protocols.
"""


def document(public_url: str, query: Iterable[Parameter]) -> dict[str, Any]:
    """Return the document; `query` is that of a connection."""
    kinds = [*RECEIVED, *SENT]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_TEMPLATE)
    payloads = dict(zip((kind.__name__ for kind in kinds), schemas, strict=True))
    url, examples = URL(public_url), kept_examples()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kallglot streams",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache 2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "this": {
                "host": url.authority,
                "protocol": "wss" if url.scheme == "https" else "ws",
                "security": [
                    {"$ref": "#/components/securitySchemes/token"},
                    {"$ref": "#/components/securitySchemes/bearer"},
                ],
            }
        },
        "channels": {"stream": _channel(query)},
        "operations": {
            "receive": {
                "action": "receive",
                "summary": "What a client may say",
                "channel": {"$ref": "#/channels/stream"},
                "messages": [*_references("#/channels/stream/messages", RECEIVED)],
            },
            "send": {
                "action": "send",
                "summary": "What a client is told",
                "channel": {"$ref": "#/channels/stream"},
                "messages": [*_references("#/channels/stream/messages", SENT)],
            },
        },
        "components": {
            "messages": {
                kind.__name__: _message(kind, payloads[kind.__name__], examples[action])
                for action, spoken in (("receive", RECEIVED), ("send", SENT))
                for kind in spoken
            },
            "securitySchemes": {
                "token": {"type": "httpApiKey", "in": "query", "name": "token"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "schemas": components,
        },
    }


def kept_examples() -> dict[str, dict[str, Any]]:
    return msgspec.json.decode(EXAMPLES.read_bytes(), type=dict[str, dict[str, Any]])


def _message(kind: type[Any], payload: dict[str, Any], examples: dict[str, Any]) -> dict[str, Any]:
    name = get_args(get_type_hints(kind)["type"])[0]
    made = {
        "name": name,
        "summary": (inspect.getdoc(kind) or "").partition("\n")[0],
        "payload": payload,
    }
    return made | ({"examples": [{"payload": examples[name]}]} if name in examples else {})


def _channel(query: Iterable[Parameter]) -> dict[str, Any]:
    return {
        "address": "/v1/sessions/{session_id}/connect",
        "parameters": {"session_id": {"description": "The session's id."}},
        "messages": {
            kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"}
            for kind in (*RECEIVED, *SENT)
        },
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {
                    "type": "object",
                    "properties": {
                        each.name: {**each.schema, "description": each.meaning} for each in query
                    },
                },
            }
        },
    }


def _references(of: str, kinds: Iterable[type[Any]]) -> Iterable[dict[str, str]]:
    return ({"$ref": f"{of}/{kind.__name__}"} for kind in kinds)
