"""`kallglot models verify`, which reads what lies on the shelf and asks nobody."""

from __future__ import annotations

import pytest

from kallglot.speech.models import pull as pulling
from kallglot.speech.models.entries import catalogue
from kallglot.speech.models.pull import plan
from kallglot.speech.models.shelf import Shelf
from tests.fakes.hub import FakeHub, weights

NAME = "acft-whisper-base"


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A shelf with one model on it."""
    shelf, hub = Shelf(tmp_path / "models"), FakeHub()
    monkeypatch.setenv("KALLGLOT_MODELS_FOLDER", str(shelf.folder))
    hub.offer("futo-org/acft-whisper-base")
    pulling.pull(plan(catalogue().find(NAME), shelf, hub), shelf, hub, free=lambda _: 1 << 40)
    return shelf


def test_a_truncated_model_is_named_with_what_is_missing_of_it(kallglot, shelf):
    path = shelf.place(NAME) / "model.safetensors"
    path.write_bytes(weights()[:40])
    result = kallglot("models", "verify")
    assert result.exit_code == 1
    assert f"model.safetensors has 40 bytes and must have {len(weights())}" in result.stdout
    assert f"mend with kallglot models pull {NAME}" in result.stderr


def test_a_model_of_which_half_has_come_is_not_whole(kallglot, shelf):
    shelf.partial(NAME).parent.mkdir(parents=True, exist_ok=True)
    shelf.place(NAME).rename(shelf.partial(NAME))
    result = kallglot("models", "verify")
    assert result.exit_code == 1
    assert f"{NAME}: half there, its pull was interrupted" in result.stdout


def test_verifying_what_was_never_pulled_says_how_to_get_it(kallglot, shelf):
    result = kallglot("models", "verify", "whisper-tiny")
    assert result.exit_code == 1
    assert "`kallglot models pull whisper-tiny`" in result.stderr
