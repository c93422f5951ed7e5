from __future__ import annotations

import pytest

from kallglot.config import Settings
from kallglot.errors import ModelMissing, SettingsError
from kallglot.speech import catalogue, synthesisers
from kallglot.speech.catalogue import Mind, find, models, settle
from kallglot.speech.engines import EngineCard
from kallglot.speech.hub import HubModel
from kallglot.speech.models.lock import Locked, LockedFile
from kallglot.speech.models.shelf import Shelf
from tests.fakes.hub import FIRST, weights

MODEL = HubModel("somebody/whisper", "0123abc")


@pytest.fixture
def model(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


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


def test_what_speaks_may_be_named_for_each_language():
    assert models("espeak-ng") == models("demo") == []
    assert models("./mara, owner/mms-tts-fra@0123abc,espeak-ng") == [
        "./mara",
        "owner/mms-tts-fra@0123abc",
    ]
    with pytest.raises(SettingsError, match="or 'espeak-ng'"):
        find("a pleasant voice", "synthesiser")


class Known:
    """A translator or a synthesiser of a few languages."""

    def __init__(self, *languages):
        self.card = EngineCard("known", languages)

    def pairs(self):
        return frozenset((a, b) for a in self.card.languages for b in self.card.languages if a != b)

    def voices(self, language):
        return ("0",) if language in self.card.languages else ()


def test_what_no_chosen_model_speaks_is_said_at_the_start(caplog):
    own, espeak = Known("de"), Known("de", "en")
    mind = Mind(Known(), Known("de", "en", "tlh"), synthesisers.together([own, espeak]))
    catalogue._warn_of_other_voices(mind, [own])
    assert [record.message for record in caplog.records] == [
        "no model of speech.synthesiser speaks en: espeak-ng does",
        "no model of speech.synthesiser speaks tlh: it stays unspoken",
    ]


@pytest.fixture
def shelf(tmp_path):
    """A folder of pulled models."""
    shelf = Shelf(tmp_path / "models")
    for name in ("acft-whisper-base", "opus-mt-de-en", "opus-mt-en-de"):
        shelf.place(name).mkdir(parents=True)
        (shelf.place(name) / "config.json").write_text("{}")
        (shelf.place(name) / "model.safetensors").write_bytes(weights())
        shelf.keep(name, Locked("owner/" + name, FIRST, (LockedFile("config.json", 2),)))
    return shelf


def test_a_pulled_model_is_found_by_its_name(shelf):
    found = find("acft-whisper-base", "recogniser", shelf.folder)
    assert found == shelf.place("acft-whisper-base")


@pytest.mark.parametrize("name", ["nemotron-3.5-asr-streaming-0.6b", "moonshine-streaming-tiny-de"])
def test_a_model_that_follows_turns_is_found_like_any_other(shelf, name):
    shelf.place("acft-whisper-base").rename(shelf.place(name))
    shelf.keep(name, Locked("owner/" + name, FIRST, (LockedFile("config.json", 2),)))
    assert settle({"recogniser": name}, shelf.folder)["recogniser"] == str(shelf.place(name))


def test_a_star_stands_for_all_that_were_pulled(shelf):
    settled = settle({"translator": "opus-mt-*", "synthesiser": "espeak-ng"}, shelf.folder)
    assert settled["synthesiser"] == "espeak-ng"
    assert settled["translator"].split(",") == [
        str(shelf.place("opus-mt-de-en")),
        str(shelf.place("opus-mt-en-de")),
    ]
    assert settle({"translator": "*"}, shelf.folder)["translator"] == settled["translator"]


def test_everything_that_must_be_pulled_is_in_one_command(tmp_path):
    choices = {"recogniser": "whisper-tiny", "translator": "opus-mt-de-en,demo"}
    with pytest.raises(ModelMissing, match="`kallglot models pull whisper-tiny opus-mt-de-en`"):
        settle(choices, tmp_path)
    with pytest.raises(ModelMissing, match=r"pull opus-mt-de-en opus-mt-en-de`, or the pairs"):
        settle({"translator": "opus-mt-*"}, tmp_path)


def test_a_half_pulled_model_is_not_used(shelf):
    shelf.place("opus-mt-de-en").rename(shelf.folder / "elsewhere")
    shelf.partial("opus-mt-de-en").mkdir(parents=True)
    with pytest.raises(ModelMissing, match="pull opus-mt-de-en"):
        settle({"translator": "opus-mt-de-en"}, shelf.folder)
    names = settle({"translator": "opus-mt-*"}, shelf.folder)["translator"]
    assert names == str(shelf.place("opus-mt-en-de"))


def test_a_model_is_chosen_for_what_it_is(shelf):
    with pytest.raises(SettingsError, match=r"speech\.translator is acft-whisper-base, which is a"):
        settle({"translator": "acft-whisper-base"}, shelf.folder)


def test_a_model_without_an_engine_is_refused_before_it_is_loaded(shelf):
    shelf.place("madlad400-3b").mkdir()
    with pytest.raises(ModelMissing, match="no engine yet"):
        settle({"translator": "madlad400-3b"}, shelf.folder)


def test_other_choices_are_left_as_they_are(shelf, model):
    choices = {
        "recogniser": "demo",
        "translator": f"{model}, owner/opus@0123abc",
        "synthesiser": "demo",
    }
    assert settle(choices, shelf.folder) == {
        "recogniser": "demo",
        "translator": f"{model},owner/opus@0123abc",
        "synthesiser": "demo",
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.safetensors", weights()[:-1]),
        ("model.safetensors", b"<html>sign in"),
        ("config.json", b'{"d_model": 51'),
    ],
)
def test_a_model_that_is_damaged_is_refused_with_the_file_and_a_remedy(shelf, name, content):
    place = shelf.place("acft-whisper-base")
    (place / name).write_bytes(content)
    with pytest.raises(ModelMissing, match=rf"{name} .*kallglot models verify acft-whisper-base"):
        catalogue._locate(str(place), "recogniser", print)


def test_the_demonstration_models_are_whole():
    for role in ("recogniser", "translator"):
        assert catalogue._locate("demo", role, print)[0].endswith(role)


SETTINGS_OF_CPU = '[speech]\nprofile = "cpu"\n'


@pytest.mark.parametrize(
    ("text", "variables", "chosen"),
    [
        ("", {}, ("demo", "demo", "demo", "cpu", 8)),
        (SETTINGS_OF_CPU, {}, ("acft-whisper-base", "opus-mt-*", "espeak-ng", "cpu", 8)),
        (
            SETTINGS_OF_CPU + 'recogniser = "whisper-small"\nrows = 2',
            {},
            ("whisper-small", "opus-mt-*", "espeak-ng", "cpu", 2),
        ),
        (
            SETTINGS_OF_CPU,
            {"KALLGLOT_SPEECH_PROFILE": "gpu", "KALLGLOT_SPEECH_DEVICE": "cuda:1"},
            ("whisper-large-v3-turbo", "opus-mt-*", "espeak-ng", "cuda:1", 32),
        ),
    ],
    ids=["default", "profile", "own choice wins", "environment wins"],
)
def test_a_profile_chooses_what_nobody_else_does(tmp_path, text, variables, chosen):
    path = tmp_path / "kallglot.toml"
    path.write_text(text)
    speech = Settings.load(path, variables).speech
    found = (speech.recogniser, speech.translator, speech.synthesiser, speech.device, speech.rows)
    assert found == chosen


def test_an_unknown_profile_is_explained():
    with pytest.raises(SettingsError, match="must be one of demo, cpu, gpu"):
        Settings.default(speech__profile="tpu")
