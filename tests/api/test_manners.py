"""What holds for every request: what is refused, what is ignored, what answers carry."""

from __future__ import annotations

import asyncio
import gzip

import attrs
import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from kallglot.api.app import create_app
from kallglot.api.headers import accepts_gzip
from kallglot.settingtypes import OriginsType, UnfitError
from tests.api.conftest import Api

pytestmark = pytest.mark.real_time

MODE = {"mode": "bidirectional_translation"}
LATER = "sess_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"


async def error_of(response) -> dict:
    return (await response.json())["error"]


async def raw(api: Api, method: str, target: str, *headers: str) -> tuple[int, bytes, bytes]:
    """Send what no client would; return the status, the head and the body of the answer."""
    server = api.client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    lines = (
        f"{method} {target} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"X-API-Key: {api.text}",
        "Content-Length: 0",
        *headers,
    )
    writer.write("".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), head, body


# Bodies.


@pytest.mark.parametrize(
    "text",
    [
        b'{"mode": "assistive_translation", "metadata": {"a": NaN}}',
        b'{"mode": "assistive_translation", "metadata": {"a": Infinity}}',
        b'{"mode": "\xff\xfe"}',
        b'\xef\xbb\xbf{"mode": "assistive_translation"',
        b'{"metadata": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
        b'{"metadata": ' + b"[" * 100_000,
    ],
)
async def test_what_is_no_good_json_is_a_bad_request(api, text):
    response = await api.post(
        "/v1/sessions", data=text, headers={"Content-Type": "application/json"}
    )
    assert response.status in {400, 413}
    assert (await error_of(response))["code"] in {"invalid_request", "body_too_large"}


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-1e400", "1e-400", "0." + "1" * 5000])
async def test_numbers_of_any_size_do_no_harm(api, number):
    body = f'{{"mode": "assistive_translation", "metadata": {{"n": {number}}}}}'
    response = await api.post(
        "/v1/sessions", data=body, headers={"Content-Type": "application/json"}
    )
    assert response.status in {201, 400, 422}
    if response.status == 201:
        session = await response.json()
        assert (await api.get(f"/v1/sessions/{session['id']}")).status == 200


async def test_of_a_name_that_is_there_twice_the_last_counts(api):
    response = await api.post(
        "/v1/sessions",
        data='{"mode": "shouting", "mode": "assistive_translation"}',
        headers={"Content-Type": "application/json"},
    )
    assert (await response.json())["mode"] == "assistive_translation"


async def test_a_body_is_sent_as_json(api):
    for media in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
        response = await api.post(
            "/v1/sessions",
            data='{"mode": "assistive_translation"}',
            headers={"Content-Type": media},
        )
        error = await error_of(response)
        assert (response.status, error["code"]) == (400, "invalid_request")
        assert "application/json" in error["message"]
    for media in ("application/json; charset=utf-8", "application/vnd.acme+json"):
        response = await api.post(
            "/v1/sessions",
            data='{"mode": "assistive_translation"}',
            headers={"Content-Type": media},
        )
        assert response.status == 201


async def test_a_body_that_is_too_large_is_not_read_to_its_end(api):
    sent = 0

    async def endless():
        nonlocal sent
        for _ in range(2_000):
            sent += 1
            yield b" " * 65_536

    response = await api.post(
        "/v1/sessions", data=endless(), headers={"Content-Type": "application/json"}
    )
    assert response.status == 413
    assert (await error_of(response))["code"] == "body_too_large"
    assert sent < 500


async def test_a_body_that_swells_when_it_is_unpacked_is_too_large(api):
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    response = await api.post(
        "/v1/sessions",
        data=bomb,
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )
    assert response.status in {400, 413}


async def test_a_body_that_is_not_packed_as_it_says_is_the_callers_fault(api, caplog):
    response = await api.post(
        "/v1/sessions",
        data=b"no gzip at all",
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
        compress=False,
    )
    error = await error_of(response)
    assert (response.status, error["code"]) == (400, "invalid_request")
    assert "ERROR" not in [record.levelname for record in caplog.records]


async def test_what_is_no_http_leaves_no_traceback(api, caplog):
    for line in ("Bad Header: x", "Transfer-Encoding: nonsense", "Content-Encoding: br"):
        status, _, _ = await raw(api, "GET", "/v1/sessions", line)
        assert status in {200, 400}
    assert "ERROR" not in [record.levelname for record in caplog.records]


# Headers.


@pytest.mark.parametrize("name", ["ü", "a\tb", "x" * 256])
async def test_an_idempotency_key_is_printable_ascii(api, name, calls):
    response = await api.post("/v1/sessions", json=MODE, headers={"Idempotency-Key": name})
    error = await error_of(response)
    assert (response.status, error["param"]) == (400, "Idempotency-Key")
    assert not calls.living


async def test_a_key_is_not_heeded_where_it_says_nothing(api):
    session = await api.create()
    headers = {"Idempotency-Key": "k"}
    path = f"/v1/sessions/{session['id']}"
    await api.patch(path, json={"metadata": {"a": "1"}}, headers=headers)
    response = await api.patch(path, json={"metadata": {"a": "2"}}, headers=headers)
    assert "Idempotent-Replayed" not in response.headers
    assert (await response.json())["metadata"] == {"a": "2"}


