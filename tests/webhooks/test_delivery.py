"""Events come to those who asked for them: whole, signed, in order, and however often it takes."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from aiohttp import web

from kallglot.breaker import Patience
from kallglot.store import Store
from kallglot.store.database import Statement
from kallglot.webhooks import signatures
from kallglot.webhooks.events import trial_event
from kallglot.webhooks.schedule import Schedule
from kallglot.webhooks.sender import USER_AGENT, Conduct, Sender
from tests.webhooks.conftest import World
from tests.webhooks.receiver import receiving

pytestmark = pytest.mark.real_time

#: As there is nothing to wait for: no retry comes within a test.
SLOW = Schedule(scale=1.0)


async def test_an_event_is_sent_as_it_is_kept_and_signed(world, receiver):
    endpoint = await world.hook(receiver)
    async with world.delivering():
        session = await world.session()
        await receiver.until(lambda: receiver.accepted)
    (got,) = receiver.got
    (event,) = await world.store.events.after(0)
    (delivery,) = await world.deliveries(endpoint)
    assert got.body == event.body
    assert got.event["data"]["session_id"] == session.id
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["User-Agent"] == USER_AGENT
    assert got.delivery_id == delivery.id
    assert got.retry_count == 0
    assert got.headers["Kallglot-Original-Timestamp"] == str(int(event.created_at))
    assert (delivery.status, delivery.response_status) == ("delivered", 200)
    (attempt,) = delivery.attempts
    assert (attempt.status, attempt.error) == (200, None)
    assert 0 <= attempt.duration < 5


async def test_what_happened_before_the_server_was_started_is_sent(world, receiver):
    await world.hook(receiver)
    await world.happens(await world.session(), 3)
    async with world.delivering():
        await receiver.until(lambda: len(receiver.accepted) == 4)


async def test_what_fails_is_tried_again_under_the_same_id(world, receiver):
    endpoint = await world.hook(receiver)
    receiver.answer = lambda got: 200 if got.retry_count == 3 else 500 + got.retry_count
    async with world.delivering():
        await world.session()
        await receiver.until(lambda: receiver.accepted)
    assert [got.retry_count for got in receiver.got] == [0, 1, 2, 3]
    assert len({got.delivery_id for got in receiver.got}) == 1
    assert len({got.headers["Kallglot-Original-Timestamp"] for got in receiver.got}) == 1
    (delivery,) = await world.deliveries(endpoint)
    assert [attempt.status for attempt in delivery.attempts] == [500, 501, 502, 200]
    assert delivery.attempts[0].error == "answered 500"


async def test_after_eight_attempts_it_is_given_up_and_the_next_goes(world, receiver):
    endpoint = await world.hook(receiver)
    receiver.answer = lambda got: 500 if got.event["type"] == "session.created" else 200
    async with world.delivering(patience=Patience(failures=100), schedule=Schedule(scale=1e-6)):
        await world.happens(await world.session())
        await receiver.until(lambda: receiver.accepted)
    assert [got.retry_count for got in receiver.got] == [*range(8), 0]
    assert await world.statuses(endpoint) == ["failed", "delivered"]


async def test_a_receiver_that_fails_now_and_then_misses_nothing_and_no_order(world, receiver):
    dice = random.Random(4)
    endpoint = await world.hook(receiver)
    receiver.answer = lambda _: 200 if dice.random() > 0.2 else 503
    sessions = [await world.session() for _ in range(10)]
    async with world.delivering():
        for _ in range(9):
            await asyncio.gather(*map(world.happens, sessions))
        await receiver.until(lambda: len(receiver.accepted) == 100, within=60)
    assert set(await world.statuses(endpoint)) == {"delivered"}
    kept = await world.store.events.after(0, limit=1000)
    for session in sessions:
        expected = [event.id for event in kept if event.session_id == session.id]
        assert receiver.by_session()[session.id] == expected
    assert len(receiver.got) > 100


async def test_an_endpoint_that_does_not_answer_delays_nobody_else(world, receiver):
    async with receiving() as dead:
        never = asyncio.Event()
        dead.answer = lambda _: never.wait()
        await world.hook(dead)
        await world.hook(receiver)
        async with world.delivering(Sender(Conduct(timeout=5.0, allow_private=True))):
            began = time.monotonic()
            for _ in range(60):
                await world.session()
            await receiver.until(lambda: len(receiver.accepted) == 60)
            assert time.monotonic() - began < 4.0
            assert len(dead.got) == 32
            never.set()


async def test_an_endpoint_that_keeps_failing_is_left_alone_until_it_is_back(world, receiver):
    endpoint = await world.hook(receiver)
    receiver.answer = lambda _: 500
    patience = Patience(failures=3, shortest=0.05, longest=0.05)
    for _ in range(40):
        await world.session()
    async with world.delivering(patience=patience, schedule=SLOW):
        await receiver.until(lambda: receiver.underway == 0 and len(receiver.got) >= 34)
        assert len(receiver.got) < 40  # those that were on their way, and then one at a time
        receiver.answer = lambda _: 200
        await receiver.until(lambda: len(receiver.accepted) >= 1)
    tried = {got.delivery_id for got in receiver.got}
    assert len(tried) == len(receiver.got)
    assert (await world.statuses(endpoint)).count("failed") == 0


async def test_no_answer_in_time_is_a_failure(world, receiver):
    endpoint = await world.hook(receiver)
    never = asyncio.Event()
    receiver.answer = lambda _: never.wait()
    sender = Sender(Conduct(timeout=0.05, allow_private=True))
    async with world.delivering(sender, schedule=SLOW):
        await world.session()
        error = await first_error(world, endpoint)
    never.set()
    assert error == "no answer within 0.05 s"


async def test_a_redirect_is_a_failure_and_not_followed(world, receiver):
    endpoint = await world.hook(receiver)
    receiver.answer = lambda _: web.Response(status=302, headers={"Location": receiver.url})
    async with world.delivering(schedule=SLOW):
        await world.session()
        error = await first_error(world, endpoint)
    assert error == "answered 302, and redirects are not followed"
    assert len(receiver.got) == 1


async def test_who_is_not_there_is_a_failure(world):
    async with receiving() as gone:
        endpoint = await world.hook(gone)
    async with world.delivering(schedule=SLOW):
        await world.session()
        assert (await first_error(world, endpoint)).startswith("no connection")


async def test_an_answer_without_end_is_an_answer(world, receiver):
    endpoint = await world.hook(receiver)

    async def flood(got):
        response = web.StreamResponse()
        response.content_length = 10_000_000
        return response

    receiver.answer = flood
    async with world.delivering():
        await world.session()
        await settled(world, endpoint, 1)
    assert await world.statuses(endpoint) == ["delivered"]


async def test_who_says_that_it_is_gone_is_told_nothing_more(world, receiver):
    endpoint = await world.hook(receiver)
    receiver.answer = lambda _: 410
    async with world.delivering():
        await world.session()
        await settled(world, endpoint, 1)
        await world.session()
    gone = await world.store.endpoints.get(endpoint.id)
    assert (gone.status, gone.disabled_reason) == ("disabled", "gone")
    assert await world.statuses(endpoint) == ["failed"]
    assert len(receiver.got) == 1


async def test_a_disabled_endpoint_gets_what_has_waited_when_it_is_enabled(world, receiver):
    endpoint = await world.hook(receiver)
    await world.happens(await world.session())
    await world.store.endpoints.change(endpoint.id, {"status": "disabled"})
    async with world.delivering():
        await world.session()
        assert receiver.got == []
        await world.store.endpoints.change(endpoint.id, {"status": "enabled"})
        await receiver.until(lambda: len(receiver.accepted) == 2)


async def test_while_a_secret_is_rotated_both_are_good(world, receiver):
    endpoint = await world.hook(receiver)
    old = receiver.secret
    made = await world.store.endpoints.rotate(endpoint, 600.0, time.time())
    async with world.delivering():
        await world.session()
        await receiver.until(lambda: receiver.accepted)
    (got,) = receiver.got
    header = got.headers[signatures.HEADER]
    for secret in (old, made.secret):
        signatures.verify(got.body, header, secret, time.time())
    assert header.count("v1=") == 2


async def test_a_trial_and_a_redelivery_go_at_once_and_out_of_order(world, receiver):
    endpoint = await world.hook(receiver)
    receiver.answer = lambda got: 200 if got.event["type"] == "webhook.test" else 500
    async with world.delivering(schedule=Schedule(delays=(3600.0,))):
        await world.happens(await world.session())
        await receiver.until(lambda: len(receiver.got) == 1)
        await world.store.deliveries.add(trial_event(endpoint, time.time()), endpoint.id)
        await receiver.until(lambda: receiver.accepted)
        receiver.answer = lambda _: 200
        first, waiting, _ = await world.deliveries(endpoint)
        assert not await world.store.deliveries.redeliver(waiting.id, time.time())
        assert await world.store.deliveries.redeliver(first.id, time.time())
        await settled(world, endpoint, 3)
        assert await world.store.deliveries.redeliver(first.id, time.time())
        await receiver.until(lambda: len(receiver.accepted) == 4)
    again = receiver.accepted[-1]
    assert (again.delivery_id, again.retry_count) == (first.id, 2)


async def test_an_event_goes_to_a_url_given_for_it_alone(world, receiver):
    organization = world.organization
    direct = await world.store.endpoints.direct(organization, "live", receiver.url, time.time())
    receiver.secret = world.store.endpoints.direct_secret(organization, "live")
    endpoint = await world.store.endpoints.get(direct)
    async with world.delivering():
        await world.session()
        await world.store.deliveries.add(trial_event(endpoint, time.time()), direct)
        await receiver.until(lambda: receiver.accepted)
    assert [got.event["type"] for got in receiver.got] == ["webhook.test"]


async def test_what_was_under_way_when_it_stopped_is_sent_again_and_nothing_is_lost(tmp_path):
    store = await Store.open(tmp_path)
    organization = (await store.organizations.add("Example", time.time())).id
    dice = random.Random(1)
    async with receiving() as receiver:
        world = World(store, organization)
        endpoint = await world.hook(receiver)
        sessions = [await world.session() for _ in range(5)]
        for session in sessions:
            await world.happens(session, 19)

        async def answer(_):
            await asyncio.sleep(dice.random() * 0.01)
            return 200 if dice.random() > 0.2 else 500

        receiver.answer = answer
        for enough in (10, 30, 60, 100):
            async with world.delivering():
                await receiver.until(lambda: len(receiver.accepted) >= enough)  # noqa: B023
            await store.close()  # and all that is in memory is gone
            store = await Store.open(tmp_path)
            world.store = store
        assert set(await world.statuses(endpoint)) == {"delivered"}
        kept = await store.events.after(0, limit=1000)
        for session in sessions:
            told = receiver.by_session()[session.id]
            expected = [event.id for event in kept if event.session_id == session.id]
            assert list(dict.fromkeys(told)) == expected
        await store.close()


async def test_a_secret_that_cannot_be_opened_fails_only_its_own_endpoint(world, receiver):
    endpoint = await world.hook(receiver)
    async with receiving() as other:
        broken = await world.hook(other)
        await world.store.endpoints._database.write(
            Statement("UPDATE webhook_endpoints SET secret = x'00' WHERE id = ?", (broken.id,))
        )
        async with world.delivering(schedule=SLOW):
            await world.session()
            await receiver.until(lambda: receiver.accepted)
            error = await first_error(world, broken)
    assert error == "not sent: its signing secret cannot be opened"
    assert await world.statuses(endpoint) == ["delivered"]


async def test_the_numbers_say_how_it_goes(world, receiver):
    await world.hook(receiver)
    receiver.answer = lambda got: 200 if got.retry_count else 500
    async with world.delivering():
        await world.session()
        await receiver.until(lambda: receiver.accepted)

    def read(name, **labels):
        return world.metering.registry.get_sample_value(f"kallglot_webhook_{name}", labels)

    assert read("attempts_total", outcome="retried") == 1
    assert read("attempts_total", outcome="delivered") == 1
    assert read("attempts_total", outcome="given_up") == 0
    assert read("attempt_seconds_count") == 2
    assert read("deliveries_pending") is not None


async def test_the_log_is_kept_for_a_while(world, receiver):
    endpoint = await world.hook(receiver)
    async with world.delivering():
        await world.session()
        await settled(world, endpoint, 1)
    assert await world.store.deliveries.forget(time.time() - 60) == 0
    async with world.delivering(kept=-60.0):
        await until(lambda: world.deliveries(endpoint), lambda found: not found)


async def until(ask, is_so, within=5.0):
    """Ask again and again until it is so; what is asked for changes in a thread."""
    async with asyncio.timeout(within):
        while not is_so(found := await ask()):
            await asyncio.sleep(0.005)
    return found


async def settled(world, endpoint, count):
    await until(
        lambda: world.statuses(endpoint),
        lambda found: len(found) - found.count("pending") == count,
    )


async def first_error(world, endpoint):
    (delivery, *_) = await until(
        lambda: world.deliveries(endpoint), lambda found: found and found[0].attempts
    )
    return delivery.attempts[0].error
