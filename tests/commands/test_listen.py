"""A developer without a public URL hears events on their own machine."""

from __future__ import annotations

import datetime as dt
import json
import time

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from kallglot.commands.api import connected
from kallglot.commands.listen import _named
from kallglot.eventsource import Received
from kallglot.webhooks.signatures import verify

pytestmark = pytest.mark.real_time

SECRET = "whsec_on_this_machine"
STORY = ["session.created", "session.ended"]


@pytest.fixture
async def hook():
    """A handler that fails the first time, as handlers that are being written do."""
    taken, statuses = [], iter([500])

    async def take(request):
        body = await request.read()
        verify(body, request.headers["Kallglot-Signature"], SECRET, time.time())
        event = json.loads(body)
        taken.append((event["type"], request.headers["Kallglot-Retry-Count"]))
        happened = dt.datetime.fromisoformat(event["created_at"]).timestamp()
        assert request.headers["Kallglot-Original-Timestamp"] == str(int(happened))
        return web.Response(status=next(statuses, 200))

    app = web.Application()
    app.router.add_post("/hook", take)
    async with TestServer(app) as server:
        server.taken = taken
        yield server


@pytest.fixture
async def ended(running_server):
    async with connected(running_server.server.url, running_server.key) as api:
        session = (await api.create_session({"mode": "bidirectional_translation"}))["id"]
        await api.end_session(session, "done")
    return session


async def listen(running_server, *words):
    server = ("--url", running_server.server.url, "--api-key", running_server.key)
    return await running_server.kallglot("listen", *server, *words)


async def test_the_events_of_a_session_reach_a_handler_signed_and_in_order(
    running_server, ended, hook, monkeypatch
):
    monkeypatch.setattr("kallglot.commands.listen.RETRIES", (0.0, 0.0))
    url = str(hook.make_url("/hook"))
    result = await listen(running_server, "--session", ended, "--forward", url, "--secret", SECRET)
    assert result.exit_code == 0, result.stderr
    types = [kind for kind, _ in hook.taken]
    assert types[:2] == ["session.created", "session.created"]
    assert [kind for kind, retry in hook.taken if retry == "0"] == [
        line.split()[1] for line in result.stdout.splitlines()
    ]
    assert types[-1] == "session.ended"
    assert "200 in" in result.stdout
    assert SECRET in result.stderr


async def test_events_can_be_read_by_other_programs(running_server, ended):
    result = await listen(running_server, "--session", ended, "--json")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [events[0]["type"], events[-1]["type"]] == STORY
    after = await listen(running_server, "--session", ended, "--json", "--after", events[-2]["id"])
    assert [json.loads(line)["type"] for line in after.stdout.splitlines()] == ["session.ended"]


async def test_a_handler_that_is_not_there_is_named_and_the_rest_goes_on(
    running_server, ended, monkeypatch
):
    monkeypatch.setattr("kallglot.commands.listen.RETRIES", ())
    words = ("--session", ended, "--forward", "http://127.0.0.1:9/hook")
    result = await listen(running_server, *words)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("given up") == len(result.stdout.splitlines()) >= 2


async def test_what_cannot_be_done_is_said_at_once(running_server, kallglot):
    wrong = await listen(running_server, "--session", "sess_nobody")
    assert (wrong.exit_code, "session_not_found" in wrong.stderr) == (1, True)
    gone = await running_server.kallglot("listen", "--url", "http://127.0.0.1:9", "--api-key", "k")
    assert (gone.exit_code, "kallglot serve" in gone.stderr) == (1, True)
    assert (await running_server.kallglot("listen")).exit_code == 2
    nowhere = await listen(running_server, "--forward", "localhost:3000/hook")
    assert (nowhere.exit_code, "must begin with https://" in nowhere.stderr) == (2, True)


def test_an_event_is_shown_with_the_time_when_it_happened():
    event = Received("evt_1", "session.ended", '{"created_at": "2026-04-01T09:04:20Z"}')
    when = dt.datetime(2026, 4, 1, 9, 4, 20, tzinfo=dt.UTC).astimezone()
    assert _named(event).split() == [f"{when:%H:%M:%S}", "session.ended", "evt_1"]
