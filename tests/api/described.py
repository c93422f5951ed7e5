"""Whether what a server answers is what its reference says."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from kallglot.api.app import ENDPOINTS
from kallglot.api.reference import Reference

__all__ = ["Described", "DescribedClient", "described"]

JSON = "application/json"


class DescribedClient(TestClient):
    """Sees to it that no test is answered with anything that the reference does not say."""

    async def _request(self, method: str, path: Any, **options: Any) -> ClientResponse:
        response = await super()._request(method, path, **options)
        body = await response.json() if response.content_type == JSON and method != "HEAD" else None
        described().check(method, response, body)
        return response


class Described:
    """An OpenAPI document, read strictly: a field that it does not name may not be there."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        strict = copy.deepcopy(document)
        for schema in strict["components"]["schemas"].values():
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)
        resource = Resource(strict, DRAFT202012)
        self._registry = Registry().with_resource("urn:reference", resource)
        self._validators: dict[tuple[str, ...], Draft202012Validator] = {}
        self._paths = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path)
            for path in sorted(document["paths"], key=lambda path: path.count("{"))
        ]

    def check(self, method: str, response: ClientResponse, body: Any) -> None:
        """Raise `AssertionError` if there is anything about an answer that is not documented."""
        path = next(
            (path for known, path in self._paths if known.fullmatch(response.url.path)), None
        )
        operations = self.document["paths"].get(path, {})
        operation = operations.get("get" if method == "HEAD" else method.lower())
        told = f"{method} {response.url.path} answered {response.status}"
        assert response.headers.get("X-Request-ID", "").startswith("req_"), told
        if operation is None:
            assert response.status in ({405} if operations else {404, 405}), told
            self.validate(body, "components", "schemas", "Refused")
            return
        documented = operation["responses"].get(str(response.status))
        assert documented is not None, f"{told}, which is not documented: {body}"
        for name in documented["headers"]:
            is_optional = name in {"Retry-After", "Idempotent-Replayed", "ETag"}
            is_limit = name.startswith(("X-RateLimit", "X-API-Credits"))
            if not (is_optional or is_limit):
                assert name in response.headers, f"{told} without {name}"
        content = documented.get("content", {})
        if response.status == 101 or method == "HEAD":
            return
        if not content:
            assert response.headers.get("Content-Length", "0") == "0", f"{told} with a body"
            return
        assert response.content_type in content, f"{told} as {response.content_type}"
        if "schema" in content[response.content_type]:
            place = (path, method.lower(), "responses", str(response.status), "content", JSON)
            self.validate(body, "paths", *place, "schema")

    def check_event(self, event: dict[str, Any]) -> None:
        """Raise `AssertionError` if there is anything about an event that is not documented."""
        place = ("webhooks", event["type"], "post", "requestBody", "content", JSON, "schema")
        self.validate(event, *place)

    def validate(self, value: Any, *place: str) -> None:
        if place not in self._validators:
            pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)
            self._validators[place] = Draft202012Validator(
                {"$ref": f"urn:reference#/{pointer}"}, registry=self._registry
            )
        faults = [
            f"{'.'.join(map(str, fault.absolute_path))}: {fault.message}"
            for fault in self._validators[place].iter_errors(value)
        ]
        assert not faults, f"{'/'.join(place)}: {faults}"


@cache
def described() -> Described:
    return Described(Reference(ENDPOINTS, "https://calls.example.com").openapi)
