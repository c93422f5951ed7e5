from __future__ import annotations

import attrs
import pytest

from kallglot.errors import ModelMissing
from kallglot.speech.models.engines import is_there
from kallglot.speech.models.entries import Work, catalogue
from kallglot.speech.models.machine import Device, Machine, Speeds, flags_in
from kallglot.speech.models.recommend import BUSIEST, SPOKEN, Wish, recommend

GB = 1_000_000_000
REFERENCE = catalogue().reference
#: Gigabytes that Nemotron does not fit into.
LITTLE = 4


def machine(times=1.0, memory=24, gpu=None, gpu_memory=80):
    """Return a machine that is so many times as fast as the reference, perhaps with a GPU."""
    speeds = Speeds(
        {name: times * speed for name, speed in REFERENCE.bulk.items()},
        {name: times * speed for name, speed in REFERENCE.steps.items()},
    )
    device = None
    if gpu is not None:
        of_gpu = Speeds(
            {"float16": gpu * REFERENCE.bulk["bfloat16"]},
            {"float16": gpu * REFERENCE.steps["bfloat16"]},
        )
        device = Device("a GPU", gpu_memory * GB, of_gpu)
    return Machine(Device("a processor", memory * GB, speeds), 4, 3, gpu=device)


def advise(pair="de-en", calls=1, accepted=(), engines=is_there, **options):
    source, target = pair.split("-")
    wish = Wish((source, target), calls, frozenset(accepted))
    return recommend(machine(**options), catalogue(), wish, engines)


@pytest.mark.parametrize(
    ("options", "recogniser", "device"),
    [
        ({"times": 0.5}, "acft-whisper-base", "cpu"),
        ({"times": 1}, "nemotron-3.5-asr-streaming-0.6b", "cpu"),
        ({"times": 1, "calls": 2}, "acft-whisper-base", "cpu"),
        ({"times": 1, "memory": LITTLE}, "acft-whisper-base", "cpu"),
        ({"times": 2, "memory": LITTLE}, "acft-whisper-small", "cpu"),
        ({"times": 2, "memory": LITTLE, "calls": 3}, "acft-whisper-base", "cpu"),
        ({"times": 8}, "nemotron-3.5-asr-streaming-0.6b", "cpu"),
        ({"gpu": 20}, "nemotron-3.5-asr-streaming-0.6b", "cuda"),
        ({"gpu": 20, "pair": "en-sv"}, "whisper-large-v3-turbo", "cuda"),
        ({"gpu": 20, "pair": "en-sv", "calls": 15}, "acft-whisper-small", "cuda"),
        ({"gpu": 20, "gpu_memory": 2}, "acft-whisper-small", "cuda"),
        ({"gpu": 0.01, "times": 4}, "nemotron-3.5-asr-streaming-0.6b", "cpu"),
    ],
    ids=str,
)
def test_each_machine_gets_the_best_models_that_it_carries(options, recogniser, device):
    found = advise(**options)
    assert (found.recogniser.name, found.device) == (recogniser, device)
    assert found.is_enough
    assert found.calls >= options.get("calls", 1)


def test_a_machine_that_is_too_slow_is_told_so():
    found = advise(times=0.1)
    assert not found.is_enough
    assert found.calls == 0
    assert found.share > 1
    assert found.recogniser.name == "acft-whisper-tiny"  # the quickest


def test_calls_follow_from_costs_by_the_rule():
    base, marian, espeak = (
        catalogue().find(name) for name in ("acft-whisper-base", "opus-mt-de-en", "espeak-ng")
    )

    def load(entry):
        return sum(
            cost.ms / 1000 / cost.every * cost.threads / 2
            for cost in entry.costs
            if cost.dtype == "float32" and cost.rows == 1
        )

    per_second = load(base) + load(marian) + load(espeak)
    found = advise(times=1, memory=LITTLE)
    assert found.recogniser == base
    assert found.calls == int(BUSIEST / (SPOKEN * per_second))
    assert found.busy_lag > found.lag > 0.35


