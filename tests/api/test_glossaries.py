from __future__ import annotations

import io
import json

import pytest

from kallglot.model.glossary import Glossary, Term, TermCount

pytestmark = pytest.mark.real_time

TERMS = [
    {"source": "Kundendienst", "target": "customer care", "spoken_as": "customer kair"},
    {"source": "KallBox", "do_not_translate": True, "case_sensitive": True},
]
BODY = {"name": "Shop", "source_language": "de", "target_language": "en-GB", "terms": TERMS}


async def error_of(response) -> dict:
    return (await response.json())["error"]


async def make(api, **fields) -> dict:
    response = await api.post("/v1/glossaries", json={**BODY, **fields})
    assert response.status == 201, await response.text()
    return await response.json()


async def test_a_glossary_is_kept_as_it_was_given(api):
    made = await make(api)
    assert made["id"].startswith("glo_")
    assert made == {
        "id": made["id"],
        "object": "glossary",
        "name": "Shop",
        "inflection": True,
        "languages": ["de", "en"],
        "term_count": 2,
        "created_at": "2026-04-01T09:00:00Z",
        "updated_at": "2026-04-01T09:00:00Z",
        "terms": [
            {
                "source_language": "de",
                "target_language": "en",
                "source": "Kundendienst",
                "target": "customer care",
                "case_sensitive": False,
                "spoken_as": "customer kair",
                "do_not_translate": False,
            },
            {
                "source_language": "de",
                "target_language": "en",
                "source": "KallBox",
                "target": "KallBox",
                "case_sensitive": True,
                "spoken_as": None,
                "do_not_translate": True,
            },
        ],
    }
    again = await api.get(f"/v1/glossaries/{made['id']}")
    assert await again.json() == made


async def test_glossaries_are_listed_without_their_terms(api):
    first, second = await make(api, name="One"), await make(api, name="Two")
    listed = await (await api.get("/v1/glossaries?limit=1")).json()
    assert [one["id"] for one in listed["data"]] == [second["id"]]
    assert listed["has_more"]
    assert "terms" not in listed["data"][0]
    rest = await api.get(f"/v1/glossaries?starting_after={second['id']}")
    assert [one["id"] for one in (await rest.json())["data"]] == [first["id"]]


async def test_a_glossary_is_replaced_as_a_whole(api, clock):
    made = await make(api)
    clock.now += 60
    response = await api.client.put(
        f"/v1/glossaries/{made['id']}",
        json={**BODY, "name": "Store", "inflection": False, "terms": TERMS[:1]},
        headers={"Authorization": f"Bearer {api.text}"},
    )
    changed = await response.json()
    assert (changed["name"], changed["term_count"], changed["inflection"]) == ("Store", 1, False)
    assert changed["created_at"] == made["created_at"]
    assert changed["updated_at"] == "2026-04-01T09:01:00Z"
    assert await (await api.get(f"/v1/glossaries/{made['id']}")).json() == changed


async def test_a_deleted_glossary_is_gone(api):
    made = await make(api)
    gone = await api.delete(f"/v1/glossaries/{made['id']}")
    assert await gone.json() == {"id": made["id"], "object": "glossary", "deleted": True}
    response = await api.get(f"/v1/glossaries/{made['id']}")
    assert (response.status, (await error_of(response))["code"]) == (404, "glossary_not_found")


