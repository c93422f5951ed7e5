"""The reference as a page for people: one HTML file that needs nothing else.  Pure.

Everything on it is there to be found with the browser's own search, so nothing is folded away.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any, Final

from kallglot.api.codes import CODES
from kallglot.api.openapi.examples import Example, Examples
from kallglot.api.openapi.prose import inline, paragraphs
from kallglot.api.openapi.words import in_words, properties

__all__ = ["CONTENT_SECURITY_POLICY", "page"]

#: What comes after the endpoints.
_CHAPTERS: Final = ("Stream frames", "Webhook events", "Errors", "Schemas")

_STYLE: Final = (importlib.resources.files("kallglot.api.openapi") / "page.css").read_text()
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

#: Nothing may be loaded and nothing be run; the page has none of it.
CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


def page(document: Mapping[str, Any], stream: Mapping[str, Any], examples: Examples) -> str:
    """Return the page of an OpenAPI document and of the AsyncAPI document of the stream."""
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    parts = [_head(document), _contents(document, operations), *_introduction(document["info"])]
    for tag in document["tags"]:
        parts += [_heading(2, tag["name"]), paragraphs(tag["description"])]
        parts += [
            _operation(method, path, operation, document, examples.get(f"{method} {path}"))
            for method, path, operation in operations
            if operation["tags"] == [tag["name"]]
        ]
    parts += [*_stream(stream), *_webhooks(document), *_errors(), *_schemas(document, stream)]
    return "\n".join([*parts, "</main></body></html>\n"])


def _introduction(info: Mapping[str, Any]) -> Iterator[str]:
    yield f"<main><h1>The {escape(info['title'])} API</h1>"
    yield (
        f'<p class="note">Version {escape(info["version"])}, {escape(info["license"]["name"])}.'
        ' For programs: <a href="/openapi.json">openapi.json</a>,'
        ' <a href="/asyncapi.json">asyncapi.json</a>.</p>'
    )
    yield paragraphs(info["description"])


def _head(document: Mapping[str, Any]) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(document['info']['title'])} API</title>"
        f"<style>{_STYLE}</style></head><body>"
    )


def _contents(document: Mapping[str, Any], operations: Iterable[tuple[str, str, Any]]) -> str:
    parts = ["<nav>"]
    for tag in document["tags"]:
        items = "".join(
            f'<li><a href="#{operation["operationId"]}">{escape(operation["summary"])}</a></li>'
            for _, _, operation in operations
            if operation["tags"] == [tag["name"]]
        )
        parts.append(f'<a href="#{_anchor(tag["name"])}">{tag["name"]}</a><ul>{items}</ul>')
    links = "".join(f'<li><a href="#{_anchor(name)}">{name}</a></li>' for name in _CHAPTERS)
    return "".join([*parts, f"<ul>{links}</ul></nav>"])


def _heading(level: int, name: str) -> str:
    return f'<h{level} id="{_anchor(name)}">{escape(name)}</h{level}>'


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")


def _operation(
    method: str,
    path: str,
    operation: Mapping[str, Any],
    document: Mapping[str, Any],
    example: Example | None,
) -> str:
    server = document["servers"][0]["url"]
    called = f'<span class="path"><span class="method">{method}</span> {escape(path)}</span>'
    parts = [
        f'<section id="{operation["operationId"]}">',
        f"<h3>{escape(operation['summary'])}<br>{called}</h3>",
        paragraphs(operation.get("description", "")),
    ]
    if operation["parameters"]:
        parts += ["<h4>Parameters</h4>", _table(map(_parameter_row, operation["parameters"]))]
    body = operation.get("requestBody")
    if body is not None:
        schema = body["content"]["application/json"]["schema"]
        parts += ["<h4>Body</h4>", f"<p>{in_words(schema)}</p>", _fields(schema, document)]
    if example is not None:
        parts += ["<h4>Example</h4>", _pre(_curl(method, server, operation, example))]
        parts.append(_pre(_answered(example)))
    parts += ["<h4>Answers</h4>", _table(_answer_rows(operation["responses"]))]
    return "\n".join([*parts, "</section>"])


def _parameter_row(parameter: Mapping[str, Any]) -> tuple[str, ...]:
    where = parameter["in"] + (", required" if parameter.get("required") else "")
    return (
        f'<code>{escape(parameter["name"])}</code><br><span class="note">{where}</span>',
        in_words(parameter["schema"]),
        inline(parameter.get("description", "")),
    )


def _answer_rows(responses: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for status, response in responses.items():
        kinds = [
            in_words(content["schema"]) if "schema" in content else f"<code>{escape(media)}</code>"
            for media, content in response.get("content", {}).items()
        ]
        yield (
            f"<code>{status}</code>",
            "<br>".join(kinds),
            paragraphs(response["description"]),
        )


def _curl(method: str, server: str, operation: Mapping[str, Any], example: Example) -> str:
    words = ["curl", shlex.quote(server + example.url)]
    if method != "GET" and not (method == "POST" and example.body is not None):
        words[1:1] = ["-X", method]
    if any("bearer" in scheme for scheme in operation["security"]):
        words += ["\\\n  -H", '"Authorization: Bearer $KALLGLOT_API_KEY"']
    for name, value in example.headers.items():
        words += ["\\\n  -H", shlex.quote(f"{name}: {value}")]
    if example.body is not None:
        words += ["\\\n  --json", shlex.quote(json.dumps(example.body, indent=2))]
    return " ".join(words)


def _answered(example: Example) -> str:
    if example.answer is not None:
        shown = json.dumps(example.answer, indent=2, ensure_ascii=False)
    else:
        shown = example.text or ""
    return f"HTTP/1.1 {example.status}\n\n{shown}".rstrip()


def _stream(stream: Mapping[str, Any]) -> Iterator[str]:
    yield _heading(2, "Stream frames")
    yield paragraphs(stream["info"]["description"])
    messages = stream["components"]["messages"]
    for operation in stream["operations"].values():
        yield f"<h3>{escape(operation['summary'])}</h3>"
        for reference in operation["messages"]:
            message = messages[reference["$ref"].rpartition("/")[2]]
            yield f"<h4><code>{escape(message['name'])}</code></h4>"
            yield f"<p>{inline(message['summary'])} {in_words(message['payload'])}</p>"
            for example in message.get("examples", ()):
                yield _pre(json.dumps(example["payload"], ensure_ascii=False))


def _webhooks(document: Mapping[str, Any]) -> Iterator[str]:
    yield _heading(2, "Webhook events")
    yield paragraphs(_WEBHOOKS)
    for name, hook in document["webhooks"].items():
        content = hook["post"]["requestBody"]["content"]["application/json"]
        yield f'<h3 id="{hook["post"]["operationId"]}">{escape(name)}</h3>'
        yield f"<p>{in_words(content['schema'])}</p>"
        if "example" in content:
            yield _pre(json.dumps(content["example"], indent=2, ensure_ascii=False))


_WEBHOOKS: Final = """\
Each event is sent as `POST` to every endpoint that wants it, at least once and in order within a \
session. Anything but an answer from 200 to 299 is tried again later. `GET /v1/events` tells the \
same to those without a public URL.

