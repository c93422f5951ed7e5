"""Nemotron streaming on tiny models of the true classes, with random weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tokenizers import Tokenizer, decoders, models  # noqa: E402
from transformers import (  # noqa: E402
    Nemotron3_5AsrConfig,
    Nemotron3_5AsrForRNNT,
    Nemotron3_5AsrProcessor,
    NemotronAsrStreamingFeatureExtractor,
    ParakeetTokenizer,
)

from kallglot.speech.engines import Feed, Opening, VoiceRequest  # noqa: E402
from kallglot.speech.streaming import load_streaming  # noqa: E402
from kallglot.speech.transformers_nemotron import NemotronRecogniser  # noqa: E402
from kallglot.speech.wholes import load_ears  # noqa: E402

RATE_HZ = 16000
LETTERS = [f"▁{letter}" for letter in "abcdefghijklm"] + list("nopqrstuvwxyz")
BLANK = len(LETTERS) + 1


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A directory as the hub has it."""
    torch.manual_seed(3)
    encoder = {
        "model_type": "nemotron_asr_streaming_encoder",
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "num_mel_bins": 32,
        "subsampling_conv_channels": 8,
        "sliding_window": 15,
    }
    model = Nemotron3_5AsrForRNNT(
        Nemotron3_5AsrConfig(
            vocab_size=BLANK + 1,
            blank_token_id=BLANK,
            decoder_hidden_size=16,
            prompt_intermediate_size=16,
            encoder_config=encoder,
        )
    ).eval()
    for name, weights in model.named_parameters():
        if weights.dim() > 1 and not name.startswith("encoder."):
            torch.nn.init.normal_(weights, std=0.5)
    model.joint.head.bias.data[BLANK] = 1.0
    model.generation_config.decoder_start_token_id = BLANK
    model.generation_config.pad_token_id = 0
    vocabulary = {token: k for k, token in enumerate(["<pad>", *LETTERS, "<blank>"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<pad>"))
    tokenizer.decoder = decoders.Metaspace()
    fast = ParakeetTokenizer(tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<pad>")
    extractor = NemotronAsrStreamingFeatureExtractor(feature_size=32)
    processor = Nemotron3_5AsrProcessor(
        extractor,
        fast,
        supported_num_lookahead_tokens=[6, 1],
        prompt_dictionary={"de": 9, "auto": 3},
    )
    path = tmp_path_factory.mktemp("nemotron")
    model.save_pretrained(path)
    processor.save_pretrained(path)
    return path


@pytest.fixture
def engine(folder):
    return NemotronRecogniser.load(str(folder))


def sound(seconds: float, seed: int) -> bytes:
    noise = np.random.default_rng(seed).standard_normal(int(seconds * RATE_HZ))
    swell = 1 + np.sin(np.arange(len(noise)) / 900)
    return (noise * swell * 3000).astype(np.int16).tobytes()


def hear(engine, pcms: list[bytes], size: int, language: str | None = "de") -> list[str]:
    """What is committed of several turns that are fed side by side in pieces of a size."""
    said = [""] * len(pcms)
    for stream in range(len(pcms)):
        engine.open(stream, Opening(RATE_HZ, language))
    for at in range(0, max(map(len, pcms)), size):
        streams = [stream for stream, pcm in enumerate(pcms) if at < len(pcm)]
        feeds = [
            Feed(stream, pcms[stream][at : at + size], is_last=at + size >= len(pcms[stream]))
            for stream in streams
        ]
        for stream, answer in zip(streams, engine.step(feeds), strict=True):
            said[stream] = f"{said[stream]} {answer.committed}".strip()
    for stream in range(len(pcms)):
        engine.close(stream)
    return said


def test_pushed_sound_is_written_as_transformers_writes_pulled_sound(engine, folder):
    pcm = sound(3.0, seed=1)
    processor = Nemotron3_5AsrProcessor.from_pretrained(folder)
    processor.set_num_lookahead_tokens(6)
    samples = np.frombuffer(pcm, np.int16).astype(np.float32) / 32768

    def chunks():
        hop, half = processor.feature_extractor.hop_length, processor.feature_extractor.n_fft // 2
        done = 0
        while done * hop < len(samples):
            count = processor.num_mel_frames_per_audio_chunk
            if not done:
                count = processor.num_mel_frames_first_audio_chunk
            start, end = max(0, done * hop - half), (done + count - 1) * hop + half
            part = np.pad(samples[start:end], (0, max(0, end - len(samples))))
            mels = processor.feature_extractor(
                part, sampling_rate=RATE_HZ, center=not done, return_tensors="pt"
            )
            yield mels.input_features[:, :count]
            done += count

    wanted = engine._model.generate(
        input_features=chunks(),
        num_lookahead_tokens=6,
        prompt_ids=torch.tensor([9]),
        max_new_tokens=500,
    ).sequences[0]
    tokens = [token for token in wanted.tolist() if token not in (BLANK, 0)]
    assert len(tokens) > 5
    written = processor.tokenizer.decode(tokens, group_tokens=False).split()
    assert hear(engine, [pcm], 3200)[0].split() == written


def test_voices_of_any_age_together_are_heard_as_each_alone(engine):
    pcms = [sound(4.0, 1), sound(2.3, 2), sound(3.1, 3)]
    alone = [hear(engine, [pcm], 9600)[0] for pcm in pcms]
    assert hear(engine, pcms, 9600) == alone
    assert len({*alone}) == 3


def test_a_voice_that_joins_late_changes_nothing(engine):
    first, second = sound(4.0, 1), sound(2.0, 2)
    alone = [hear(engine, [pcm], 9600)[0] for pcm in (first, second)]
    said = {1: "", 2: ""}
    engine.open(1, Opening(RATE_HZ, "de"))
    for at in range(0, len(first), 9600):
        feeds = [Feed(1, first[at : at + 9600], is_last=at + 9600 >= len(first))]
        late = at - 4 * 9600
        if late == 0:
            engine.open(2, Opening(RATE_HZ, "de"))
        if 0 <= late < len(second):
            piece = second[late : late + 9600]
            feeds.append(Feed(2, piece, is_last=late + 9600 >= len(second)))
        for feed, answer in zip(feeds, engine.step(feeds), strict=True):
            said[feed.stream] = f"{said[feed.stream]} {answer.committed}".strip()
    assert [said[1], said[2]] == alone


@pytest.mark.parametrize("size", [1000, 5000, 200000])
def test_how_the_sound_is_cut_makes_no_difference(engine, size):
    pcm = sound(2.7, 4)
    assert hear(engine, [pcm], size) == hear(engine, [pcm], 9600)


def test_the_language_is_told_to_the_model(engine):
    pcm = sound(3.0, 5)
    assert hear(engine, [pcm], 9600, "de") != hear(engine, [pcm], 9600, None)


def test_a_language_that_is_only_expected_is_not_told_to_the_model(engine):
    pcm = sound(3.0, 5)
    for stream, candidates in enumerate([("de",), ("de", "en"), ()]):
        engine.open(stream, Opening(RATE_HZ, None, candidates))
    answers = engine.step([Feed(stream, pcm, is_last=True) for stream in range(3)])
    assert len({answer.committed for answer in answers}) == 1
    # Nor does it guess what the model did not tell.
    assert [answer.language_confidence for answer in answers] == [0.0, 0.0, 0.0]


def test_the_kind_of_model_is_known_by_its_directory(folder):
    assert isinstance(load_streaming(str(folder)), NemotronRecogniser)


def test_the_ears_of_a_server_are_one_model_that_listens_to_turns_and_to_wholes(folder):
    ears = load_ears(str(folder), None, "cpu")
    pcm = sound(2.0, 6)
    (said,) = hear(ears.transcriber, [pcm], 3200)
    (whole,) = ears.recogniser.recognise([VoiceRequest(pcm, RATE_HZ, "de")])
    assert whole.text == said != ""
    assert ears.recogniser.card == ears.transcriber.card


def test_telephone_sound_is_heard_to_its_end(engine):
    engine.open(1, Opening(8000, "de"))
    (answer,) = engine.step([Feed(1, bytes(8000), is_last=True)])
    assert answer.is_final
    assert answer.heard == pytest.approx(0.5)
