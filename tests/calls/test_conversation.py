"""Whole calls through the whole server, over real sockets."""

import asyncio


async def test_a_german_caller_and_an_english_agent_talk_to_each_other(world):
    session = await world.create()
    customer, agent = await world.customer(session), await world.agent(session)
    await customer.says("Guten Tag")
    assert await agent.hears("Good day")
    await agent.says("How are you")
    assert await customer.hears("Wie geht es Ihnen")
    ended = await world.post(f"/v1/sessions/{session['id']}/end", {"reason": "customer_hangup"})
    assert ended["status"] == "ended"
    assert ended["end_reason"] == "customer_hangup"
    transcript = await world.get(f"/v1/sessions/{session['id']}/transcript")
    assert [(turn["speaker"], turn["text"]) for turn in transcript["turns"]] == [
        ("customer", "Guten Tag"),
        ("agent", "How are you"),
    ]
    translation = transcript["turns"][0]["translation"]
    assert (translation["language"], translation["text"]) == ("en", "Good day")
    assert 0 < translation["lag"]["end_of_speech_to_first_audio"] < 2
    recordings = await world.get(f"/v1/sessions/{session['id']}/recordings")
    assert {(one["channel"], one["status"]) for one in recordings["data"]} == {
        (channel, "ready")
        for channel in ("customer", "agent", "customer_heard", "agent_heard", "mixed")
    }


async def test_a_telnyx_caller_is_understood_too(world):
    session = await world.create()
    customer = await world.telnyx_customer(session, session["stream"]["token"])
    agent = await world.agent(session)
    await customer.says("Guten Tag")
    assert await agent.hears("Good day")
    await agent.says("How are you")
    assert await customer.hears("Wie geht es Ihnen")


async def test_a_dropped_caller_comes_back_into_the_same_call(world):
    session = await world.create()
    customer, agent = await world.customer(session), await world.agent(session)
    await customer.says("Guten Tag")
    await agent.hears("Good day")
    await customer.phone.drop()
    await asyncio.sleep(0.3)
    view = await world.get(f"/v1/sessions/{session['id']}")
    assert view["status"] == "active"
    assert view["reconnect_deadline"] is not None
    await customer.phone.connect()
    await customer.says("Auf Wiederhören")
    assert await agent.hears("Goodbye")
    view = await world.get(f"/v1/sessions/{session['id']}")
    assert view["reconnect_deadline"] is None
    assert [leg["participant"] for leg in view["legs"]] == ["customer", "agent", "customer"]


async def test_a_pair_that_no_model_serves_is_refused_when_the_session_is_created(world):
    answer = await world.post(
        "/v1/sessions",
        {"mode": "bidirectional_translation", "source_language": "de", "target_language": "ja"},
    )
    assert answer["error"]["code"] == "feature_not_available"
    assert "from de to ja" in answer["error"]["message"]


async def test_who_is_hung_up_on_may_call_again(world):
    session = await world.create(metadata={"ticket": 7})
    customer, agent = await world.customer(session), await world.agent(session)
    await customer.says("Guten Tag")
    assert await agent.hears("Good day")
    path = f"/v1/sessions/{session['id']}"
    view = await world.post(f"{path}/hangup", {"participant": "customer"})
    standing = {leg["participant"]: leg["status"] for leg in view["legs"]}
    assert standing == {"customer": "disconnected", "agent": "connected"}
    assert view["reconnect_deadline"] is not None
    assert await customer.phone.until(lambda: customer.phone.hung_up is not None, within=2)
    async with world.client.patch(path, json={"metadata": {"rung": "twice"}}) as response:
        assert (await response.json())["metadata"] == {"ticket": 7, "rung": "twice"}
    await customer.phone.connect()
    await customer.says("Auf Wiederhören")
    assert await agent.hears("Goodbye")
    ended = await world.post(f"{path}/end")
    assert ended["metadata"] == {"ticket": 7, "rung": "twice"}
    usage = await world.get(f"{path}/usage")
    assert usage["translation_minutes"] == usage["active_minutes"] > 0
