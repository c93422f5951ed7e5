"""The engine on a tiny model of the true class, with random weights, saved and loaded."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from transformers import VitsConfig, VitsModel, VitsTokenizer  # noqa: E402

from kallglot.errors import EngineError, ModelMissing  # noqa: E402
from kallglot.speech.engines import SpeechRequest  # noqa: E402
from kallglot.speech.transformers_synthesiser import VitsSynthesiser  # noqa: E402

LETTERS = "_ abcdefghijklmnopqrstuvwxyzäöü"
SENTENCE = "Guten Tag, mein Name ist Mara Lindner. Ich möchte gern einen Termin bei Ihnen."


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def save(directory, *, speakers=1, rate_hz=16000, **options):
    """Write what a model's directory has in it, as the hub has it."""
    torch.manual_seed(1)
    config = VitsConfig(
        vocab_size=len(LETTERS) + 1,
        hidden_size=16,
        num_hidden_layers=1,
        ffn_dim=16,
        flow_size=8,
        spectrogram_bins=9,
        upsample_initial_channel=16,
        upsample_rates=[8, 8],
        upsample_kernel_sizes=[16, 16],
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1, 3]],
        prior_encoder_num_flows=1,
        prior_encoder_num_wavenet_layers=1,
        posterior_encoder_num_wavenet_layers=1,
        duration_predictor_num_flows=1,
        duration_predictor_filter_channels=16,
        depth_separable_num_layers=1,
        num_speakers=speakers,
        speaker_embedding_size=4 if speakers > 1 else 0,
        sampling_rate=rate_hz,
    )
    model = VitsModel(config)
    with torch.no_grad():
        # Random weights know no tempo: a few frames for every letter.
        for name, weight in model.duration_predictor.named_parameters():
            if name.endswith("translate"):
                weight.fill_(-1.0)
    model.save_pretrained(directory)
    (directory / "vocab.json").write_text(
        json.dumps({letter: number for number, letter in enumerate(LETTERS)}), encoding="utf-8"
    )
    settings = {"language": "deu", "phonemize": False, "pad_token": "_", **options}
    VitsTokenizer(directory / "vocab.json", **settings).save_pretrained(directory)
    return directory


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return save(tmp_path_factory.mktemp("models") / "mms-tts-deu")


@pytest.fixture(scope="module")
def vits(directory):
    return VitsSynthesiser.load(str(directory))


def say(vits, text=SENTENCE, rate_hz=8000, voice=None, language="de"):
    request = SpeechRequest(text, language, rate_hz, voice)
    return list(vits.synthesise(request, lambda: False))


def pcm(chunks):
    return b"".join(chunk.pcm for chunk in chunks)


def test_the_first_clause_is_heard_before_the_others_are_made(vits):
    chunks = say(vits)
    assert [chunk.is_last for chunk in chunks] == [False, False, False, True]
    assert all(chunk.pcm for chunk in chunks[:3])


def test_it_speaks_at_the_rate_that_is_asked_for(vits):
    low, high = (len(pcm(say(vits, rate_hz=rate_hz))) for rate_hz in (8000, 24000))
    assert high == pytest.approx(3 * low, abs=6)


def test_the_same_sentence_sounds_the_same_and_leaves_others_their_chance(vits):
    torch.manual_seed(7)
    first = pcm(say(vits))
    drawn = torch.rand(1)
    say(vits, "Etwas ganz anderes.")
    assert pcm(say(vits)) == first
    torch.manual_seed(7)
    assert torch.rand(1) == drawn
    assert pcm(say(vits, SENTENCE + " Danke.")) != first


