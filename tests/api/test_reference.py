"""The reference says what the server does, no more and no less."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from kallglot import errors
from kallglot.api import carriers
from kallglot.api.codes import CODES
from kallglot.api.errors import status_of
from kallglot.api.openapi.examples import kept_examples
from kallglot.errors import Refused
from kallglot.webhooks.events import NAMES, TEST
from tests.api.described import described

ROOT = Path(__file__).parents[2]

#: Answers that are no use as an example: a WebSocket.
WITHOUT_EXAMPLE = {
    "GET /v1/sessions/{session_id}/connect",
    "GET /v1/sessions/{session_id}/connect/{token}",
}


#: Codes whose status says more than that of their class.
TELLING = {
    "idempotency_mismatch",
    "insufficient_api_credits",
    "recording_deleted",
    "transcript_deleted",
}


@pytest.fixture
def document() -> dict:
    return described().document


def operations(document: dict) -> list[tuple[str, str, dict]]:
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def references(value: object) -> set[str]:
    match value:
        case {"$ref": str(reference)}:
            return {reference}
        case dict():
            return set().union(*(references(each) for each in value.values()))
        case list():
            return set().union(*(references(each) for each in value))
        case _:
            return set()


async def test_every_route_is_documented_and_nothing_else(client, document):
    """Those of carriers are not: nobody else can use them."""
    served = {
        (route.method, route.resource.canonical)
        for route in client.app.router.routes()
        if route.method != "HEAD" and route.resource.canonical != carriers.PATH
    }
    assert served == {(method, path) for method, path, _ in operations(document)}


def test_it_is_openapi(document):
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_every_operation_has_a_name_of_its_own(document):
    names = [operation["operationId"] for *_, operation in operations(document)]
    assert len(names) == len(set(names))


def test_every_event_is_documented(document):
    assert document["webhooks"].keys() == {*NAMES.values(), TEST}


def test_every_endpoint_has_an_example(document):
    called = {f"{method} {path}" for method, path, _ in operations(document)}
    assert called - WITHOUT_EXAMPLE == kept_examples().keys()


def raised() -> list[tuple[str, str, str]]:
    """Every code that is raised by name: the class, the code, and where."""
    found = []
    for path in [*(ROOT / "kallglot").rglob("*.py"), *(ROOT / "actors").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id=name), keywords=keywords):
                    for keyword in keywords:
                        match keyword:
                            case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                                found.append((name, code, f"{path.name}:{node.lineno}"))
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    return [each for each in found if each[0] in kinds]


def test_every_code_that_is_raised_is_in_the_table_with_the_status_of_its_class():
    for name, code, where in raised():
        assert code in CODES, f"{where} raises {code}"
        if code not in TELLING:
            kind: type[Refused] = getattr(errors, name)
            of_class = status_of(kind("", code="a code of somebody else"))
            assert CODES[code].status == of_class[0], f"{where} raises {code} as {name}"


def test_every_class_of_refusal_has_its_code_in_the_table():
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, Refused):
            assert kind.code in CODES


async def test_programs_can_have_it_and_ask_whether_it_has_changed(client, document):
    for path in ("/openapi.json", "/asyncapi.json", "/docs"):
        first = await client.get(path)
        assert first.status == 200
        again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status == 304
    assert await (await client.get("/openapi.json")).json() == document


async def test_the_page_needs_nothing_else_and_runs_nothing(client):
    response = await client.get("/docs")
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")
    text = await response.text()
    assert "<script" not in text
    assert "url(" not in text
    assert not re.search(r"<(img|link|iframe)\b", text)


async def test_the_page_has_everything_and_its_links_lead_somewhere(client, document):
    text = await (await client.get("/docs")).text()
    anchors = re.findall(r'id="([^"]+)"', text)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(anchors)
    for *_, operation in operations(document):
        assert operation["operationId"] in anchors
    for name in document["components"]["schemas"]:
        assert f"schema-{name}" in anchors
    for code in CODES:
        assert f"<code>{code}</code>" in text


async def test_the_document_of_the_stream_refers_to_nothing_that_is_not_there(client, document):
    stream = await (await client.get("/asyncapi.json")).json()
    assert stream["asyncapi"] == "3.0.0"
    for name, schema in stream["components"]["schemas"].items():
        assert document["components"]["schemas"].get(name, schema) == schema
    for reference in references(stream):
        place = stream
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
