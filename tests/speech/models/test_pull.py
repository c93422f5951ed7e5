from __future__ import annotations

import errno
import json
import multiprocessing
import resource
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from kallglot.errors import ModelMissing
from kallglot.speech import calibration
from kallglot.speech.models import pull as pulling
from kallglot.speech.models.entries import catalogue
from kallglot.speech.models.lock import Lock
from kallglot.speech.models.pull import MARGIN, permitted, plan, wanted
from kallglot.speech.models.remote import RemoteFile
from kallglot.speech.models.shelf import Shelf, State
from tests.fakes.hub import FIRST, SECOND, FakeHub, model, weights

BASE = catalogue().find("acft-whisper-base")
ID = "futo-org/acft-whisper-base"


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "models")


@pytest.fixture
def hub():
    hub = FakeHub()
    hub.offer(ID)
    return hub


def pull(shelf, hub, **options):
    return pulling.pull(plan(BASE, shelf, hub), shelf, hub, free=lambda _: 1 << 40, **options)


def test_only_what_is_read_is_fetched(shelf, hub):
    place = pull(shelf, hub)
    names = {path.name for path in place.iterdir()}
    assert names == {
        "README.md",
        "config.json",
        "kallglot.json",
        "model.safetensors",
        "tokenizer.json",
    }
    assert (place / "model.safetensors").read_bytes() == weights()
    assert shelf.state(BASE.name) is State.INSTALLED


def test_the_model_says_what_it_is(shelf, hub):
    about = calibration.read(str(pull(shelf, hub)))
    assert about == calibration.Calibration(
        name=BASE.name, revision=FIRST, licence=BASE.licence, is_window_elastic=True
    )


def test_main_is_asked_for_once_and_its_commit_used_ever_after(shelf, hub):
    pull(shelf, hub)
    shelf.remove(BASE.name)
    hub.offer(ID, model(128), SECOND)
    pull(shelf, hub)
    assert hub.looked == [(ID, "main"), (ID, FIRST)]
    assert shelf.lock().models[BASE.name].revision == FIRST
    pulling.pull(plan(BASE, shelf, hub, is_update=True), shelf, hub, free=lambda _: 1 << 40)
    assert shelf.lock().models[BASE.name].revision == SECOND
    assert (shelf.place(BASE.name) / "model.safetensors").read_bytes() == weights(128)
    assert shelf.verify(BASE.name) == []


def test_a_commit_may_be_chosen_by_hand(shelf, hub):
    hub.offer(ID, model(128), SECOND)
    assert plan(BASE, shelf, hub, FIRST).revision == FIRST


def test_what_is_here_is_not_fetched_again(shelf, hub):
    pull(shelf, hub)
    hub.sent.clear()
    pull(shelf, hub)
    assert hub.sent == []


def test_a_damaged_model_is_mended(shelf, hub):
    place = pull(shelf, hub)
    (place / "model.safetensors").write_bytes(weights()[:-1])
    pull(shelf, hub)
    assert shelf.verify(BASE.name) == []


def test_an_interrupted_pull_goes_on_within_the_file(shelf, hub):
    hub.sends = 0
    hub.troubles = [ConnectionError()]  # at once: nothing came, so it is not taken up again
    with pytest.raises(ModelMissing, match="goes on where it stopped"):
        pull(shelf, hub)
    assert shelf.state(BASE.name) is State.PARTIAL
    hub.sends, hub.troubles = 20, [ConnectionError()]
    pull(shelf, hub)
    sent = [count for path, count in hub.sent if path == "config.json"]
    assert sent == [0, 20, len(model()["config.json"]) - 20]
    assert shelf.verify(BASE.name) == []


def test_the_revision_survives_an_interrupted_pull(shelf, hub):
    hub.sends, hub.troubles = 0, [ConnectionError()]
    with pytest.raises(ModelMissing):
        pull(shelf, hub)
    hub.offer(ID, model(128), SECOND)
    assert plan(BASE, shelf, hub).revision == FIRST


def test_another_revision_does_not_go_on_with_this_ones_files(shelf, hub):
    hub.sends, hub.troubles = 20, [ConnectionError()] * 9
    with pytest.raises(ModelMissing):
        pull(shelf, hub)
    hub.troubles = []
    hub.offer(ID, model(128), SECOND)
    assert plan(BASE, shelf, hub, SECOND).here == {}
    assert plan(BASE, shelf, hub).here != {}


def test_every_byte_is_counted_once(shelf, hub):
    counts = {}
    hub.sends, hub.troubles = 7, [ConnectionError()]

    def moved(path, count):
        counts[path] = counts.get(path, 0) + count

    made = plan(BASE, shelf, hub)
    pulling.pull(made, shelf, hub, moved, free=lambda _: 1 << 40)
    assert counts == {file.path: file.size for file in made.files}


@pytest.mark.parametrize("path", ["model.safetensors", "config.json"])
def test_what_is_not_what_the_hub_promised_is_not_installed(shelf, hub, path):
    content = model()[path]
    hub.forged[path] = content[:-1] + bytes([content[-1] ^ 1])
    with pytest.raises(ModelMissing, match=f"something else for {path}"):
        pull(shelf, hub)
    assert shelf.state(BASE.name) is not State.INSTALLED
    assert not (shelf.partial(BASE.name) / path).exists()
    assert [name for name, _ in hub.sent].count(path) == 2


def test_without_room_nothing_is_begun(shelf, hub):
    made = plan(BASE, shelf, hub)
    with pytest.raises(ModelMissing, match=r"no room .*models\.folder"):
        pulling.pull(made, shelf, hub, free=lambda _: made.size + MARGIN - 1)
    assert shelf.state(BASE.name) is State.ABSENT
    assert hub.sent == []
    pulling.pull(made, shelf, hub, free=lambda _: made.size + MARGIN)


