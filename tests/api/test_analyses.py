"""Analyses are asked for, made in the background, and told of."""

from __future__ import annotations

import asyncio
import json
import logging
import threading

import attrs
import pytest

from kallglot.analysis.measures import measured
from kallglot.analyst import Analyst
from kallglot.errors import StoreError
from kallglot.model.analysis import Analysis, Inquiry
from kallglot.model.leg import Leg
from kallglot.model.transcript import Rendering, Utterance
from tests.fakes.clock import START

pytestmark = pytest.mark.real_time

SAID = [
    ("customer", "de", "Guten Tag zusammen", 0.0, 3.0, Rendering("en", "Good day", 1.0, 4.0, 5.0)),
    ("agent", "en", "What is your number", 6.5, 8.5, Rendering("de", "Wie …", 1.0, 9.0, 10.0)),
]


async def error_of(response) -> dict:
    return (await response.json())["error"]


@pytest.fixture
async def call(api, store, clock) -> str:
    """A session that has ended, and in which something was said."""
    made = await api.create()
    session = await store.sessions.get(made["id"])
    await store.sessions.save(attrs.evolve(session, started_at=clock()), None)
    for number, (speaker, language, text, start, end, rendering) in enumerate(SAID, start=1):
        await store.transcripts.put(
            Utterance(
                f"utt_{number}",
                session.id,
                number,
                speaker,
                language,
                text,
                start,
                end,
                0.9,
                renderings=(rendering,),
            )
        )
    await store.legs.put(Leg("leg_1", session.id, "twilio", "customer", "disconnected", START))
    clock.now += 60
    await api.post(f"/v1/sessions/{session.id}/end")
    return session.id


async def done(store, answer) -> None:
    """Wait until an analysis has been made."""
    news = store.events.news()
    while (await store.analyses.get(answer["id"])).status == "processing":
        await news
        news = store.events.news()


async def analysed(api, store, session_id, **body) -> dict:
    response = await api.post(f"/v1/sessions/{session_id}/analysis", json=body)
    assert response.status == 202, await response.text()
    asked = await response.json()
    assert asked["status"] == "processing"
    await done(store, asked)
    return await (await api.get(f"/v1/analyses/{asked['id']}")).json()


async def test_a_conversation_is_analysed_in_the_background(api, store, call):
    made = await analysed(api, store, call, include=["performance"])
    assert made == {
        "id": made["id"],
        "object": "analysis",
        "session_id": call,
        "call_id": None,
        "profile": "default",
        "analyses": ["performance"],
        "language": "en",
        "status": "completed",
        "summary": None,
        "sentiment": None,
        "compliance": None,
        "performance": {
            "score": 0.967,
            "words": 7,
            "turns": 2,
            "interruptions": 0,
            "average_response_time": 1.5,
            "talk_ratio": {"customer": 60, "agent": 40},
            "dead_air": {"instances": 0, "seconds": 0.0},
            "hold_time": 0.0,
            "speakers": [
                {
                    "key": "customer",
                    "turns": 1,
                    "words": 3,
                    "talk_time": 3.0,
                    "talk_ratio": 60,
                    "interruptions": 0,
                    "average_response_time": None,
                },
                {
                    "key": "agent",
                    "turns": 1,
                    "words": 4,
                    "talk_time": 2.0,
                    "talk_ratio": 40,
                    "interruptions": 0,
                    "average_response_time": 1.5,
                },
            ],
            "languages": [{"language": "en", "words": 4}, {"language": "de", "words": 3}],
            "lag": made["performance"]["lag"],
        },
        "results": {
            "quality": {
                "score": 97,
                "talk_ratio": {"customer": 60, "agent": 40},
                "interruptions": 0,
                "average_response_time": 1.5,
                "hold_time": 0.0,
                "dead_air_instances": 0,
                "dead_air_seconds": 0.0,
            }
        },
        "error": None,
        "created_at": "2026-04-01T09:01:00Z",
        "completed_at": "2026-04-01T09:01:00Z",
    }
    assert made["performance"]["lag"]["ear_voice_span"] == {"median": 3.25, "p95": 4.0}


