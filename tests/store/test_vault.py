"""What is sealed can be read by this server, where it belongs, and by nobody else."""

import pytest

from kallglot.errors import StoreError
from kallglot.store.secret import ServerSecret
from kallglot.store.vault import Vault


@pytest.fixture
def vault():
    return Vault(ServerSecret.fresh())


def test_what_was_sealed_can_be_read(vault):
    assert vault.open(vault.seal("whsec_täst", "wh_1"), "wh_1") == "whsec_täst"


def test_it_looks_different_each_time_and_shows_nothing(vault):
    first, second = vault.seal("whsec_test", "wh_1"), vault.seal("whsec_test", "wh_1")
    assert first != second
    assert b"whsec" not in first


@pytest.mark.parametrize("damage", [b"", b"\x01", b"\x02" + bytes(40), b"\x01" + bytes(40)])
def test_what_is_no_secret_of_ours_is_refused_and_not_shown(vault, damage):
    with pytest.raises(StoreError, match="wh_1"):
        vault.open(damage, "wh_1")


def test_a_secret_does_not_open_in_another_row(vault):
    with pytest.raises(StoreError):
        vault.open(vault.seal("whsec_test", "wh_1"), "wh_2")


def test_nor_with_another_servers_secret(vault):
    with pytest.raises(StoreError, match="secret_key"):
        Vault(ServerSecret.fresh()).open(vault.seal("whsec_test", "wh_1"), "wh_1")
