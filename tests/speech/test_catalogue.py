from __future__ import annotations

import pytest

from kallglot.errors import ModelMissing, SettingsError
from kallglot.speech.catalogue import OLD_WEIGHTS, HubModel, fetch, find

MODEL = HubModel("somebody/whisper", "0123abc")


@pytest.fixture
def model(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


class Hub:
    """The hub, or what is left of it: what is cached and what could be had."""

    def __init__(self, folder, cached=(), offered=()):
        self.folder = folder
        self.cached = cached
        self.offered = offered
        self.calls = []

    def download(self, name, *, revision, allow_patterns, local_files_only=False):
        self.calls.append((name, revision, local_files_only))
        if not local_files_only and not self.offered:
            raise OSError("no route to hub")
        if local_files_only and not self.cached:
            raise FileNotFoundError("not in the cache")
        for name in self.cached if local_files_only else self.offered:
            if name.endswith(".bin") and OLD_WEIGHTS[0] not in allow_patterns:
                continue
            (self.folder / name).touch()
        return str(self.folder)


def test_a_directory_is_used_as_it_is(model):
    assert find(str(model), "recogniser") == model


def test_a_directory_without_a_model_is_named_in_the_complaint(tmp_path):
    with pytest.raises(ModelMissing, match=r"speech\.recogniser"):
        find(str(tmp_path / "nowhere"), "recogniser")


def test_a_model_of_the_hub_is_pinned():
    assert find("somebody/whisper@0123abc", "recogniser") == MODEL
    with pytest.raises(SettingsError, match="somebody/whisper@COMMIT"):
        find("somebody/whisper", "recogniser")


def test_nonsense_is_the_operators_to_correct():
    with pytest.raises(SettingsError, match="'demo', a directory or"):
        find("the best one, please", "translator")


def test_what_is_in_the_cache_is_not_asked_for_again(tmp_path):
    hub = Hub(tmp_path, cached=["model.safetensors"])
    said = []
    assert fetch(MODEL, said.append, hub.download) == tmp_path
    assert hub.calls == [("somebody/whisper", "0123abc", True)]
    assert said == []


def test_what_is_not_in_the_cache_is_fetched_once(tmp_path):
    hub = Hub(tmp_path, offered=["model.safetensors"])
    said = []
    fetch(MODEL, said.append, hub.download)
    assert len(hub.calls) == 2
    assert said == ["fetching somebody/whisper at 0123abc"]


def test_weights_of_the_old_kind_are_fetched_where_there_are_no_others(tmp_path):
    hub = Hub(tmp_path, offered=["config.json", "pytorch_model.bin"])
    fetch(MODEL, lambda text: None, hub.download)
    assert (tmp_path / "pytorch_model.bin").exists()


def test_without_the_hub_the_error_says_what_to_do(tmp_path):
    with pytest.raises(ModelMissing) as missing:
        fetch(MODEL, lambda text: None, Hub(tmp_path).download)
    assert "hf download somebody/whisper --revision 0123abc" in str(missing.value)