async def test_a_request_has_the_id_that_we_give_it(api):
    response = await api.get("/v1/sessions", headers={"X-Request-ID": "mine"})
    assert response.headers["X-Request-ID"].startswith("req_")


@pytest.mark.parametrize("text", ["ü", "sk_live_\udcff", "sk_live_" + "x" * 5000, "sk_live_\x01"])
async def test_no_text_is_a_key_by_accident(client, text):
    for headers in ({"Authorization": f"Bearer {text}"}, {"X-API-Key": text}):
        try:
            response = await client.get("/v1/sessions", headers=headers)
        except (ValueError, UnicodeError):  # our own client does not send it
            continue
        assert response.status in {400, 401}


async def test_a_line_break_does_not_get_into_a_header(api):
    for text in ("a\rX-Evil: 1", "a\nX-Evil: 1", "a\0b"):
        status, head, _ = await raw(api, "POST", "/v1/sessions", f"Idempotency-Key: {text}")
        assert status == 400
        assert b"X-Evil" not in head


async def test_every_answer_says_that_it_is_not_to_be_kept_or_guessed_at(api, client):
    for response in (
        await api.get("/v1/sessions"),
        await client.get("/v1/sessions"),
        await client.get("/nowhere"),
        await client.get("/healthz"),
    ):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Server"] == "Kallglot"
        assert response.headers["Cache-Control"]
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


async def test_limits_are_told_with_errors_too(api, client):
    for response in (
        await api.get("/v1/sessions/sess_x"),
        await api.post("/v1/sessions", json={}),
        await api.get("/v1/sessions?limit=0"),
        await client.get("/v1/sessions"),
    ):
        assert response.status >= 400
        assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} <= set(
            response.headers
        )


# Paths and queries.


@pytest.mark.parametrize(
    "part",
    [
        "..",
        "%2e%2e",
        "%2e%2e%2f%2e%2e%2fsecret",
        "..%2f..%2fkallglot.db",
        "%2Fetc%2Fpasswd",
        "a%00b",
        "%00",
        "%ff%fe",
        "%ed%a0%80",
        "%F0%9F%98%80",
        "'%20OR%201=1%20--",
        "sess_" + "0" * 3000,
        "%25",
    ],
)
@pytest.mark.parametrize(
    "path", ["/v1/sessions/{}", "/v1/recordings/{}/audio", "/v1/glossaries/{}"]
)
async def test_an_id_is_looked_up_and_leads_nowhere_else(api, path, part):
    status, _, body = await raw(api, "GET", path.format(part))
    assert (status, b"_not_found" in body or b'"not_found"' in body) == (404, True), body


@pytest.mark.parametrize("name", ["starting_after", "ending_before"])
@pytest.mark.parametrize("cursor", ["a", "rec_01JD3W5A0000000000000000000", "sess_1", "%00", ""])
async def test_a_forged_cursor_is_refused(api, name, cursor):
    response = await api.get(f"/v1/sessions?{name}={cursor}")
    error = await error_of(response)
    assert (response.status, error["code"], error["param"]) == (422, "invalid_field_value", name)


async def test_a_cursor_tells_nothing_of_what_others_have(api, stranger):
    mine, theirs = await api.create(), await stranger.create()
    for cursor in (theirs["id"], LATER):
        found = await (await api.get(f"/v1/sessions?starting_after={cursor}")).json()
        assert [each["id"] for each in found["data"]] == [mine["id"]]
    nothing = await (await api.get(f"/v1/sessions?ending_before={LATER}")).json()
    assert nothing["data"] == []


async def test_other_methods_are_not_offered(client):
    for method in ("OPTIONS", "PUT", "TRACE"):
        response = await client.request(method, "/v1/sessions")
        assert response.status == 405
        assert "GET" in response.headers["Allow"]


# Gzip.