def test_twice_the_speed_halves_what_models_add_to_the_lag():
    slow, fast = (advise(times=times, memory=LITTLE, calls=2 * times) for times in (1, 2))
    assert slow.recogniser == fast.recogniser
    assert slow.lag - 0.35 == pytest.approx(2 * (fast.lag - 0.35))


@pytest.mark.parametrize(
    ("pair", "translators"),
    [
        ("de-en", "opus-mt-de-en opus-mt-en-de"),
        ("en-fr", "opus-mt-en-fr opus-mt-fr-en"),
        ("de-fr", "opus-mt-de-en opus-mt-en-fr opus-mt-fr-en opus-mt-en-de"),
    ],
)
def test_what_no_model_translates_directly_goes_through_english(pair, translators):
    found = advise(pair)
    assert " ".join(entry.name for entry in found.translators) == translators


def test_going_through_english_costs_twice():
    assert advise("de-fr").lag > advise("de-en").lag
    assert advise("de-fr", times=40).calls < advise("de-en", times=40).calls


@pytest.mark.parametrize("pair", ["de-tlh", "ab-cv", "en-ja"])
def test_a_pair_that_no_model_serves_is_said(pair):
    with pytest.raises(ModelMissing, match=r"no (recogniser|translator) for"):
        advise(pair)


def test_what_is_not_for_commercial_use_is_never_recommended_unasked():
    for options in ({"times": 4}, {"gpu": 50}):
        found = advise(**options)
        assert all(entry.is_commercial for entry in found.models)
        assert "not for commercial use" in dict(found.passed_over)["mms-tts-{language}"]
    asked = advise(times=4, accepted=["CC-BY-NC-4.0"])
    assert [entry.name for entry in asked.synthesisers] == ["mms-tts-deu", "mms-tts-eng"]


def test_demonstration_models_are_never_recommended():
    with pytest.raises(ModelMissing):
        advise(engines=lambda engine: False)
    names = {entry.name for times in (0.01, 1, 9) for entry in advise(times=times).models}
    assert not any(name.startswith("demo") for name in names)


def test_why_better_models_were_passed_over():
    reasons = dict(advise(times=1, memory=LITTLE).passed_over)
    assert "not enough memory" in reasons["nemotron-3.5-asr-streaming-0.6b"]
    assert "not measured" in reasons["whisper-large-v3-turbo"]
    assert "would carry 0 of 1 calls" in reasons["acft-whisper-small"]
    assert "no engine" in reasons["madlad400-3b"]


def test_models_that_do_not_fit_the_memory_are_passed_over():
    with pytest.raises(ModelMissing, match="not enough memory"):
        advise(memory=1)


def test_the_advice_is_settings():
    settings = advise(times=1, memory=LITTLE).settings
    assert settings == {
        "recogniser": "acft-whisper-base",
        "translator": "opus-mt-de-en,opus-mt-en-de",
        "synthesiser": "espeak-ng",
        "device": "cpu",
        "rows": 8,
    }


def test_what_speaks_beside_a_gpu_is_the_processors_load():
    fast, slow = (advise(gpu=1e6, times=times).calls for times in (1.0, 0.5))
    assert fast == pytest.approx(2 * slow, rel=0.01)


CPUINFO = """processor\t: 0
model name\t: A processor
flags\t\t: fpu avx2 avx512f avx512_bf16 amx_bf16
processor\t: 1
flags\t\t: fpu avx2
"""


def test_abilities_that_matter_are_read():
    assert flags_in(CPUINFO) == {"avx2", "avx512f", "avx512_bf16", "amx_bf16"}
    assert flags_in("Features\t: fp asimd\n") == {"asimd"}
    assert flags_in("nonsense") == frozenset()


def test_the_reference_knows_the_speeds_that_costs_are_in():
    for entry in catalogue().models:
        for cost in entry.costs:
            speeds = REFERENCE.bulk if cost.work is Work.BULK else REFERENCE.steps
            assert cost.dtype in speeds or cost.dtype == "int8"
    assert attrs.asdict(REFERENCE)["cores"] == 2
