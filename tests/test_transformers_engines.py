"""The engines on tiny models of the true classes, with random weights, saved and loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice
from pathlib import Path
from random import Random

import attrs
import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: E402
from transformers import (  # noqa: E402
    MarianConfig,
    MarianMTModel,
    PreTrainedTokenizerFast,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
)

from kallglot import speech  # noqa: E402
from kallglot.speech import calibration  # noqa: E402
from kallglot.speech.calibration import Calibration, Evidence  # noqa: E402
from kallglot.speech.engines import TextRequest, VoiceRequest  # noqa: E402
from kallglot.speech.training import grammar, telephone  # noqa: E402
from kallglot.speech.transformers_recogniser import WhisperRecogniser  # noqa: E402
from kallglot.speech.transformers_translator import MarianTranslator  # noqa: E402
from kallglot.speech.whisper_decoding import Decoder  # noqa: E402
from kallglot.speech.whisper_encoding import Encoder  # noqa: E402

DEMO = Path(speech.__file__).parent / "demo"

CONTROLS = [
    "<|startoftranscript|>",
    "<|en|>",
    "<|de|>",
    "<|fr|>",
    "<|transcribe|>",
    "<|nospeech|>",
    "<|notimestamps|>",
]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _whisper(directory: Path) -> Path:
    torch.manual_seed(5)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate(alphabet)}
    tokenizer = WhisperTokenizer(vocab=vocabulary, merges=[])
    tokenizer.add_special_tokens({"additional_special_tokens": CONTROLS})
    number = tokenizer.convert_tokens_to_ids
    model = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=len(tokenizer),
            d_model=16,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            num_mel_bins=20,
            max_source_positions=50,
            max_target_positions=24,
            pad_token_id=number("<|endoftext|>"),
            bos_token_id=number("<|endoftext|>"),
            eos_token_id=number("<|endoftext|>"),
            decoder_start_token_id=number("<|startoftranscript|>"),
            suppress_tokens=[],
            begin_suppress_tokens=[],
            init_std=0.4,
        )
    )
    settings = model.generation_config
    settings.lang_to_id = {name: number(name) for name in CONTROLS[1:4]}
    settings.task_to_id = {"transcribe": number("<|transcribe|>")}
    settings.no_timestamps_token_id = number("<|notimestamps|>")
    settings.is_multilingual = True
    settings._from_model_config = False
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    WhisperFeatureExtractor(
        feature_size=20, sampling_rate=16000, hop_length=160, chunk_length=1, n_fft=400
    ).save_pretrained(directory)
    return directory


def _marian(directory: Path) -> Path:
    torch.manual_seed(6)
    pieces = ["</s>", "<unk>", "<pad>", ">>de<<", ">>en<<", "▁", *"abcdefghijklmnopqrstuvwxyz"]
    tokenizer = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=1))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    model = MarianMTModel(
        MarianConfig(
            vocab_size=len(pieces),
            d_model=16,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            pad_token_id=2,
            eos_token_id=0,
            decoder_start_token_id=2,
            forced_eos_token_id=None,
            max_position_embeddings=24,
            init_std=0.6,
        )
    )
    model.save_pretrained(directory)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", unk_token="<unk>", pad_token="<pad>"
    ).save_pretrained(directory)
    (directory / calibration.FILE_NAME).write_text(
        json.dumps({"name": "tiny", "languages": ["de", "en"], "notice": "a toy"})
    )
    return directory


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory: pytest.TempPathFactory) -> WhisperRecogniser:
    return WhisperRecogniser.load(str(_whisper(tmp_path_factory.mktemp("whisper"))))


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> MarianTranslator:
    return MarianTranslator.load(str(_marian(tmp_path_factory.mktemp("marian"))))


def _sound(seed: int, seconds: float = 0.8, rate_hz: int = 16000) -> VoiceRequest:
    samples = np.random.default_rng(seed).normal(0, 4000, int(seconds * rate_hz))
    return VoiceRequest(samples.astype(np.int16).tobytes(), rate_hz)


def test_a_batch_is_heard_as_its_sounds_are_heard_alone(recogniser: WhisperRecogniser) -> None:
    sounds = [_sound(seed, seconds) for seed, seconds in ((1, 0.9), (2, 0.3), (3, 0.6))]
    together = recogniser.hear(sounds)
    alone = [recogniser.hear([sound])[0] for sound in sounds]
    for one, other in zip(together, alone, strict=True):
        assert one.evidence.text == other.evidence.text
        assert one.language == other.language
        assert one.evidence.confidence == pytest.approx(other.evidence.confidence, rel=1e-3)


def test_an_elastic_window_is_a_window_too(recogniser: WhisperRecogniser) -> None:
    recogniser.limits = Calibration(is_window_elastic=True)
    sounds = [_sound(1, 0.4), _sound(2, 0.9), _sound(3, 0.45)]
    together = [hearing.evidence.text for hearing in recogniser.hear(sounds)]
    assert together == [recogniser.hear([sound])[0].evidence.text for sound in sounds]
    recogniser.limits = Calibration()


def test_no_sound_is_no_text(recogniser: WhisperRecogniser) -> None:
    empty = VoiceRequest(b"", 8000, language="de")
    tiny = VoiceRequest(b"\0\0" * 100, 8000)
    recognitions = recogniser.recognise([empty, _sound(1), tiny])
    assert [bool(one.text) for one in recognitions][::2] == [False, False]
    assert recognitions[0].language == "de"
    assert recogniser.recognise([]) == []


def test_a_known_language_is_not_guessed(recogniser: WhisperRecogniser) -> None:
    for language in ("de", "en", "fr"):
        asked = attrs.evolve(_sound(4), language=language)
        assert recogniser.recognise([asked])[0].language == language


@pytest.mark.parametrize("seed", range(6))
def test_another_language_than_the_candidates_is_taken_where_it_is_clearly_likelier(
    recogniser: WhisperRecogniser, seed: int
) -> None:
    (free,) = recogniser.recognise([_sound(seed)])
    for name, share in free.alternatives:
        (one,) = recogniser.recognise([attrs.evolve(_sound(seed), candidates=(name,))])
        is_clear = free.language_confidence > 4 * share
        assert one.language == (free.language if is_clear else name)
        expected = free.language_confidence if is_clear else share
        assert one.language_confidence == pytest.approx(expected, rel=1e-3)


def test_candidates_the_model_does_not_know_do_not_count(recogniser: WhisperRecogniser) -> None:
    known, both = (attrs.evolve(_sound(4), candidates=each) for each in (("fr",), ("xx", "fr")))
    one, other = recogniser.recognise([known, both])
    assert one.language == other.language


def test_of_a_language_that_is_given_it_is_told_what_else_it_sounds_like(
    recogniser: WhisperRecogniser,
) -> None:
    (one,) = recogniser.recognise([attrs.evolve(_sound(4), language="fr")])
    assert {"fr"}.isdisjoint(dict(one.alternatives))
    assert one.alternatives


def test_telephone_sound_is_brought_to_the_rate_of_the_model(
    recogniser: WhisperRecogniser,
) -> None:
    (one,) = recogniser.hear([_sound(5, rate_hz=8000)])
    assert 0 < one.evidence.confidence <= 1


def test_control_tokens_are_never_text(recogniser: WhisperRecogniser) -> None:
    for seed in range(5):
        assert "<|" not in recogniser.hear([_sound(seed)])[0].evidence.text


def test_what_a_model_is_not_sure_of_is_said_to_be_so(recogniser: WhisperRecogniser) -> None:
    recogniser.limits = Calibration(confidence=0.999)
    (one,) = recogniser.recognise([_sound(6)])
    assert not one.is_sure
    recogniser.limits = Calibration(no_speech=0.0, refusal=1.0, confidence=0.0)
    (one,) = recogniser.recognise([_sound(6)])
    assert one.text == ""
    recogniser.limits = Calibration()


def test_a_stock_model_gets_the_defaults(recogniser: WhisperRecogniser) -> None:
    assert recogniser.window == 1
    assert set(recogniser.card.languages) == {"de", "en", "fr"}
    assert recogniser.card.notice == ""


def test_the_decoding_is_the_one_of_transformers(recogniser: WhisperRecogniser) -> None:
    model = deepcopy(recogniser._model).float()
    samples = np.frombuffer(_sound(7).pcm, np.int16).astype(np.float32) / 32768
    features = recogniser._extractor(samples, sampling_rate=16000, return_tensors="pt")
    tokens = model.generate(features.input_features, language="de", task="transcribe")
    never = set(recogniser._tokenizer.all_special_ids)
    if not never & set(tokens[0].tolist()[:-1]):  # generate may say what we never would
        wanted = recogniser._tokenizer.decode(tokens[0], skip_special_tokens=True).strip()
        (one,) = recogniser.hear([attrs.evolve(_sound(7), language="de")])
        assert one.evidence.text.startswith(wanted[:4])


def test_a_batch_is_translated_as_its_texts_are_alone(translator: MarianTranslator) -> None:
    texts = ["guten tag", "a", "wie geht es ihnen"]
    requests = [TextRequest(text, "de", "en") for text in texts]
    together = translator.translate(requests)
    for one, request in zip(together, requests, strict=True):
        (alone,) = translator.translate([request])
        assert one.text == alone.text
        assert one.confidence == pytest.approx(alone.confidence, rel=1e-3)


def test_both_directions_share_a_model_and_a_batch(translator: MarianTranslator) -> None:
    assert translator.pairs() == {("de", "en"), ("en", "de")}
    there = TextRequest("abc", "de", "en")
    back = TextRequest("abc", "en", "de")
    assert [one.text for one in translator.translate([there, back])] == [
        translator.translate([there])[0].text,
        translator.translate([back])[0].text,
    ]


def test_nothing_is_translated_as_nothing(translator: MarianTranslator) -> None:
    (one, other) = translator.translate(
        [TextRequest("  ", "de", "en"), TextRequest("abc", "de", "en")]
    )
    assert (one.text, one.is_sure) == ("", True)
    assert 0 < other.confidence <= 1


def test_a_text_too_long_to_be_read_whole_is_not_to_be_spoken(
    translator: MarianTranslator,
) -> None:
    (one,) = translator.translate([TextRequest("abcdefgh " * 10, "de", "en")])
    assert not one.is_sure


def test_a_pair_the_model_has_not_is_an_error(translator: MarianTranslator) -> None:
    with pytest.raises(LookupError):
        translator.translate([TextRequest("abc", "de", "fr")])


def test_the_card_is_in_the_directory(translator: MarianTranslator) -> None:
    assert translator.card.name == "tiny"
    assert translator.card.notice == "a toy"


@pytest.mark.parametrize(
    ("evidence", "is_believed"),
    [
        (Evidence("", confidence=0.9, weakest=0.5, refusal=0.1), True),
        (Evidence("", confidence=0.7, weakest=0.5, refusal=0.1), False),
        (Evidence("", confidence=0.9, weakest=0.2, refusal=0.1), False),
        (Evidence("", confidence=0.9, weakest=0.5, refusal=0.3), False),
    ],
)
def test_each_threshold_can_refuse(evidence: Evidence, is_believed: bool) -> None:
    limits = Calibration(refusal=0.2, confidence=0.8, weakest=0.3)
    assert limits.believes(evidence) == is_believed


def test_the_demonstration_translates_what_it_was_never_shown() -> None:
    translator = MarianTranslator.load(str(DEMO / "translator"))
    sentences = list(islice(grammar.sentences(11, held_out=True), 30))
    for source, target in (("de", "en"), ("en", "de")):
        requests = [TextRequest(s.text(source), source, target) for s in sentences]
        texts = [translation.text for translation in translator.translate(requests)]
        right = sum(one == s.text(target) for one, s in zip(texts, sentences, strict=True))
        assert right >= 27


def test_the_demonstration_hears_speakers_it_never_heard_and_no_silence() -> None:
    voices = pytest.importorskip("kallglot.speech.training.voices")
    random = Random(12)
    espeak = voices.Espeak()
    recogniser = WhisperRecogniser.load(str(DEMO / "recogniser"))
    sentences = list(islice(grammar.sentences(13, held_out=True), 12))
    requests, wanted = [VoiceRequest(bytes(16000), 8000)], [""]
    for index, sentence in enumerate(sentences):
        language = ("de", "en")[index % 2]
        voice = voices.choose_voice(language, random, held_out=True)
        spoken = espeak.speak(sentence.text(language), attrs.evolve(voice, rate=165))
        speech = telephone.to_telephone_rate(spoken.samples, spoken.rate_hz)
        requests.append(VoiceRequest(telephone.mu_law(speech).tobytes(), 8000))
        wanted.append(sentence.text(language))
    heard = recogniser.recognise(requests)
    assert heard[0].text == ""
    assert [one.language for one in heard[1:]] == ["de", "en"] * 6
    assert sum(one.text == text for one, text in zip(heard[1:], wanted[1:], strict=True)) >= 8


def test_sounds_are_shown_as_by_the_extractor(recogniser: WhisperRecogniser) -> None:
    extractor = recogniser._extractor
    sounds = [np.frombuffer(_sound(k, 0.3 * k).pcm, np.int16) / np.float32(32768) for k in (1, 2)]
    wanted = extractor(sounds, sampling_rate=16000, max_length=12800, return_tensors="pt")
    shown = recogniser._bands.show(sounds, 80)
    assert torch.allclose(shown, wanted.input_features, atol=1e-4)


def test_the_encoder_is_the_one_of_transformers(recogniser: WhisperRecogniser) -> None:
    model = deepcopy(recogniser._model).float()
    whole = torch.randn(2, 20, 100)
    half = torch.randn(1, 20, 50)
    own = Encoder(model)
    wanted = model.model.encoder(whole).last_hidden_state.flatten(0, 1)
    both = own.encode([whole, half])
    assert both.lengths == (50, 50, 25)
    assert torch.allclose(both.states[:100], wanted, atol=1e-5)
    assert torch.allclose(both.states[100:], own.encode([half]).states, atol=1e-5)


def test_the_decoder_is_the_one_of_transformers_though_rows_leave_it(
    recogniser: WhisperRecogniser,
) -> None:
    model = deepcopy(recogniser._model).float()
    encoded = Encoder(model).encode([torch.randn(2, 20, 100), torch.randn(1, 20, 60)])
    tokens = torch.randint(0, 200, (3, 6))
    own = Decoder(model)
    memory = own.begin(encoded)
    first = own.step(tokens[:, :3], memory)
    memory.keep([0, 2])
    rest = [own.step(tokens[[0, 2], k : k + 1], memory) for k in range(3, 6)]
    said = torch.cat([first[[0, 2]], *rest], 1)
    for row, states in ((0, encoded.states[:50]), (2, encoded.states[100:])):
        wanted = model.model.decoder(tokens[row : row + 1], encoder_hidden_states=states[None])
        assert torch.allclose(said[row // 2], wanted.last_hidden_state[0], atol=1e-5)
