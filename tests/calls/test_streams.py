"""What a client can get wrong, it is told, and nothing is lost."""

import asyncio
import base64
import json

import aiohttp
import pytest

from kallglot.phones.phone import Phone
from kallglot.phones.telnyx import TelnyxPhone
from kallglot.phones.twilio import TwilioPhone
from tests.calls.conftest import Caller
from tests.fakes.speech import says

START = {
    "event": "start",
    "sequenceNumber": "1",
    "streamSid": "MZ1",
    "start": {
        "streamSid": "MZ1",
        "callSid": "CA1",
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {},
    },
}
CONNECTED = {"event": "connected", "protocol": "Call", "version": "1.0.0"}


def stream_of(session, **query):
    return session["stream"]["url"], {"token": session["stream"]["token"], **query}


def audio_input(encoding: str, payload: str) -> str:
    audio = {"encoding": encoding, "sample_rate_hz": 8000, "payload": payload}
    return json.dumps({"type": "audio.input", "audio": audio})


async def closed_with(socket) -> tuple[int, str]:
    """Return how the server closes a connection, whatever it says before."""
    async with asyncio.timeout(8):
        while True:
            message = await socket.receive()
            if message.type is aiohttp.WSMsgType.CLOSE:
                return message.data, message.extra
            assert message.type is not aiohttp.WSMsgType.CLOSED


async def said(socket, kind):
    """Return the next message of a type."""
    async with asyncio.timeout(5):
        async for message in socket:
            content = json.loads(message.data)
            if content["type"] == kind:
                return content


@pytest.mark.parametrize(
    ("token", "code"),
    [("kst_live_nonsense", "invalid_token"), ("", "invalid_token")],
)
async def test_a_bad_token_is_turned_away(world, token, code):
    session = await world.create()
    async with world.client.ws_connect(session["stream"]["url"], params={"token": token}) as link:
        await link.send_str('{"type": "ping"}')
        assert await closed_with(link) == (1008, code)


async def test_the_token_of_another_session_is_turned_away(world):
    one, other = await world.create(), await world.create()
    params = {"token": other["stream"]["token"]}
    async with world.client.ws_connect(one["stream"]["url"], params=params) as link:
        assert await closed_with(link) == (1008, "invalid_token")


async def test_an_expired_token_is_turned_away_but_not_one_that_has_connected(world):
    session = await world.create()
    tokens = world.server.store.tokens
    expired = tokens.issue(session["id"], 1000.0)
    url = session["stream"]["url"]
    async with world.client.ws_connect(url, params={"token": expired}) as link:
        assert await closed_with(link) == (1008, "expired_token")
    await tokens.remember(expired, session["id"], 999.0)
    async with world.client.ws_connect(url, params={"token": expired}) as link:
        assert (await said(link, "session.ready"))["session_id"] == session["id"]


async def test_a_stream_for_no_session_is_turned_away(world):
    url = f"{world.server.url}/v1/sessions/sess_unknown/connect"
    async with world.client.ws_connect(url, params={"token": "kst_live_x"}) as link:
        assert await closed_with(link) == (1008, "session_not_found")


async def test_a_session_that_has_ended_takes_no_stream(world):
    session = await world.create()
    await world.post(f"/v1/sessions/{session['id']}/end")
    url, params = stream_of(session)
    async with world.client.ws_connect(url, params=params) as link:
        assert await closed_with(link) == (1008, "session_ended")


async def test_a_carrier_that_starts_without_a_token_is_turned_away(world):
    session = await world.create()
    async with world.client.ws_connect(session["stream"]["url"]) as link:
        await link.send_str(json.dumps(CONNECTED))
        await link.send_str(json.dumps(START))
        assert await closed_with(link) == (1008, "invalid_token")


async def test_who_never_says_who_they_are_does_not_stay(world):
    session = await world.create()
    async with world.client.ws_connect(session["stream"]["url"]) as link:
        assert await closed_with(link) == (1008, "invalid_token")


async def test_a_native_client_is_greeted_before_it_says_anything(world):
    session = await world.create()
    url, params = stream_of(session, participant="agent")
    async with world.client.ws_connect(url, params=params) as link:
        ready = await said(link, "session.ready")
        assert ready["session_id"] == session["id"]
    await asyncio.sleep(0.1)
    assert (await world.get(f"/v1/sessions/{session['id']}"))["status"] == "created"


async def test_a_token_may_stand_in_the_path_because_carriers_drop_queries(world):
    session = await world.create()
    url = f"{session['stream']['url']}/{session['stream']['token']}"
    async with world.client.ws_connect(url) as link:
        assert await said(link, "session.ready")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("this is not JSON", "invalid_request"),
        ('{"type": "dance"}', "invalid_request"),
        ('{"type": "audio.input"}', "invalid_request"),
        (audio_input("opus", ""), "invalid_audio_format"),
        (audio_input("mulaw", "%%%"), "invalid_request"),
    ],
)
async def test_a_frame_that_cannot_be_used_is_answered_and_the_next_one_is_heard(
    world, frame, code
):
    session = await world.create()
    url, params = stream_of(session, participant="customer")
    async with world.client.ws_connect(url, params=params) as link:
        await said(link, "session.ready")
        await link.send_str(frame)
        error = await said(link, "session.error")
        assert (error.get("error") or error)["code"] == code
        await link.send_str('{"type": "ping"}')
        assert await said(link, "pong")


