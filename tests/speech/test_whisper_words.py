"""What a Whisper is told before it listens, and when it says that words were said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import attrs
import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from kallglot import speech  # noqa: E402
from kallglot.commits import joined  # noqa: E402
from kallglot.speech.calibration import Calibration  # noqa: E402
from kallglot.speech.engines import Feed, Opening, VoiceRequest  # noqa: E402
from kallglot.speech.streaming import load_streaming  # noqa: E402
from kallglot.speech.training import grammar, telephone  # noqa: E402
from kallglot.speech.transformers_recogniser import WhisperRecogniser  # noqa: E402
from kallglot.speech.whisper_alignment import align  # noqa: E402
from tests import test_transformers_engines as engines  # noqa: E402

DEMO = Path(speech.__file__).parent / "demo" / "recogniser"


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return engines._whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture
def recogniser(folder):
    return WhisperRecogniser.load(str(folder))


def sound(seconds: float, seed: int) -> VoiceRequest:
    noise = np.random.default_rng(seed).standard_normal(int(seconds * 16000))
    return VoiceRequest((noise * 3000).astype(np.int16).tobytes(), 16000, with_words=True)


def test_rows_with_beginnings_of_their_own_are_heard_as_alone(recogniser):
    batch = [
        sound(0.9, 1),
        attrs.evolve(sound(0.9, 2), prefix="ab"),
        attrs.evolve(sound(0.8, 3), prefix="abcde f"),
        attrs.evolve(sound(0.9, 4), hints=("xyz",)),
    ]
    recogniser._controls = attrs.evolve(recogniser._controls, earlier=3)
    for heard, request in zip(recogniser.hear(batch), batch, strict=True):
        (alone,) = recogniser.hear([request])
        assert heard.evidence.text == alone.evidence.text
        assert heard.evidence.confidence == pytest.approx(alone.evidence.confidence, abs=1e-4)
        assert heard.evidence.refusal == pytest.approx(alone.evidence.refusal, abs=1e-4)
        assert [word.text for word in heard.words] == [word.text for word in alone.words]
        for word, own in zip(heard.words, alone.words, strict=True):
            assert (word.start, word.end) == pytest.approx((own.start, own.end))


def test_a_text_goes_on_from_its_beginning(recogniser):
    one = sound(0.9, 5)
    assert recogniser.hear([attrs.evolve(one, prefix="zz")])[0].evidence.text.startswith("zz")
    rows = []
    write = recogniser._writer.write
    recogniser._writer.write = lambda *given: rows.append(write(*given)) or rows[-1]
    recogniser.hear([one])
    whole = rows[-1][0].tokens
    recogniser._tokens = lambda text: whole[:6] if text else []
    recogniser.hear([attrs.evolve(one, prefix="what was written before")])
    rest = rows[-1][0].tokens
    assert len(whole) > 8
    assert rest[: len(whole) - 6] == whole[6:]


def test_hints_are_told_only_to_those_who_have_learnt_to_take_them(recogniser):
    hinted = attrs.evolve(sound(0.9, 6), hints=("Kallglot", "Becker"))
    plain = attrs.evolve(hinted, hints=())
    without = recogniser.hear([plain])[0].evidence
    assert recogniser.hear([hinted])[0].evidence == without, "this one has no token for it"
    recogniser._controls = attrs.evolve(recogniser._controls, earlier=3)
    assert recogniser.hear([hinted])[0].evidence != without
    recogniser.limits = Calibration(is_promptable=False)
    assert recogniser.hear([hinted])[0].evidence == without


def test_the_words_are_the_text_and_lie_in_the_sound(recogniser):
    for seed in range(8):
        (hearing,) = recogniser.hear([sound(0.8, seed)])
        words = hearing.words
        assert "".join(word.text for word in words).strip() == hearing.evidence.text
        assert all(0 <= word.start <= word.end <= 0.8001 for word in words)
        assert [word.start for word in words] == sorted(word.start for word in words)


def test_words_cost_nothing_where_nobody_asks(recogniser):
    followed = []
    follow = recogniser._gaze.follow
    recogniser._gaze.follow = lambda memory: followed.append(memory) or follow(memory)
    request = attrs.evolve(sound(0.8, 1), with_words=False)
    (hearing,) = recogniser.hear([request])
    assert (hearing.words, followed) == ((), [])
    both = recogniser.hear([request, attrs.evolve(request, with_words=True)])
    assert [bool(one.words) for one in both] == [False, True]


def test_other_languages_are_told_with_their_shares(recogniser):
    request = attrs.evolve(sound(0.9, 2), candidates=("de", "en", "fr"))
    (answer,) = recogniser.recognise([request])
    shares = [answer.language_confidence, *(share for _, share in answer.alternatives)]
    assert shares == sorted(shares, reverse=True)
    assert answer.language not in dict(answer.alternatives)


def test_rows_that_look_at_one_place_after_the_other_are_found_there():
    matrix = np.full((3, 9), -0.1, np.float32)
    matrix[0, 0:2] = matrix[1, 2:7] = matrix[2, 7:9] = 1.0
    assert align(matrix) == [0, 2, 7, 9]
    assert align(np.ones((4, 2), np.float32))[-1] == 2
    assert align(np.ones((1, 5), np.float32)) == [0, 5]


def test_the_demonstration_commits_what_it_hears_while_it_is_spoken():
    pytest.importorskip("espeakng_loader")
    from kallglot.speech.training.voices import Espeak, choose_voice  # noqa: PLC0415

    espeak, random = Espeak(), Random(11)
    whole, streamed = WhisperRecogniser.load(str(DEMO)), load_streaming(str(DEMO))
    same = early = 0
    for sentence, _ in zip(grammar.sentences(11, held_out=True), range(10), strict=False):
        spoken = espeak.speak(sentence.text("de"), choose_voice("de", random, held_out=True))
        speech_8k = telephone.to_telephone_rate(spoken.samples, spoken.rate_hz)
        pcm = telephone.Line(random).carry(speech_8k).tobytes()
        said = ""
        streamed.open(1, Opening(8000, "de"))
        for at in range(0, len(pcm), 4800):
            is_last = at + 4800 >= len(pcm)
            early += bool(said) and is_last
            (answer,) = streamed.step([Feed(1, pcm[at : at + 4800], is_last=is_last)])
            said = joined(said, answer.committed, "de")
        streamed.close(1)
        (offline,) = whole.recognise([VoiceRequest(pcm, 8000, "de")])
        same += said == offline.text
    assert same >= 7
    assert early >= 7