def test_it_is_as_loud_as_the_telephone_likes_it(vits):
    sound = np.frombuffer(pcm(say(vits, "guten morgen", rate_hz=16000)), np.int16) / 32768
    frames = sound[: len(sound) // 320 * 320].reshape(-1, 320)
    power = np.mean(frames**2, axis=1)
    assert -23 < 10 * np.log10(np.mean(power[power > power.max() / 1000])) < -17
    assert np.abs(sound).max() < 1


def test_what_nobody_wants_to_hear_is_not_made(vits):
    asked = []

    def is_cancelled():
        asked.append(True)
        return len(asked) > 2

    chunks = list(vits.synthesise(SpeechRequest(SENTENCE, "de", 8000), is_cancelled))
    assert len(chunks) == 1
    assert not chunks[0].is_last
    assert len(asked) == 3


def test_nothing_to_say_is_said_quickly(vits):
    for text in ("", "  ", "...", "—"):
        assert pcm(say(vits, text)) == b""
        assert say(vits, text)[-1].is_last


def test_a_sentence_with_a_number_is_refused_as_a_whole(vits):
    with pytest.raises(EngineError, match="no sound for something") as refusal:
        say(vits, "Guten Tag. Wir sehen uns um 14 Uhr.")
    assert "14" not in str(refusal.value)
    with pytest.raises(EngineError):
        say(vits, "Здравствуйте")


def test_letters_of_neighbours_are_said_by_their_plain_forms(vits):
    assert pcm(say(vits, "das café in der straße")) == pcm(say(vits, "Das Cafe in der Strasse"))


def test_its_language_has_two_letters_and_its_licence_is_told(vits, directory):
    assert vits.card.languages == ("de",)
    assert vits.card.name == "mms-tts-deu"
    assert vits.card.licence == "CC-BY-NC-4.0"
    assert "may not be used commercially" in vits.card.notice
    assert "synthetic" in vits.card.notice
    assert vits.voices("de-AT") == ("0",)
    assert vits.voices("en") == ()
    with pytest.raises(EngineError, match="does not speak 'en'"):
        say(vits, language="en")


def test_what_lies_beside_the_model_is_believed_more_than_its_kind(tmp_path):
    save(tmp_path, language=None)
    with pytest.raises(ModelMissing, match=r"language must be named in kallglot\.json"):
        VitsSynthesiser.load(str(tmp_path))
    (tmp_path / "kallglot.json").write_text('{"languages": ["nds"], "name": "plattdüütsch"}')
    (tmp_path / "README.md").write_text("---\nlanguage: nds\nlicense: cc0-1.0\n---\n# Voice\n")
    card = VitsSynthesiser.load(str(tmp_path)).card
    assert (card.name, card.languages, card.licence) == ("plattdüütsch", ("nds",), "cc0-1.0")
    assert "commercially" not in card.notice


def test_speakers_are_voices_and_may_be_told_to_slow_down(tmp_path):
    vits = VitsSynthesiser.load(str(save(tmp_path, speakers=3, rate_hz=22050)))
    assert vits.voices("de") == ("0", "1", "2")
    first, second, unknown, foreign, slow = (
        pcm(say(vits, voice=voice)) for voice in (None, "1", "17", "de+f2", "0@0.5")
    )
    assert first == unknown == foreign
    assert first != second
    assert len(slow) > 1.2 * len(first)


@pytest.mark.skipif(importlib.util.find_spec("phonemizer") is not None, reason="it is installed")
def test_a_model_that_speaks_from_phonemes_says_what_to_install(tmp_path):
    with pytest.raises(ModelMissing, match="pip install phonemizer"):
        VitsSynthesiser.load(str(save(tmp_path, phonemize=True)))


@pytest.mark.skipif(importlib.util.find_spec("uroman") is not None, reason="it is installed")
def test_a_model_of_another_script_says_what_to_install(tmp_path):
    with pytest.raises(ModelMissing, match="pip install uroman"):
        VitsSynthesiser.load(str(save(tmp_path, is_uroman=True)))


def test_another_script_is_spelt_before_it_is_said(vits):
    spelling = VitsSynthesiser(vits._model, vits._tokenizer, vits.card, {"да": "da"}.__getitem__)
    assert pcm(say(spelling, "Да")) == pcm(say(vits, "da"))


def test_a_model_that_cannot_speak_is_named_for_what_it_is(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "whisper"}')
    with pytest.raises(ModelMissing, match="of the kind whisper"):
        VitsSynthesiser.load(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "vits"}')
    with pytest.raises(ModelMissing, match="not the whole of a VITS model"):
        VitsSynthesiser.load(str(tmp_path))
    save(tmp_path, rate_hz=20000)
    with pytest.raises(ModelMissing, match="20000 Hz"):
        VitsSynthesiser.load(str(tmp_path))
