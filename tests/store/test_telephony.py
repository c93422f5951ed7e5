from __future__ import annotations

import attrs
import pytest

from kallglot.errors import IllegalMove, StoreError
from kallglot.model.connection import ProviderConnection
from kallglot.model.phone_number import NumberProfile, PhoneNumber
from kallglot.model.session import Mode
from kallglot.routing import Connection, Directory, ManagedNumber
from kallglot.store import Store
from kallglot.store.database import Statement
from kallglot.store.directories import FRESH, Directories
from kallglot.store.paging import Page
from tests.fakes.clock import START

SHARED = Directory(numbers={"+15550100": ManagedNumber("twilio")}, is_sip_enabled=True)
CREDENTIALS = {"account_sid": "AC1", "auth_token": "hush-hush-hush", "other_tokens": ["older"]}


def connection(organization: str, name: str = "pcon_1", **fields) -> ProviderConnection:
    return ProviderConnection(
        name, organization, "live", "twilio", "Main", {"auth_token": "…h"}, START, START, **fields
    )


def number(organization: str, text: str = "+4930111", **fields) -> PhoneNumber:
    given = {"connection_id": "pcon_1", "created_at": START, "updated_at": START, **fields}
    return PhoneNumber(f"num_{text[1:]}", organization, "live", text, "twilio", **given)


async def directory(store: Store, organization: str, now: float = START) -> Directory:
    return await store.directories.of(organization, "live", SHARED, now)


async def test_a_connection_is_kept_and_its_credentials_apart(store, organization):
    kept = connection(organization, verified_at=START, account="Example")
    await store.connections.add(kept, CREDENTIALS)
    assert await store.connections.get("pcon_1") == kept
    assert await store.connections.credentials("pcon_1") == CREDENTIALS
    changed = attrs.evolve(kept, name="Other", hints={}, account=None)
    await store.connections.save(kept, changed, credentials={"account_sid": "AC2"})
    assert await store.connections.get("pcon_1") == changed
    assert await store.connections.credentials("pcon_1") == {"account_sid": "AC2"}
    await store.connections.remove("pcon_1")
    assert await store.connections.get("pcon_1") is None
    assert await store.connections.credentials("pcon_1") is None


async def test_credentials_are_sealed_and_open_in_their_own_row_only(tmp_path):
    store = await Store.open(tmp_path)
    organization = (await store.organizations.add("Example", START)).id
    for name in ("pcon_1", "pcon_2"):
        await store.connections.add(connection(organization, name), CREDENTIALS)
    await store._database.write(
        Statement(
            "UPDATE connections SET credentials = (SELECT credentials FROM connections"
            " WHERE id = 'pcon_1') WHERE id = 'pcon_2'"
        )
    )
    with pytest.raises(StoreError, match="pcon_2"):
        await store.connections.credentials("pcon_2")
    await store.close()
    copied = b"".join(path.read_bytes() for path in tmp_path.glob("kallglot.db*"))
    assert b"hush-hush" not in copied


async def test_there_is_one_default_for_each_side_of_an_organization(store, organization):
    await store.connections.add(connection(organization, is_default=True), {})
    test = attrs.evolve(connection(organization, "pcon_t", is_default=True), environment="test")
    await store.connections.add(test, {})
    await store.connections.add(connection("", "pcon_o", is_default=True), {})
    await store.connections.add(connection(organization, "pcon_2", is_default=True), {})
    defaults = [each.id for each in await store.connections.all() if each.is_default]
    assert defaults == ["pcon_2", "pcon_o", "pcon_t"]
    assert (await directory(store, organization)).default().id == "pcon_2"


async def test_the_operators_connections_are_nobody_elses(store, organization):
    await store.connections.add(connection("", "pcon_o"), {})
    assert (await directory(store, organization)).connections == ()
    assert (await store.connections.page(organization, "live", Page())).items == []
    (found,) = (await store.connections.page("", "live", Page())).items
    assert (found.id, await store.connections.count("", "live")) == ("pcon_o", 1)


async def test_a_directory_has_what_is_ones_own_and_what_is_everybodys(store, organization):
    await store.connections.add(connection(organization, "pcon_2", is_default=True), {})
    await store.connections.add(connection(organization, secondary_id="pcon_2"), {})
    await store.phone_numbers.add(number(organization))
    found = await directory(store, organization)
    assert found.connections == (
        Connection("pcon_1", "twilio", secondary_id="pcon_2"),
        Connection("pcon_2", "twilio", is_default=True),
    )
    assert found.numbers == {
        "+15550100": ManagedNumber("twilio"),
        "+4930111": ManagedNumber("twilio", ("pcon_1", "pcon_2")),
    }
    assert found.is_sip_enabled
    other = (await store.organizations.add("Other", START)).id
    assert await directory(store, other) is SHARED


async def test_a_number_on_the_operators_account_is_used_by_that_account(store, organization):
    await store.connections.add(connection("", "pcon_o"), {})
    await store.phone_numbers.add(number(organization, connection_id="pcon_o"))
    found = (await directory(store, organization)).number("+4930111")
    assert found == ManagedNumber("twilio", ("pcon_o",))


@pytest.mark.parametrize("what", ["connection", "number"])
async def test_a_number_is_inactive_with_its_account_too(store, organization, what):
    await store.connections.add(connection(organization), {})
    await store.phone_numbers.add(number(organization))
    assert (await directory(store, organization)).number("+4930111") is not None
    if what == "connection":
        kept = connection(organization)
        await store.connections.save(kept, attrs.evolve(kept, status="disabled"))
    else:
        kept = number(organization)
        await store.phone_numbers.save(kept, attrs.evolve(kept, status="inactive"))
    assert (await directory(store, organization)).number("+4930111") is None