`Kallglot-Signature: t=1775034000,v1=5257a869…` says that an event is from here: `v1` is the \
HMAC-SHA256, in hexadecimal, of the time, a full stop and the raw body, under the endpoint's \
secret. While a secret is being rotated there are two of them. Refuse what is older than five \
minutes, and drop an event whose `id` you have seen.
"""


def _errors() -> Iterator[str]:
    yield _heading(2, "Errors")
    yield _table(
        (f"<code>{name}</code>", str(code.status), f"<code>{code.type}</code>", code.meaning)
        for name, code in CODES.items()
    )


def _schemas(*documents: Mapping[str, Any]) -> Iterator[str]:
    yield _heading(2, "Schemas")
    schemas = {
        name: schema
        for document in documents
        for name, schema in document["components"]["schemas"].items()
    }
    for name, schema in sorted(schemas.items()):
        yield f'<h3 id="schema-{name}">{escape(name)}</h3>'
        yield paragraphs(schema.get("description", ""))
        if "enum" in schema:
            yield f"<p>{in_words(schema)}</p>"
        yield _field_table(schema)


def _fields(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Return the fields of what a schema refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return _field_table(document["components"]["schemas"].get(name, schema))


def _field_table(schema: Mapping[str, Any]) -> str:
    return _table(
        (
            f"<code>{escape(field)}</code>"
            + ("" if is_required else '<br><span class="note">optional</span>'),
            in_words(inner),
            inline(inner.get("description", "")),
        )
        for field, inner, is_required in properties(schema)
    )


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    made = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{made}</table>" if made else ""


def _pre(text: str) -> str:
    return f"<pre><code>{escape(text, quote=False)}</code></pre>"