async def test_nobody_sees_the_glossary_of_another(api, stranger):
    made = await make(api)
    path = f"/v1/glossaries/{made['id']}"
    assert (await stranger.get(path)).status == 404
    assert (await stranger.delete(path)).status == 404
    assert (await (await stranger.get("/v1/glossaries")).json())["data"] == []
    response = await stranger.post(
        "/v1/sessions",
        json={"mode": "bidirectional_translation", "glossary": {"id": made["id"]}},
    )
    error = await error_of(response)
    assert (error["code"], error["param"]) == ("glossary_not_found", "glossary.id")


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"name": None}, "invalid_field_value", "name"),
        ({"name": " "}, "invalid_field_value", "name"),
        ({"owner": "me"}, "invalid_request", "owner"),
        ({"source_language": "xx"}, "invalid_language_code", "source_language"),
        ({"source_language": "auto"}, "missing_required_field", "terms.0.source_language"),
        ({"target_language": "de"}, "invalid_field_value", "terms.0.target_language"),
        ({"terms": [{"source": "a"}]}, "missing_required_field", "terms.0.target"),
        ({"terms": [{"target": "a"}]}, "missing_required_field", "terms.0.source"),
        ({"terms": [{"source": "a" * 201, "target": "b"}]}, "invalid_field_value", None),
        ({"terms": [{"source": "a\nb", "target": "b"}]}, "invalid_field_value", "terms.0.source"),
        (
            {"terms": [{"source": "a", "target": "b", "do_not_translate": True}]},
            "invalid_field_value",
            "terms.0.target",
        ),
        ({"terms": [{"source": "a", "target": "b"}] * 1001}, "invalid_field_value", "terms"),
    ],
)
async def test_what_is_wrong_with_a_glossary_is_said(api, fields, code, param):
    response = await api.post("/v1/glossaries", json={**BODY, **fields})
    error = await error_of(response)
    assert response.status in {400, 422}
    assert error["code"] == code
    assert param is None or error["param"] == param


async def test_a_thousand_long_terms_fit(api):
    terms = [{"source": f"{at:04}{'ä' * 190}", "target": "ö" * 200} for at in range(1000)]
    body = io.BytesIO(json.dumps({**BODY, "terms": terms}).encode())
    response = await api.post("/v1/glossaries", data=body)
    assert (await response.json())["term_count"] == 1000


async def test_a_session_takes_a_kept_glossary_and_terms_of_its_own(api, calls, store):
    made = await make(api)
    own = {"source": "Kundendienst", "target": "help desk"}
    session = await api.create(
        source_language="de", target_language="en", glossary={"id": made["id"], "terms": [own]}
    )
    assert session["glossary"] == {"id": made["id"], "term_count": 3}
    assert session["glossary_report"] == {"terms": []}
    ((living, _),) = await store.sessions.list_living()
    assert [term.target for term in living.glossary.terms] == [
        "help desk",
        "customer care",
        "KallBox",
    ]
    await api.delete(f"/v1/glossaries/{made['id']}")  # the session keeps what it took
    ((living, _),) = await store.sessions.list_living()
    assert len(living.glossary.terms) == 3


async def test_the_report_of_a_session_shows_hits_and_misses(api, store):
    term = {"source": "Rechnung", "target": "bill"}
    session = await api.create(
        source_language="de", target_language="en", glossary={"terms": [term]}
    )
    await store.glossaries.keep_report(session["id"], [TermCount("Rechnung", "bill", 3, 1)])
    shown = await (await api.get(f"/v1/sessions/{session['id']}")).json()
    assert shown["glossary"] == {"id": None, "term_count": 1}
    assert shown["glossary_report"] == {
        "terms": [{"source": "Rechnung", "target": "bill", "hits": 3, "misses": 1}]
    }


async def test_a_session_without_a_glossary_does_not_speak_of_one(api, store):
    session = await api.create(glossary={})
    assert "glossary" not in session
    assert "glossary_report" not in session
    ((living, _),) = await store.sessions.list_living()
    assert living.glossary == Glossary()


async def test_terms_of_a_session_need_languages(api):
    response = await api.post(
        "/v1/sessions",
        json={
            "mode": "bidirectional_translation",
            "source_language": "de",
            "glossary": {"terms": [{"source": "a", "target": "b"}]},
        },
    )
    error = await error_of(response)
    assert (error["code"], error["param"]) == (
        "missing_required_field",
        "glossary.terms.0.target_language",
    )


def test_terms_do_not_show_in_logs():
    glossary = Glossary((Term("de", "en", "Geheimnis", "secret"),))
    assert "Geheimnis" not in repr(glossary)
    assert "secret" not in repr(glossary.terms[0])
