"""What nobody is to read in a log, in an error, or in a copy of the database."""

from __future__ import annotations

import logging

import pytest

from kallglot.model.transcript import Rendering, Utterance
from kallglot.store import Store
from kallglot.store.keys import SCOPES
from tests.api.conftest import Api
from tests.fakes.carriers import OWNED, SID, TOKEN

pytestmark = pytest.mark.real_time

PHONE = "+15550123456"
NAME = "Wilhelmine Ungewöhnlich"
SAID = "Die Losung ist Zwiebelkuchen"
TRANSLATED = "the watchword is onion tart"
PASSWORD = "correct-horse-battery-staple"
NOTE = "diagnosis-x99"


@pytest.fixture
async def store(tmp_path):
    store = await Store.open(tmp_path)
    yield store
    await store.close()


class Story:
    """Everything that can be done through the API, with everything that is secret in it."""

    def __init__(self, owner: Api, store: Store, clock) -> None:
        self._owner = owner
        self._store = store
        self._clock = clock
        self.secrets = {owner.text, PHONE, NAME, SAID, TRANSLATED, PASSWORD, NOTE}
        self.errors: list[str] = []

    async def tell(self) -> None:
        made = await self._ask("post", "/v1/api_keys", json={"name": "other"})
        self.secrets.add(made["key"])
        session = await self._ask(
            "post",
            "/v1/sessions",
            headers={"Idempotency-Key": "k"},
            json={
                "mode": "bidirectional_translation",
                "source_language": "de",
                "target_language": "en",
                "participants": [{"type": "customer", "name": NAME}, {"type": "agent"}],
                "provider": {
                    "type": "sip",
                    "sip_uri": f"sip:{PHONE}@pbx.example.com",
                    "credentials": {"username": "u", "password": PASSWORD},
                },
                "metadata": {"note": NOTE},
            },
        )
        self.secrets.add(session["stream"]["token"])
        await self._say(session["id"])
        path = f"/v1/sessions/{session['id']}"
        for each in ("", "/transcript", "/recordings", "/transcript?format=srt", "/usage"):
            await self._ask("get", path + each)
        hook = await self._ask(
            "post", "/v1/webhook_endpoints", json={"url": "https://93.184.216.34/hook"}
        )
        self.secrets.add(hook["secret"])
        hook_path = f"/v1/webhook_endpoints/{hook['id']}"
        self.secrets.add((await self._ask("post", f"{hook_path}/rotate_secret", json={}))["secret"])
        await self._ask("post", f"{hook_path}/test")
        await self._connect()
        await self._ask("post", f"{path}/end", json={"reason": NOTE})
        await self._go_wrong(session["id"], made["key"])

    async def _connect(self) -> None:
        self.secrets.add(TOKEN)
        path = "/v1/provider_connections"
        account = {"account_sid": SID, "auth_token": TOKEN}
        made = await self._ask("post", path, json={"provider": "twilio", "credentials": account})
        await self._ask("post", f"{path}/{made['id']}/verify")
        for wrong in ({**account, "auth_token": f"{TOKEN}x"}, {**account, "account_sid": TOKEN}):
            await self._ask("patch", f"{path}/{made['id']}", json={"credentials": wrong})
        number = {"phone_number": OWNED[0], "connection_id": made["id"]}
        await self._ask("post", "/v1/phone_numbers", json=number)

    async def _go_wrong(self, session_id: str, key: str) -> None:
        token = next(each for each in self.secrets if each.startswith("kst_"))
        for body in (
            {"mode": "assistive_translation", "routing": {"phone_number": PHONE}},
            {"mode": "assistive_translation", "provider": {"type": "sip", "password": PASSWORD}},
            {"mode": "assistive_translation", "metadata": {"note": NOTE * 2000}},
        ):
            await self._ask("post", "/v1/sessions", json=body)
        await self._ask("post", "/v1/sessions", data=f'{{"x": "{SAID}"')
        wrong = {"headers": {"Authorization": f"Bearer {key}x"}}
        await self._ask("get", "/v1/sessions", **wrong)
        await self._ask("get", f"/v1/sessions/{session_id}/connect?token={token}")

    async def _say(self, session_id: str) -> None:
        rendering = Rendering("en", TRANSLATED, 0.9)
        utterance = Utterance(
            "utt_1", session_id, 1, "customer", "de", SAID, 0.0, 1.0, 0.9, renderings=(rendering,)
        )
        await self._store.transcripts.put(utterance)

    async def _ask(self, method: str, path: str, **options) -> dict:
        response = await getattr(self._owner, method)(path, **options)
        if response.status >= 400:
            self.errors.append(await response.text())
            return {}
        is_json = response.content_type == "application/json"
        return await response.json() if is_json else {}


@pytest.fixture
async def story(client, store, organization, clock) -> Story:
    made = await store.keys.create(organization, clock(), scopes=SCOPES)
    return Story(Api(client, made.key, made.text), store, clock)


async def test_a_log_has_no_secret_and_nothing_that_anybody_said(story, caplog):
    caplog.set_level(logging.CRITICAL, "aiohttp.access")  # the server keeps no such log
    with caplog.at_level(logging.DEBUG):
        await story.tell()
    assert len(story.secrets) >= 11
    for line in caplog.text.splitlines():
        for secret in story.secrets:
            assert secret not in line, line
    for record in caplog.records:
        for secret in story.secrets:
            assert secret not in str(record.args)


async def test_an_error_repeats_no_secret(story):
    await story.tell()
    assert len(story.errors) >= 5
    for error in story.errors:
        for secret in story.secrets:
            assert secret not in error


async def test_a_copy_of_the_database_opens_no_door(story, store, tmp_path):
    await story.tell()
    copied = b"".join(path.read_bytes() for path in tmp_path.glob("kallglot.db*"))
    doors = [each for each in story.secrets if each.startswith(("sk_", "kst_", "whsec_"))]
    assert len(doors) == 5
    for secret in (*doors, PASSWORD, TOKEN):
        assert secret.encode() not in copied
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


async def test_lists_have_no_secret(story):
    await story.tell()
    for path in (
        "/v1/audit_log?limit=100",
        "/v1/api_keys",
        "/v1/webhook_endpoints",
        "/v1/provider_connections",
    ):
        text = await (await story._owner.get(path)).text()
        assert not [secret for secret in story.secrets if secret in text]