async def test_what_is_long_is_sent_small_to_who_takes_it(api):
    for _ in range(4):
        await api.create(metadata={"note": "x" * 500})
    plain = await api.get("/v1/sessions", headers={"Accept-Encoding": "identity"})
    small = await api.get("/v1/sessions", headers={"Accept-Encoding": "gzip, br;q=0.5"})
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert int(small.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2
    assert {each["id"] for each in (await small.json())["data"]} == {
        each["id"] for each in (await plain.json())["data"]
    }
    for response in (plain, small):
        assert "Accept-Encoding" in response.headers["Vary"]


async def test_what_is_short_is_sent_as_it_is(client):
    response = await client.get("/healthz", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("gzip", True),
        ("GZIP;q=0.1", True),
        ("br, gzip ; q=1.0", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*, gzip;q=0", False),
        ("*;q=0", False),
        ("br", False),
        ("", False),
    ],
)
def test_who_takes_gzip_says_so(accepted, takes):
    assert accepts_gzip(accepted) is takes


@given(st.text(max_size=40))
def test_whatever_is_said_of_encodings_is_understood_or_not(accepted):
    assert accepts_gzip(accepted) in {True, False}


# Other origins.


PAGE = "https://app.example.com"


@pytest.fixture
async def open_to(store, calls, settings, clock):
    clients: list[TestClient] = []

    async def opened(*origins: str) -> TestClient:
        cors = attrs.evolve(settings.cors, origins=origins)
        app = create_app(store, calls, attrs.evolve(settings, cors=cors), clock=clock)
        clients.append(TestClient(TestServer(app)))
        await clients[-1].start_server()
        return clients[-1]

    yield opened
    for client in clients:
        await client.close()


ASKS = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


async def test_pages_of_other_origins_may_not_ask_unless_somebody_said_so(client, api):
    response = await api.get("/v1/sessions", headers={"Origin": PAGE})
    assert not [name for name in response.headers if name.startswith("Access-Control")]
    assert (await client.options("/v1/sessions", headers=ASKS)).status == 405


async def test_a_page_that_may_ask_may_read_what_it_needs(open_to, api):
    client = await open_to(PAGE)
    asked = await client.options("/v1/sessions", headers=ASKS)
    assert asked.status == 204
    assert asked.headers["Access-Control-Allow-Origin"] == PAGE
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked.headers
    headers = {"Origin": PAGE, "X-API-Key": api.text}
    for response in (
        await client.get("/v1/sessions", headers=headers),
        await client.get("/v1/sessions/sess_x", headers=headers),
        await client.get("/v1/sessions", headers={"Origin": PAGE}),
    ):
        assert response.headers["Access-Control-Allow-Origin"] == PAGE
        assert "X-RateLimit-Remaining" in response.headers["Access-Control-Expose-Headers"]
        assert "Origin" in response.headers.getall("Vary")


async def test_a_page_of_elsewhere_may_not_and_is_not_mirrored(open_to):
    client = await open_to(PAGE)
    for origin in (
        "https://evil.example.com",
        "null",
        f"{PAGE}.evil.com",
        "http://app.example.com",
    ):
        asked = await client.options("/v1/sessions", headers={**ASKS, "Origin": origin})
        assert asked.status == 405
        assert "Access-Control-Allow-Origin" not in asked.headers


async def test_a_server_may_be_open_to_every_page(open_to):
    client = await open_to("*")
    asked = await client.options("/v1/sessions", headers=ASKS)
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert (await client.options("/nowhere", headers=ASKS)).status == 404


def test_origins_are_a_list_or_a_text_with_commas():
    kind = OriginsType()
    assert kind("https://A.example, http://localhost:3000") == (
        "https://a.example",
        "http://localhost:3000",
    )
    assert kind(["*"]) == ("*",)
    assert kind("") == ()
    for unfit in ("https://a.example/", "a.example", 5, [5], "https://a b", "https://*.example"):
        with pytest.raises(UnfitError):
            kind(unfit)


# Depths and sizes.


@pytest.mark.parametrize("depth", [5, 100, 300, 480, 500, 600, 900, 990, 1000, 1100, 5000])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
async def test_a_body_of_any_depth_is_taken_or_refused(api, depth, headers):
    deep = '{"a":' * depth + "1" + "}" * depth
    response = await api.post(
        "/v1/sessions",
        data=f'{{"mode": "assistive_translation", "metadata": {deep}}}',
        headers={"Content-Type": "application/json", **headers},
    )
    assert response.status in ({201} if depth <= 8 else {400, 422})


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**64), 10**30, 10**400, 1e308])
async def test_a_number_of_any_size_is_fingerprinted(api, number):
    response = await api.post(
        "/v1/sessions",
        data=f'{{"mode": "assistive_translation", "metadata": {{"n": {number}}}}}',
        headers={"Content-Type": "application/json", "Idempotency-Key": "k"},
    )
    assert response.status in {201, 400, 422}


# What is said of what is wrong.


@pytest.mark.parametrize(
    ("fields", "param", "says"),
    [
        ({"participants": [3]}, "participants.0", "must be an object"),
        ({"routing": []}, "routing", "must be an object"),
        (
            {"participants": [{"type": "agent", "name": "Kim\nLee"}]},
            "participants.0.name",
            "one line",
        ),
        (
            {"participants": [{"type": "agent", "name": "Kim\x1b[2J"}]},
            "participants.0.name",
            "one line",
        ),
    ],
)
async def test_what_a_value_must_be_is_said(api, fields, param, says):
    response = await api.post("/v1/sessions", json={**MODE, **fields})
    error = await error_of(response)
    assert (response.status, error["param"]) == (422, param)
    assert says in error["message"]


async def test_how_large_a_body_may_be_is_said(api):
    response = await api.post("/v1/sessions", json={**MODE, "metadata": {"a": "x" * 300_000}})
    assert (response.status, "262144" in (await error_of(response))["message"]) == (413, True)


async def test_the_root_leads_to_the_reference(client):
    response = await client.get("/", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (302, "/docs")


async def test_a_key_without_a_name_has_none(owner):
    made = await (await owner.post("/v1/api_keys", json={})).json()
    assert made["name"] is None
