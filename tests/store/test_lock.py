"""One server per data folder."""

import pytest

from kallglot.errors import SettingsError
from kallglot.store.lock import only_server_of


def test_a_second_server_on_the_same_folder_is_told_so(tmp_path):
    with (
        only_server_of(tmp_path),
        pytest.raises(SettingsError, match="another server"),
        only_server_of(tmp_path),
    ):
        pass


def test_the_next_server_may_have_the_folder(tmp_path):
    for _ in range(2):
        with only_server_of(tmp_path / "data"):
            pass