async def test_a_second_that_is_disabled_is_not_used(store, organization):
    await store.connections.add(connection(organization, "pcon_2", status="disabled"), {})
    await store.connections.add(connection(organization, secondary_id="pcon_2"), {})
    await store.phone_numbers.add(number(organization))
    assert (await directory(store, organization)).numbers["+4930111"].accounts == ("pcon_1",)
    await store.connections.remove("pcon_2")
    assert (await store.connections.get("pcon_1")).secondary_id is None


async def test_what_is_changed_here_is_seen_at_once(store, organization):
    assert await directory(store, organization) is SHARED
    await store.connections.add(connection(organization), {})
    found = await directory(store, organization)
    assert found.connection("pcon_1") is not None
    assert await directory(store, organization) is found
    await store.connections.remove("pcon_1")
    assert await directory(store, organization) is SHARED


async def test_what_others_change_is_seen_a_moment_later(tmp_path):
    server, beside = await Store.open(tmp_path), await Store.open(tmp_path)
    organization = (await server.organizations.add("Example", START)).id
    assert await directory(server, organization) is SHARED
    await beside.connections.add(connection(organization), {})
    assert await directory(server, organization, START + FRESH / 2) is SHARED
    found = await directory(server, organization, START + FRESH)
    assert found.connection("pcon_1") is not None
    await beside.organizations.change(organization, {"status": "suspended"}, START)
    await beside.organizations.remove(organization, START)
    assert await directory(server, organization, START + 2 * FRESH) is SHARED
    await server.close()
    await beside.close()


async def test_a_clock_that_is_put_back_does_not_keep_what_was(tmp_path):
    server, beside = await Store.open(tmp_path), await Store.open(tmp_path)
    organization = (await server.organizations.add("Example", START)).id
    await directory(server, organization)
    await beside.connections.add(connection(organization), {})
    assert (await directory(server, organization, START - 3600)).connections
    await server.close()
    await beside.close()


async def test_a_number_is_kept_with_what_calls_to_it_become(store, organization):
    await store.connections.add(connection(organization), {})
    profile = NumberProfile(Mode.ASSISTIVE, "de", "en", "Guten Tag", "de", "sip:a@b", True, "+1999")
    kept = number(organization, carrier_id="PN1", profile=profile)
    await store.phone_numbers.add(kept)
    assert await store.phone_numbers.get(kept.id) == kept
    assert await store.phone_numbers.find("+4930111") == kept
    assert await store.phone_numbers.find("+4930112") is None
    changed = attrs.evolve(kept, profile=None, status="inactive")
    await store.phone_numbers.save(kept, changed)
    assert await store.phone_numbers.all() == [changed]
    assert (await store.phone_numbers.page(Page(), organization, "test")).items == []
    await store.phone_numbers.remove(kept.id)
    assert await store.phone_numbers.all() == []


async def test_a_number_is_one_organizations(store, organization):
    other = (await store.organizations.add("Other", START)).id
    await store.connections.add(connection(organization), {})
    await store.phone_numbers.add(number(organization))
    with pytest.raises(IllegalMove, match="assigned already") as caught:
        await store.phone_numbers.add(number(other, connection_id=None, carrier_id="x"))
    assert caught.value.code == "phone_number_taken"


async def test_a_connection_with_numbers_is_not_removed(store, organization):
    await store.connections.add(connection(organization), {})
    await store.phone_numbers.add(number(organization))
    with pytest.raises(IllegalMove):
        await store.connections.remove("pcon_1")
    assert await store.connections.get("pcon_1") is not None


async def test_an_organization_goes_with_its_accounts_and_numbers(store, organization):
    await store.connections.add(connection(organization), {})
    await store.phone_numbers.add(number(organization))
    await store.organizations.change(organization, {"status": "suspended"}, START)
    await store.organizations.remove(organization, START)
    assert await store.connections.all() == []
    assert await store.phone_numbers.all() == []


class Counting:
    """A database that counts how often it is read."""

    def __init__(self, database) -> None:
        self._database = database
        self.reads = 0

    async def read(self, *question):
        self.reads += 1
        return await self._database.read(*question)

    async def read_one(self, *question):
        self.reads += 1
        return await self._database.read_one(*question)


async def test_a_session_that_is_opened_waits_for_no_database(store, organization):
    database = Counting(store._database)
    directories = Directories(database)
    await directories.of(organization, "live", SHARED, START)
    database.reads = 0
    for _ in range(300):
        await directories.of(organization, "live", SHARED, START + FRESH / 2)
    assert database.reads == 0
    await directories.of(organization, "live", SHARED, START + FRESH)
    assert database.reads == 1


async def test_nobody_takes_back_what_others_settle_meanwhile(store, organization):
    one = connection(organization, is_default=True)
    await store.connections.add(one, {})
    other = connection(organization, "pcon_2")
    await store.connections.add(other, {})
    await store.connections.save(other, attrs.evolve(other, is_default=True))
    await store.connections.save(one, attrs.evolve(one, name="Renamed"))
    kept = await store.connections.get("pcon_1")
    assert (kept.name, kept.is_default) == ("Renamed", False)
    mine = number(organization)
    await store.phone_numbers.add(mine)
    await store.phone_numbers.save(mine, attrs.evolve(mine, status="inactive"))
    await store.phone_numbers.save(mine, attrs.evolve(mine, profile=NumberProfile()))
    found = await store.phone_numbers.get(mine.id)
    assert (found.status, found.profile) == ("inactive", NumberProfile())