async def test_the_older_body_and_path_answer_the_same(api, store, call):
    made = await analysed(
        api,
        store,
        call,
        analyses=["quality", "quality"],
        language="de",
        custom_prompts={"summary": "Be brief."},
        webhook_url="https://example.com/analysed",
    )
    assert (made["analyses"], made["language"], made["error"]) == (["quality"], "de", None)
    assert made["results"]["quality"]["talk_ratio"] == {"customer": 60, "agent": 40}
    older = await api.get(f"/v1/analysis/{made['id']}")
    assert await older.json() == made
    kept = await store.analyses.get(made["id"])
    assert kept.inquiry.webhook_url == "https://example.com/analysed"
    assert kept.inquiry.prompts == {"summary": "Be brief."}


async def test_what_cannot_be_made_here_is_named_beside_what_was_made(api, store, call):
    made = await analysed(api, store, call)
    assert (made["status"], made["performance"]["turns"]) == ("completed", 2)
    assert (made["summary"], made["sentiment"], made["compliance"]) == (None, None, None)
    missing = "this server does not make summary, sentiment, compliance, keywords"
    assert made["error"] == missing


async def test_a_handler_by_the_older_guide_finds_the_fields_that_it_reads(api, store, call):
    made = await analysed(api, store, call, analyses=["sentiment", "summary", "action_items"])
    assert made["status"] == "completed"
    assert made["error"] == "this server does not make sentiment, summary, action_items"
    results = made["results"]
    assert (results["sentiment"]["label"], results["summary"]["brief"]) == (None, None)
    assert results["action_items"] is None
    assert "topics" not in results
    assert results["quality"]["interruptions"] == 0


async def test_the_outside_is_told_with_the_result(api, store, call):
    made = await analysed(api, store, call, include=["performance"])
    (event,) = [each for each in await store.events.after(0) if each.type == "analysis.complete"]
    assert event.session_id == call
    assert json.loads(event.body)["data"] == made


async def test_an_analysis_is_made_once_for_one_key(api, store, call):
    headers = {"Idempotency-Key": "once"}
    first, again = [
        await (await api.post(f"/v1/sessions/{call}/analysis", headers=headers)).json()
        for _ in range(2)
    ]
    assert first == again
    await done(store, first)
    listed = await (await api.get(f"/v1/sessions/{call}/analyses")).json()
    assert [each["id"] for each in listed["data"]] == [first["id"]]


async def test_analyses_are_listed_newest_first_in_pages(api, store, call):
    made = [await analysed(api, store, call, include=["performance"]) for _ in range(3)]
    path = f"/v1/sessions/{call}/analyses"
    first = await (await api.get(f"{path}?limit=2")).json()
    assert [each["id"] for each in first["data"]] == [made[2]["id"], made[1]["id"]]
    assert first["has_more"]
    rest = await (await api.get(f"{path}?starting_after={made[1]['id']}")).json()
    assert [each["id"] for each in rest["data"]] == [made[0]["id"]]
    assert (await api.get(f"{path}?starting_after=anl_forged")).status == 422


async def test_a_session_that_goes_on_is_not_analysed_yet(api):
    made = await api.create()
    response = await api.post(f"/v1/sessions/{made['id']}/analysis")
    assert (response.status, (await error_of(response))["code"]) == (409, "illegal_state")


async def test_a_session_in_which_nothing_was_said_can_be_analysed(api, store):
    made = await api.create()
    await api.post(f"/v1/sessions/{made['id']}/end")
    found = await analysed(api, store, made["id"], include=["performance"])
    assert found["performance"]["score"] is None
    assert found["performance"]["talk_ratio"] == {"customer": 0, "agent": 0}


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"include": ["performance", "magic"]}, "invalid_field_value", "include.1"),
        ({"include": []}, "invalid_field_value", "include"),
        ({"include": "performance"}, "invalid_field_value", "include"),
        ({"analyses": ["quality"], "include": ["summary"]}, "invalid_request", "analyses"),
        ({"profile": "premium"}, "invalid_field_value", "profile"),
        ({"language": "xx"}, "invalid_language_code", "language"),
        ({"webhook_url": "ftp://example.com"}, "invalid_field_value", "webhook_url"),
        ({"custom_prompts": {"poem": "x"}}, "invalid_request", "custom_prompts.poem"),
        ({"custom_prompts": {"summary": 5}}, "invalid_field_value", "custom_prompts.summary"),
        ({"model": "x"}, "invalid_request", "model"),
    ],
)
async def test_what_is_wrong_with_a_request_is_said(api, call, body, code, param):
    response = await api.post(f"/v1/sessions/{call}/analysis", json=body)
    error = await error_of(response)
    assert response.status in {400, 422}
    assert (error["code"], error["param"]) == (code, param)
    if param == "include.1":
        assert "performance" in error["message"]


