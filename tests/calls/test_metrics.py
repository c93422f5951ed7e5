"""What an operator sees of a call."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


async def read(world) -> dict[tuple[str, ...], float]:
    async with world.client.get("/metrics") as response:
        text = await response.text()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_call_leaves_its_lag_in_the_numbers(world):
    session = await world.create()
    customer, agent = await world.customer(session), await world.agent(session)
    await customer.says("Guten Tag")
    assert await agent.hears("Good day")
    during = await read(world)
    assert during["kallglot_sessions",] == 1
    assert during["kallglot_legs", "twilio"] == during["kallglot_legs", "browser"] == 1
    assert during["kallglot_engine_requests_total", "translator", "answered"] == 1
    await world.post(f"/v1/sessions/{session['id']}/end")
    after = await read(world)
    assert after["kallglot_sessions",] == after["kallglot_legs", "twilio"] == 0
    assert after["kallglot_ear_voice_span_seconds_count", "de", "en"] == 1
    waited = after["kallglot_end_of_speech_to_first_audio_seconds_sum", "de", "en"]
    transcript = await world.get(f"/v1/sessions/{session['id']}/transcript")
    lag = transcript["turns"][0]["lag"]
    assert abs(waited - lag["end_of_speech_to_first_audio"]) < 0.001