def test_a_disk_that_is_full_meanwhile_is_explained_and_leaves_no_half_model(shelf, hub):
    hub.troubles = [OSError(errno.ENOSPC, "No space left on device")]
    with pytest.raises(ModelMissing, match=r"no room .*kallglot models remove acft-whisper-base"):
        pull(shelf, hub)
    assert shelf.installed() == []
    pull(shelf, hub)
    assert shelf.installed() == [BASE.name]


def pull_with_room(folder: Path, hub: FakeHub, size: int, said: Connection) -> None:
    """Pull where no file can be larger; for a process of its own."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        pull(Shelf(folder), hub)
        said.send("")
    except ModelMissing as error:
        said.send(str(error))


@pytest.fixture
def pull_in(shelf, hub):
    """Pull into files of so many bytes at most; returns the complaint."""

    def pull_in(size: int) -> str:
        spawning = multiprocessing.get_context("spawn")
        ours, theirs = spawning.Pipe()
        child = spawning.Process(target=pull_with_room, args=(shelf.folder, hub, size, theirs))
        child.start()
        said = ours.recv() if ours.poll(30) else "nothing"
        child.join()
        return said

    return pull_in


def test_what_came_before_the_disk_was_full_is_not_fetched_again(shelf, hub, pull_in):
    hub.offer(ID, model(10_000))
    assert "there is no room for acft-whisper-base" in pull_in(4096)
    assert shelf.installed() == []
    assert shelf.state(BASE.name) is State.PARTIAL
    pull(shelf, hub)
    assert ("model.safetensors", len(weights(10_000)) - 4096) in hub.sent
    assert shelf.verify(BASE.name) == []


def test_a_disk_that_is_full_at_the_very_end_costs_nothing_but_another_try(
    shelf, hub, pull_in, tmp_path
):
    elsewhere = Shelf(tmp_path / "elsewhere")
    pull(elsewhere, hub)
    hub.sent.clear()
    lock = (elsewhere.folder / "models.lock").stat().st_size
    assert "there is no room for acft-whisper-base" in pull_in(lock - 1)
    assert shelf.installed() == []
    pull(shelf, hub)
    assert hub.sent == []
    assert shelf.verify(BASE.name) == []


def test_a_folder_that_cannot_be_written_is_explained(shelf, hub):
    hub.troubles = [PermissionError(errno.EACCES, "no")]
    with pytest.raises(ModelMissing, match=r"set models\.folder"):
        pull(shelf, hub)


def test_two_pulls_do_not_mix(shelf, hub):
    made = plan(BASE, shelf, hub)
    with shelf.alone(), pytest.raises(ModelMissing, match="another command"):
        pulling.pull(made, shelf, hub)


def test_a_hub_that_is_away_is_explained(shelf):
    with pytest.raises(ModelMissing, match="could not be fetched"):
        plan(BASE, shelf, FakeHub())


def test_a_hub_that_names_no_commit_is_not_trusted(shelf, hub):
    hub.offer(ID, model(), "main")
    with pytest.raises(ModelMissing, match="does not say which commit"):
        plan(BASE, shelf, hub)


def test_what_is_built_in_is_not_pulled(shelf, hub):
    with pytest.raises(ModelMissing, match="is not pulled"):
        plan(catalogue().find("espeak-ng"), shelf, hub)


@pytest.mark.parametrize("lacks", ["config.json", "model.safetensors"])
def test_a_repository_without_a_model_is_refused(shelf, hub, lacks):
    files = {"config.json": b"{}", "model.safetensors": weights()}
    del files[lacks]
    hub.offer(ID, files)
    with pytest.raises(ModelMissing, match=r"has no config\.json and weights"):
        plan(BASE, shelf, hub)


def test_licences_that_are_not_for_everybody_must_be_accepted():
    voice = catalogue().find("mms-tts-deu")
    with pytest.raises(ModelMissing, match=r"--accept-licence CC-BY-NC-4\.0"):
        permitted(voice, Lock())
    with pytest.raises(ModelMissing):
        permitted(voice, Lock(), ["CC-BY-4.0"])
    assert permitted(voice, Lock(), ["CC-BY-NC-4.0"])
    assert permitted(voice, Lock().with_licence("mms-tts-deu", "CC-BY-NC-4.0"))
    assert permitted(BASE, Lock())


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        (
            "model.safetensors model-00001-of-00002.safetensors pytorch_model.bin",
            "model.safetensors",
        ),
        (
            "model-1-of-2.safetensors model-2-of-2.safetensors model.safetensors.index.json",
            "model-1-of-2.safetensors model-2-of-2.safetensors model.safetensors.index.json",
        ),
        ("model.safetensors model.fp32-1-of-2.safetensors", "model.safetensors"),
        ("pytorch_model.bin pytorch_model.bin.index.json tf_model.h5", "pytorch_model.bin"),
        (
            "vocab.json source.spm target.spm x/config.json ../x.json",
            "vocab.json source.spm target.spm",
        ),
        ("model.gguf flax_model.msgpack rust_model.ot", ""),
    ],
)
def test_each_weight_is_wanted_once(offered, taken):
    files = [RemoteFile(name, 1) for name in offered.split()]
    assert [file.path for file in wanted(files)] == taken.split()


def test_the_lock_tells_every_file(shelf, hub):
    pull(shelf, hub)
    text = json.loads((shelf.folder / "models.lock").read_text())
    files = text["models"][BASE.name]["files"]
    assert [file["path"] for file in files] == sorted(file["path"] for file in files)
    assert all(len(file["sha256"]) == 64 and file["size"] for file in files)