async def test_nobody_sees_the_analysis_of_another(api, stranger, store, call):
    made = await analysed(api, store, call, include=["performance"])
    for response in (
        await stranger.get(f"/v1/analyses/{made['id']}"),
        await stranger.get(f"/v1/analysis/{made['id']}"),
        await api.get("/v1/analyses/anl_none"),
    ):
        assert (response.status, (await error_of(response))["code"]) == (404, "analysis_not_found")
    assert (await stranger.get(f"/v1/sessions/{call}/analyses")).status == 404
    assert (await stranger.post(f"/v1/sessions/{call}/analysis")).status == 404


async def test_the_next_server_makes_what_the_one_before_it_left(store, call, clock):
    left = Analysis("anl_left", call, Inquiry(("performance",)), clock())
    await store.analyses.add(left)
    analyst = Analyst(store, clock)
    await analyst.start()
    await done(store, {"id": left.id})
    await analyst.close()
    made = await store.analyses.get(left.id)
    assert (made.status, made.measures.turns) == ("completed", 2)


async def test_a_bug_in_a_measure_costs_one_analysis_and_not_the_next(store, call, clock, caplog):
    is_broken = [True, False]

    def measure(*conversation):
        if is_broken.pop(0):
            raise ZeroDivisionError
        return measured(*conversation)

    for number in (1, 2):
        await store.analyses.add(Analysis(f"anl_{number}", call, Inquiry(("quality",)), clock()))
    analyst = Analyst(store, clock, measure)
    with caplog.at_level(logging.CRITICAL):
        await analyst.start()
        await done(store, {"id": "anl_2"})
    await analyst.close()
    first = await store.analyses.get("anl_1")
    assert (first.status, first.error.partition(";")[0]) == (
        "failed",
        "something went wrong here",
    )
    events = [event.type for event in await store.events.after(0) if "analysis" in event.type]
    assert events == ["analysis.failed", "analysis.complete"]


async def test_nobody_is_told_of_an_analysis_that_was_erased_while_it_was_made(store, call, clock):
    is_underway, may_go_on = threading.Event(), threading.Event()

    def measure(*conversation):
        is_underway.set()
        may_go_on.wait(5)
        return measured(*conversation)

    await store.analyses.add(Analysis("anl_1", call, Inquiry(("quality",)), clock()))
    analyst = Analyst(store, clock, measure)
    await analyst.start()
    await asyncio.to_thread(is_underway.wait, 5)
    await store.erasures.take_out(await store.sessions.get(call), [], [])
    await store.analyses.add(Analysis("anl_2", call, Inquiry(("quality",)), clock()))
    analyst.take("anl_2")
    may_go_on.set()
    await asyncio.wait_for(done(store, {"id": "anl_2"}), 5)
    await analyst.close()
    told = [each for each in await store.events.after(0) if each.type.startswith("analysis")]
    assert [json.loads(each.body)["data"]["id"] for each in told] == ["anl_2"]


async def test_an_analysis_waits_for_a_store_that_is_not_well(store, call, clock, monkeypatch):
    monkeypatch.setattr("kallglot.analyst.TRY_AGAIN", 0.0)
    analysis = Analysis("anl_1", call, Inquiry(("quality",)), clock())
    await store.analyses.add(analysis)

    is_unwell = [True]

    def measure(*conversation):
        if is_unwell:
            is_unwell.clear()
            raise StoreError("the disk cannot be read")
        return measured(*conversation)

    analyst = Analyst(store, clock, measure)
    await analyst.start()
    await asyncio.wait_for(done(store, {"id": "anl_1"}), 5)
    await analyst.close()
    assert (await store.analyses.get("anl_1")).status == "completed"


async def test_a_url_given_with_it_is_sent_what_came_of_it(api, call, store):
    url = "https://example.com/analysed?for=me"
    body = {"analyses": ["quality"], "webhook_url": url}
    answer = await api.post(f"/v1/sessions/{call}/analysis", json=body)
    assert answer.status == 202, await answer.text()
    await done(store, await answer.json())
    ((endpoint_id, _),) = await store.deliveries.agenda()
    (errand,) = await store.deliveries.next(endpoint_id, 10)
    (kept,) = [event for event in await store.events.after(0) if event.type.startswith("analysis")]
    assert errand.body == kept.body
    endpoint = await store.endpoints.get(endpoint_id)
    assert (endpoint.url, endpoint.is_direct) == (url, True)
