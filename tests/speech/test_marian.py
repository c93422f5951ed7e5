"""Marian with a beginning that has been spoken, and with what was said before; random weights."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from kallglot.speech.engines import TextRequest  # noqa: E402
from kallglot.speech.transformers_translator import MarianTranslator  # noqa: E402
from tests.test_transformers_engines import _marian  # noqa: E402

TEXTS = ("guten tag", "abc", "wie geht es", "morgen um drei", "nein")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def translator(tmp_path_factory) -> MarianTranslator:
    made = MarianTranslator.load(str(_marian(tmp_path_factory.mktemp("marian"))))
    made._model.final_logits_bias[0, made._vocabulary["▁"]] += 3.0  # or there are no words
    return made


def asked(text: str, prefix: str = "", **fields) -> TextRequest:
    return TextRequest(text, "de", "en", prefix=prefix, **fields)


def plainly(translator: MarianTranslator, request: TextRequest) -> str:
    """The most likely way on, found by reading everything anew for each token."""
    row = translator._row(request)
    written = list(row.prefix)
    while len(written) < min(2 * len(row.source) + 8, translator._longest - 1):
        told = torch.tensor([[translator._padding, *written]])
        with torch.inference_mode():
            logits = translator._model(
                input_ids=torch.tensor([row.source]), decoder_input_ids=told
            ).logits[0, -1]
        logits = logits.clone()
        logits[translator._never] = -torch.inf
        if row.prefix and len(written) == len(row.prefix):
            logits[translator._inside] = -torch.inf
        written.append(int(logits.argmax()))
        if written[-1] == translator._end:
            break
    ours = written[len(row.prefix) :]
    return str(translator._tokenizer.decode(ours, skip_special_tokens=True).strip())


@pytest.mark.parametrize("prefix", ["", "a", "ab c", "wo ist das"])
def test_a_translation_goes_on_where_it_was_left(translator, prefix):
    requests = [asked(text, prefix) for text in TEXTS]
    answers = [one.text for one in translator.translate(requests)]
    assert answers == [plainly(translator, request) for request in requests]
    assert any(answers)


def test_a_batch_with_and_without_beginnings_is_as_each_alone(translator):
    batch = [
        asked("guten tag", "ab"),
        asked("guten tag"),
        asked("wie geht es", "a bc d"),
        asked("abc", "a bc d"),
        asked("  ", "ab"),
    ]
    together = translator.translate(batch)
    for one, request in zip(together, batch, strict=True):
        (alone,) = translator.translate([request])
        assert one.text == alone.text
        assert one.confidence == pytest.approx(alone.confidence, rel=1e-3)
    all_begun = [request for request in batch if request.prefix and request.text.strip()]
    for one, request in zip(translator.translate(all_begun), all_begun, strict=True):
        assert one.text == translator.translate([request])[0].text


def test_what_was_spoken_is_not_in_the_answer_and_no_word_is_glued_to_it(translator):
    prefix = translator._tokenizer(text_target="ab", add_special_tokens=False).input_ids
    token = translator._vocabulary["z"]
    bias = translator._model.final_logits_bias
    bias[0, token] += 50.0  # it would go on the word if it might
    try:
        (free,) = translator.translate([asked("abc")])
        (begun,) = translator.translate([asked("abc", "ab")])
    finally:
        bias[0, token] -= 50.0
    assert free.text.startswith("z")
    assert len(prefix) > 1
    pieces = translator._tokenizer(text_target=begun.text, add_special_tokens=False).input_ids
    assert pieces[0] == translator._vocabulary["▁"]


def test_a_beginning_too_long_to_go_on_is_not_to_be_spoken(translator):
    (one,) = translator.translate([asked("abc", "a b c d e f g h i j k l m n o p")])
    assert not one.is_sure


def test_confidence_is_about_what_is_new(translator):
    (likely,) = translator.write([asked("abc")])
    (unlikely,) = translator.write([asked("abc", "q x j")])
    assert likely.refusal == pytest.approx(unlikely.refusal, rel=1e-3)
    assert 0 < unlikely.confidence <= 1


def test_context_is_read_only_by_models_that_learnt_to(translator):
    plain = asked("abc")
    placed = asked("abc", context="guten tag wie geht es ihnen heute")
    assert translator.write([plain]) == translator.write([placed])
    limits = translator.limits
    translator.limits = attrs.evolve(limits, uses_context=True)
    try:
        assert translator.write([plain])[0].confidence != translator.write([placed])[0].confidence
        row = translator._row(placed)
        assert len(row.source) <= translator._longest
        assert not row.is_cut  # the context gave way, not the sentence
        batch = translator.write([plain, placed])
        assert batch[1].text == translator.write([placed])[0].text
    finally:
        translator.limits = limits
