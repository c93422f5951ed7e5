"""Streams that no session takes."""

from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient, TestServer

from kallglot.api.app import create_app
from kallglot.providers import discover


async def test_a_stream_whose_session_is_too_busy_is_told_to_come_back_later(
    api, store, calls, settings, clock, caplog
):
    session = await api.create()
    calls.is_busy = True
    app = create_app(store, calls, settings, providers=discover(), clock=clock)
    query = {"token": session["stream"]["token"]}
    async with TestClient(TestServer(app)) as client:
        socket = await client.ws_connect(f"/v1/sessions/{session['id']}/connect", params=query)
        message = await socket.receive()
        assert (message.type, message.data, message.extra) == (
            WSMsgType.CLOSE,
            1013,
            "over_capacity",
        )
    assert [record.levelname for record in caplog.records] == ["WARNING"]
