from __future__ import annotations

import pytest

from kallglot.errors import ModelMissing, SettingsError
from kallglot.speech import catalogue, synthesisers
from kallglot.speech.catalogue import Mind, find, models
from kallglot.speech.engines import EngineCard
from kallglot.speech.hub import HubModel

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
