from __future__ import annotations

import contextlib
import json
import re
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kallglot.errors import ModelMissing, SettingsError
from kallglot.speech.models import lock as locks
from kallglot.speech.models.lock import Lock, Locked, LockedFile
from kallglot.speech.models.shelf import Fault, Shelf, State, faults_in, sha256_of
from tests.fakes.hub import FIRST, weights

NAME = "whisper-base"


@pytest.fixture
def shelf(tmp_path):
    shelf = Shelf(tmp_path / "models")
    place = shelf.place(NAME)
    place.mkdir(parents=True)
    (place / "config.json").write_text("{}")
    (place / "model.safetensors").write_bytes(weights())
    files = tuple(
        LockedFile(path.name, path.stat().st_size, sha256_of(path))
        for path in sorted(place.iterdir())
    )
    shelf.keep(NAME, Locked("openai/whisper-base", FIRST, files))
    return shelf


def test_what_is_whole_has_no_faults(shelf):
    assert shelf.verify(NAME) == []


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.write_bytes(weights()[:-3]), "has .* bytes and must have"),
        (lambda path: path.write_bytes(weights()[:-1] + b"x"), "sha256 differs"),
        (lambda path: path.unlink(), "is missing"),
    ],
    ids=["short", "changed", "missing"],
)
def test_verifying_names_the_file_that_is_damaged(shelf, damage, says):
    damage(shelf.place(NAME) / "model.safetensors")
    faults = shelf.verify(NAME)
    assert faults
    assert all(fault.path == "model.safetensors" for fault in faults)
    assert re.search(says, str(faults[0]))


def test_what_is_not_here_cannot_be_verified(shelf):
    with pytest.raises(ModelMissing, match="kallglot models pull whisper-tiny"):
        shelf.verify("whisper-tiny")


def test_removing_says_what_room_it_makes_and_keeps_the_revision(shelf):
    size = shelf.size(NAME)
    assert size == len(weights()) + 2
    assert shelf.remove(NAME) == size
    assert shelf.state(NAME) is State.LOCKED
    shelf.forget(NAME)
    assert shelf.state(NAME) is State.ABSENT


def test_a_folder_that_nobody_pulled_is_no_model(shelf):
    (shelf.folder / "holiday-pictures").mkdir()
    assert shelf.installed() == [NAME]
    assert shelf.installed("opus-mt-*") == []


def sharded(folder):
    (folder / "config.json").write_text("{}")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model-1.safetensors").write_bytes(weights())


def test_a_part_of_large_weights_that_is_not_there_is_noticed(tmp_path):
    sharded(tmp_path)
    assert list(faults_in(tmp_path)) == [Fault("model-2.safetensors", "is missing")]
    (tmp_path / "model-2.safetensors").write_bytes(weights())
    assert list(faults_in(tmp_path)) == []


@given(content=st.binary(max_size=64) | st.integers(0, 80).map(lambda n: weights()[:n]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_weights_that_are_not_whole_are_never_taken_for_whole(tmp_path, content):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(content)
    faults = list(faults_in(tmp_path))
    assert faults or content == struct.pack("<Q", 2) + b"{}"


HEXES = st.text("0123456789abcdef", min_size=64, max_size=64)
NAMES = st.from_regex(r"[a-z][a-z0-9.-]{0,9}", fullmatch=True)
FILES = st.builds(LockedFile, NAMES, st.integers(0, 1 << 40), HEXES | st.just(""))
LOCKED = st.builds(Locked, NAMES, HEXES, st.lists(FILES, max_size=3).map(tuple))
LOCKS = st.builds(
    Lock, st.dictionaries(NAMES, LOCKED, max_size=3), st.dictionaries(NAMES, NAMES, max_size=2)
)


@given(LOCKS)
def test_a_lock_that_is_written_is_read_again(lock):
    assert locks.read(locks.write(lock)) == lock


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["format", "models", "accepted", "id", "revision", "files", "path"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_lock_or_a_mistake(content):
    with contextlib.suppress(ValueError):
        assert isinstance(locks.read(json.dumps(content)), Lock)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../b", "", "a//b", "a\\b", "."])
def test_a_lock_never_leads_out_of_the_folder(path):
    with pytest.raises(ValueError, match="is not a file of a model"):
        LockedFile(path, 1)


def test_a_lock_that_cannot_be_read_has_a_remedy(shelf):
    (shelf.folder / "models.lock").write_text("{")
    with pytest.raises(SettingsError, match="restore it, or delete it"):
        shelf.state("whisper-tiny")
