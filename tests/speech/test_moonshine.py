"""Moonshine on tiny models of the true classes, with random weights."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tokenizers import Tokenizer, decoders, models  # noqa: E402
from transformers import (  # noqa: E402
    MoonshineConfig,
    MoonshineForConditionalGeneration,
    MoonshineStreamingConfig,
    MoonshineStreamingForConditionalGeneration,
    PreTrainedTokenizerFast,
)

from kallglot.speech.engines import Feed, Opening, VoiceRequest  # noqa: E402
from kallglot.speech.streaming import LocalAgreement, load_streaming  # noqa: E402
from kallglot.speech.transformers_moonshine import RATE_HZ, MoonshineRecogniser  # noqa: E402
from kallglot.speech.wholes import load_ears  # noqa: E402

LETTERS = [f"▁{letter}" for letter in "abcdefghijklm"] + list("nopqrstuvwxyz")


def whole():
    return MoonshineForConditionalGeneration(
        MoonshineConfig(
            vocab_size=len(LETTERS) + 3,
            hidden_size=32,
            intermediate_size=32,
            encoder_num_hidden_layers=1,
            decoder_num_hidden_layers=1,
            encoder_num_attention_heads=2,
            decoder_num_attention_heads=2,
        )
    )


def streaming():
    encoder = {
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "sliding_windows": [[16, 4]],
    }
    config = MoonshineStreamingConfig(
        encoder_config=encoder,
        vocab_size=len(LETTERS) + 3,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
    )
    config.num_key_value_heads = 2
    return MoonshineStreamingForConditionalGeneration(config)


@pytest.fixture(scope="module", params=[whole, streaming], ids=["moonshine", "streaming"])
def folder(request, tmp_path_factory):
    """A directory as the hub has it; its name tells the language."""
    torch.manual_seed(4)
    model = request.param().eval()
    for weights in model.parameters():
        if weights.dim() > 1:
            torch.nn.init.normal_(weights, std=0.3)
    tokens = {token: k for k, token in enumerate(["<unk>", "<s>", "</s>", *LETTERS])}
    tokenizer = Tokenizer(models.WordLevel(tokens, unk_token="<unk>"))
    tokenizer.decoder = decoders.Metaspace()
    path = tmp_path_factory.mktemp("models") / "moonshine-tiny-de"
    model.save_pretrained(path)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    ).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def recogniser(folder):
    return MoonshineRecogniser.load(str(folder))


def sound(seconds: float, seed: int) -> VoiceRequest:
    noise = np.random.default_rng(seed).standard_normal(int(seconds * RATE_HZ))
    return VoiceRequest((noise * 3000).astype(np.int16).tobytes(), RATE_HZ)


def test_a_batch_is_heard_as_its_sounds_are_heard_alone(recogniser):
    batch = [sound(1.0, 1), sound(0.61, 2), sound(1.0, 3), sound(0.63, 4)]
    together = recogniser.recognise(batch)
    alone = [recogniser.recognise([one])[0] for one in batch]
    assert [one.text for one in together] == [one.text for one in alone]
    for one, other in zip(together, alone, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
    assert len({one.text for one in together}) > 1


def test_the_decoding_is_the_one_of_transformers(recogniser):
    one = sound(1.0, 7)
    values = torch.from_numpy(np.frombuffer(one.pcm, np.int16).astype(np.float32) / 32768)[None]
    wanted = recogniser._model.generate(values, max_new_tokens=13, do_sample=False)[0]
    text = recogniser._tokenizer.decode(wanted, skip_special_tokens=True).strip()
    assert recogniser.recognise([one])[0].text == text
    assert text


def test_no_sound_is_no_text(recogniser):
    (nothing,) = recogniser.recognise([VoiceRequest(b"", 8000)])
    assert nothing.text == ""
    assert nothing.is_sure


def test_the_language_is_in_the_name(recogniser):
    assert recogniser.card.languages == ("de",)


def test_it_listens_through_local_agreement(folder):
    assert isinstance(load_streaming(str(folder)), LocalAgreement)


def test_the_ears_of_a_server_follow_a_turn_to_the_words_of_the_whole(folder):
    ears = load_ears(str(folder), None, "cpu")
    assert isinstance(ears.recogniser, MoonshineRecogniser)
    whole = sound(1.2, 5)
    half = len(whole.pcm) // 2
    ears.transcriber.open(1, Opening(RATE_HZ, "de"))
    (begun,) = ears.transcriber.step([Feed(1, whole.pcm[:half])])
    (ended,) = ears.transcriber.step([Feed(1, whole.pcm[half:], is_last=True)])
    ears.transcriber.close(1)
    (wanted,) = ears.recogniser.recognise([whole])
    assert f"{begun.committed} {ended.committed}".split() == wanted.text.split() != []
    assert ended.is_final
