"""Asking for a call that could not be interpreted: told at once, and no call is made."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestServer

from kallglot.api.app import create_app
from tests.api.conftest import Api, DescribedClient

SERVED = frozenset({("de", "en"), ("en", "de"), ("fr", "en")})


@pytest.fixture
async def client(store, calls, settings, clock):
    app = create_app(
        store,
        calls,
        settings,
        clock=clock,
        translates=lambda source, target: (source, target) in SERVED,
    )
    async with DescribedClient(TestServer(app)) as client:
        yield client


async def ask(api: Api, **fields):
    """Ask for a session; returns the status and the answer."""
    response = await api.post("/v1/sessions", json={"mode": "bidirectional_translation", **fields})
    return response.status, await response.json()


@pytest.mark.parametrize(
    ("source", "target", "pair"),
    [("de", "ja", "from de to ja"), ("ja", "ko", "from ja to ko"), ("fr", "en", "from en to fr")],
)
async def test_a_pair_that_no_model_serves_is_not_available(api, calls, source, target, pair):
    status, answer = await ask(api, source_language=source, target_language=target)
    assert (status, answer["error"]["code"]) == (403, "feature_not_available")
    assert pair in answer["error"]["message"]
    assert f"--pair {pair.split()[1]}-{pair.split()[3]}" in answer["error"]["message"]
    assert answer["error"]["param"] == "target_language"
    assert calls.count() == 0


@pytest.mark.parametrize("tag", ["klingon", "zz", "d", "de-", "de_DE!", "deutsch"])
@pytest.mark.parametrize("field", ["source_language", "target_language"])
async def test_what_is_no_language_is_said_to_be_none(api, calls, field, tag):
    languages = {"source_language": "de", "target_language": "en", field: tag}
    status, answer = await ask(api, **languages)
    assert (status, answer["error"]["code"]) == (422, "invalid_language_code")
    assert answer["error"]["param"] == field
    assert calls.count() == 0


async def test_a_third_person_whom_nobody_can_interpret_is_noticed_too(api, calls):
    people = [{"type": "customer", "language": "de"}, {"type": "agent", "language": "en"}]
    status, _ = await ask(api, participants=people)
    assert status == 201
    others = [*people, {"type": "agent", "language": "ja"}]
    status, answer = await ask(api, participants=others)
    assert (status, answer["error"]["code"]) == (403, "feature_not_available")
    assert calls.count() == 1


async def test_a_pair_that_is_served_makes_a_call(api, calls):
    status, session = await ask(api, source_language="de", target_language="en-GB")
    assert (status, session["status"]) == (201, "created")
    assert calls.count() == 1