async def test_a_frame_that_is_far_too_large_closes_the_stream(world):
    session = await world.create()
    url, params = stream_of(session, participant="customer")
    async with world.client.ws_connect(url, params=params) as link:
        await said(link, "session.ready")
        await link.send_str("x" * (2 << 20))
        assert (await closed_with(link))[0] == 1009


async def test_a_second_leg_for_somebody_who_is_talking_is_told_so(world):
    session = await world.create()
    await world.customer(session)
    url, params = stream_of(session, participant="customer")
    async with world.client.ws_connect(url, params=params) as link:
        assert await closed_with(link) == (1008, "participant_taken")


async def test_audio_before_start_is_not_heard_and_harms_nobody(world):
    session = await world.create()
    token = session["stream"]["token"]
    payload = base64.b64encode(b"\xff" * 160).decode()
    media = {
        "event": "media",
        "streamSid": "MZ1",
        "sequenceNumber": "1",
        "media": {"track": "inbound", "chunk": "1", "timestamp": "0", "payload": payload},
    }
    start = {**START, "start": {**START["start"], "customParameters": {"token": token}}}
    async with world.client.ws_connect(session["stream"]["url"]) as link:
        for frame in (CONNECTED, media, start, {**media, "sequenceNumber": "2"}):
            await link.send_str(json.dumps(frame))
        await asyncio.sleep(0.3)
        view = await world.get(f"/v1/sessions/{session['id']}")
        assert view["status"] == "active"
        assert view["legs"][0]["call_sid"] == "CA1"


async def test_a_native_client_may_end_the_session(world):
    session = await world.create()
    agent = await world.agent(session)
    await agent.phone.until(lambda: False, within=0.3)
    url, params = stream_of(session, participant="customer")
    async with world.client.ws_connect(url, params=params) as link:
        await said(link, "session.ready")
        await link.send_str('{"type": "session.end"}')
        assert (await said(link, "session.ended"))["reason"] == "explicit_end"
    await asyncio.sleep(0.5)
    view = await world.get(f"/v1/sessions/{session['id']}")
    assert (view["status"], view["end_reason"]) == ("ended", "explicit_end")


async def test_telnyx_may_come_without_a_token_as_the_guide_shows_it(world):
    session = await world.create()
    customer = await world.telnyx_customer(session)
    agent = await world.agent(session)
    await customer.says("Guten Tag")
    assert await agent.hears("Good day")


async def test_telnyx_without_a_token_is_turned_away_where_that_is_not_allowed(world, monkeypatch):
    session = await world.create(provider={"type": "telnyx", "call_control_id": "v3:other"})
    phone = Phone(world.client, session["stream"]["url"], TelnyxPhone("v3:1"))
    async with phone:
        assert await phone.until(lambda: phone.hung_up is not None, within=3)
        assert phone.hung_up.code == 1008


async def test_both_tracks_of_a_one_way_stream_are_two_people(world):
    session = await world.create()
    token = session["stream"]["token"]
    tracks = {**START["start"], "tracks": ["inbound", "outbound"]}
    start = {**START, "start": {**tracks, "customParameters": {"token": token}}}
    from kallglot.audio.g711 import encode_mulaw  # noqa: PLC0415

    sounds = {
        "inbound": encode_mulaw(says("Guten Tag", "de") + bytes(24000)),
        "outbound": encode_mulaw(bytes(16000) + says("How are you", "en") + bytes(24000)),
    }
    async with world.client.ws_connect(session["stream"]["url"]) as link:
        await link.send_str(json.dumps(CONNECTED))
        await link.send_str(json.dumps(start))
        for at in range(0, max(map(len, sounds.values())), 160):
            for track, sound in sounds.items():
                payload = base64.b64encode(sound[at : at + 160]).decode()
                media = {"track": track, "chunk": "1", "timestamp": "0", "payload": payload}
                frame = {"event": "media", "streamSid": "MZ1", "sequenceNumber": "2"}
                if payload:
                    await link.send_str(json.dumps({**frame, "media": media}))
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
    transcript = await world.get(f"/v1/sessions/{session['id']}/transcript")
    assert {(turn["speaker"], turn["text"]) for turn in transcript["turns"]} == {
        ("customer", "Guten Tag"),
        ("agent", "How are you"),
    }


async def test_a_socket_that_is_cut_while_it_is_spoken_to_costs_only_itself(world):
    session = await world.create()
    customer, agent = await world.customer(session), await world.agent(session)
    await agent.phone.drop()
    await customer.says("Guten Tag")
    await agent.phone.connect()
    assert await agent.hears("Good day")
    assert isinstance(agent, Caller)


async def test_a_call_that_comes_back_before_its_end_was_noticed_replaces_itself(world):
    session = await world.create()
    first = await world.customer(session, "CA7")
    parameters = {"token": session["stream"]["token"]}
    phone = Phone(world.client, session["stream"]["url"], TwilioPhone("CA7", parameters))
    async with phone:
        assert await first.phone.until(lambda: first.phone.hung_up is not None, within=3)
        assert first.phone.hung_up.reason == "replaced"
        view = await world.get(f"/v1/sessions/{session['id']}")
        assert view["reconnect_deadline"] is None
