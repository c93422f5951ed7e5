from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kallglot.formats import lag
from kallglot.lag import lagging
from kallglot.lag.lagging import Emissions
from kallglot.lag.summary import call_lag
from kallglot.model.transcript import Rendering
from tests.formats.conversations import GREETING, any_utterances
from tests.lag.calls import MONOLOGUE, said


def read(log: str) -> list[dict]:
    return [json.loads(line) for line in log.splitlines()]


def test_a_turn_is_a_line_for_simuleval():
    (line,) = read(lag.write(MONOLOGUE, "simuleval"))
    assert line == {
        "index": 0,
        "source": "utt_1-en.wav",
        "source_text": "Guten Tag zusammen. Ich hätte gern ein Zimmer.",
        "source_length": 5000.0,
        "speaker": "customer",
        "language": "en",
        "prediction": "Good day everybody. I would like a room.",
        "prediction_length": 8,
        "delays": [2400.0] * 3 + [5400.0] * 5,
        "elapsed": [2600.0] * 3 + [5700.0] * 5,
        "spoken": [2600.0] * 3 + [5700.0] * 5,
    }


def test_scoring_the_line_gives_what_we_say_ourselves():
    (line,) = read(lag.write(MONOLOGUE, "simuleval"))
    ours = call_lag(MONOLOGUE).laal
    for name, value in (("delays", ours.unaware), ("elapsed", ours.aware)):
        theirs = Emissions(tuple(line[name]), line["source_length"])
        laal = lagging.length_adaptive_average_lagging(theirs)
        assert laal == pytest.approx(value * 1000)


def test_a_piece_is_a_line_for_simulstream_after_one_that_names_the_sound():
    name, first, second = read(lag.write(MONOLOGUE, "simulstream"))
    assert name == {"id": "utt_1-en", "metadata": {"wav_name": "utt_1-en.wav"}}
    assert first == {
        "id": "utt_1-en",
        "total_audio_processed": 2.4,
        "computation_time": 0.2,
        "generated_tokens": ["Good", "day", "everybody."],
        "deleted_tokens": [],
    }
    assert second["generated_tokens"] == ["I", "would", "like", "a", "room."]


def test_where_signs_are_counted_there_is_no_space_between_them():
    chinese = said(1, 0, 2, "Ja, gern.", Rendering("zh", "好 的。", spoken_at=3.0), heard_at=2.5)
    (line,) = read(lag.write([chinese], "simuleval"))
    assert (line["prediction"], line["delays"]) == ("好的。", [2500.0] * 3)


def test_what_was_not_measured_is_not_in_the_log():
    first, _ = read(lag.write(GREETING, "simuleval"))
    assert first["prediction"] == "Good day."
    assert not {"delays", "elapsed", "spoken"} & first.keys()
    assert all("metadata" in line for line in read(lag.write(GREETING, "simulstream")))


def test_there_is_no_other_log():
    with pytest.raises(ValueError, match="xml"):
        lag.write(GREETING, "xml")


@hypothesis_settings(deadline=None)
@given(any_utterances, st.sampled_from(lag.LOGS))
def test_whatever_is_said_is_one_object_to_a_line(utterances, log):
    text = lag.write(utterances, log)
    text.encode()
    assert all(isinstance(json.loads(line), dict) for line in text.split("\n")[:-1])


@hypothesis_settings(deadline=None)
@given(any_utterances)
def test_there_is_a_time_for_every_word(utterances):
    for line in lag.write(utterances, "simuleval").split("\n")[:-1]:
        fields = json.loads(line)
        assert len(fields["prediction"].split(" ")) == fields["prediction_length"]
