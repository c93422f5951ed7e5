from __future__ import annotations

import errno

import pytest

from kallglot.errors import ModelMissing
from kallglot.speech.hub import OLD_WEIGHTS, HubModel, Tally, fetch, name_of

errors = pytest.importorskip("huggingface_hub.errors")

MODEL = HubModel("somebody/whisper", "0123abc")


class Hub:
    """The hub, or what is left of it: what is cached, what could be had, and what goes wrong."""

    def __init__(self, folder, cached=(), offered=(), troubles=()):
        self.folder = folder
        self.cached = cached
        self.offered = offered
        self.troubles = list(troubles)
        self.calls = []

    def download(self, name, *, revision, allow_patterns, local_files_only=False, tqdm_class=None):
        self.calls.append((name, revision, local_files_only))
        if local_files_only and not self.cached:
            raise FileNotFoundError("not in the cache")
        if not local_files_only:
            self.send(tqdm_class)
        for name in self.cached if local_files_only else self.offered:
            if name.endswith(".bin") and OLD_WEIGHTS[0] not in allow_patterns:
                continue
            (self.folder / name).touch()
        return str(self.folder)

    def send(self, tqdm_class):
        """Drive the bars as `snapshot_download` does."""
        if not self.offered:
            raise self.troubles.pop(0) if self.troubles else OSError("no route to hub")
        written = bars(tqdm_class)[1]
        with tqdm_class(total=len(self.offered), desc="Fetching files") as files:
            written.total += 2_000_000
            written.refresh()
            written.update(500_000)
            if self.troubles:
                raise self.troubles.pop(0)
            written.update(1_500_000)
            files.update(1)
        written.set_description("Reconstruction complete")


def bars(tqdm_class):
    options = {"total": 0, "initial": 0, "unit": "B", "unit_scale": True}
    return [tqdm_class(desc=desc, **options) for desc in ("Downloading bytes", "Reconstructing")]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def said():
    return []


def refusal(kind):
    """An error as the hub's library raises it for an answer of the hub."""
    return getattr(errors, kind).__new__(getattr(errors, kind))


def test_what_is_in_the_cache_is_not_asked_for_again(tmp_path, said):
    hub = Hub(tmp_path, cached=["model.safetensors"])
    assert fetch(MODEL, said.append, hub.download) == tmp_path
    assert hub.calls == [("somebody/whisper", "0123abc", True)]
    assert said == []


def test_what_is_not_in_the_cache_is_fetched_once_and_one_sees_it_come(tmp_path, said):
    hub = Hub(tmp_path, offered=["model.safetensors"])
    fetch(MODEL, said.append, hub.download)
    assert len(hub.calls) == 2
    assert said == [
        "fetching somebody/whisper at 0123abc",
        "fetching somebody/whisper: 0.5 MB of 2.0 MB, 25 %",
    ]


def test_progress_is_said_once_a_second_and_more_rarely_when_nothing_comes(said):
    clock = Clock()
    transfer, written = bars(Tally("m", said.append, clock).bar_class())
    transfer.total = written.total = 2_000_000_000
    for _ in range(20):  # five seconds, half a percent each quarter of a second
        transfer.update(10_000_000)
        clock.now += 0.25
    assert len(said) == 5
    assert said[-1] == "fetching m: 170.0 MB of 2.00 GB, 8 %"
    for _ in range(20):  # a trickle
        transfer.update(1)
        clock.now += 1
    assert len(said) == 7


def test_it_counts_what_is_written_where_nothing_is_said_of_what_comes(said):
    clock = Clock()
    transfer, written = bars(Tally("m", said.append, clock).bar_class())
    written.update(3_000_000)
    assert said == ["fetching m: 3.0 MB"]
    transfer.total = 13_000_000  # the library lets it grow beyond what is to come
    written.total = 12_000_000
    clock.now = 2.0
    transfer.update(9_000_000)
    written.update(9_000_000)
    assert said[-1] == "fetching m: 9.0 MB of 12.0 MB, 75 %"


def test_a_download_that_breaks_off_goes_on(tmp_path, said):
    broken = [ConnectionError(), ConnectionError()]
    hub = Hub(tmp_path, offered=["model.safetensors"], troubles=broken)
    assert fetch(MODEL, said.append, hub.download) == tmp_path
    assert said.count("fetching somebody/whisper broke off after 0.5 MB, going on") == 2
    hub.troubles = [ConnectionError() for _ in range(9)]
    with pytest.raises(ModelMissing, match="could not be fetched"):
        fetch(
            MODEL, said.append, Hub(tmp_path / "x", offered=["a"], troubles=hub.troubles).download
        )


def test_weights_of_the_old_kind_are_fetched_where_there_are_no_others(tmp_path, said):
    hub = Hub(tmp_path, offered=["config.json", "pytorch_model.bin"])
    fetch(MODEL, said.append, hub.download)
    assert (tmp_path / "pytorch_model.bin").exists()


def test_without_the_hub_the_error_says_what_to_do_at_once(tmp_path, said):
    hub = Hub(tmp_path)
    with pytest.raises(ModelMissing) as missing:
        fetch(MODEL, said.append, hub.download)
    assert "hf download somebody/whisper --revision 0123abc" in str(missing.value)
    assert len(hub.calls) == 2


@pytest.mark.parametrize(
    ("trouble", "remedy"),
    [
        (refusal("GatedRepoError"), "accept its terms: do so at https://huggingface.co/somebody"),
        (refusal("RepositoryNotFoundError"), "correct its name, or set HF_TOKEN"),
        (refusal("RevisionNotFoundError"), "no revision 0123abc: choose one at https://"),
        (OSError(errno.ENOSPC, "No space left on device"), "set HF_HOME to a directory on another"),
    ],
    ids=["gated", "unknown", "revision", "full"],
)
def test_each_refusal_has_its_remedy(tmp_path, said, trouble, remedy):
    with pytest.raises(ModelMissing, match=remedy):
        fetch(MODEL, said.append, Hub(tmp_path, troubles=[trouble]).download)


def test_a_model_is_called_by_its_name_wherever_it_lies(tmp_path):
    cached = tmp_path / "models--facebook--mms-tts-deu" / "snapshots" / "0123abc"
    cached.mkdir(parents=True)
    assert name_of(str(cached)) == "facebook/mms-tts-deu"
    assert name_of(str(tmp_path)) == tmp_path.name
    assert name_of("facebook/mms-tts-deu") == "facebook/mms-tts-deu"


def test_a_translator_of_the_hub_is_known_by_its_name_where_the_cache_keeps_it(tmp_path):
    cached = tmp_path / "models--Helsinki-NLP--opus-mt-de-en" / "snapshots" / "0123abc"
    cached.mkdir(parents=True)
    assert name_of(str(cached)) == "Helsinki-NLP/opus-mt-de-en"
