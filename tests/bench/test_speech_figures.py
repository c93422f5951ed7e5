"""From what telephones heard and a transcript says to what is reported."""

from __future__ import annotations

import pytest

pytest.importorskip("espeakng_loader")

from kallglot.bench import speech_figures as figures
from kallglot.bench import speech_report
from kallglot.bench.line import Plan
from kallglot.bench.speech_hearing import Heard
from kallglot.bench.speech_line import Caption
from kallglot.bench.speech_load import Report
from kallglot.bench.speech_quality import quality
from kallglot.bench.speech_rig import Ages
from kallglot.bench.speech_script import Part, Passage
from kallglot.bench.speech_server import Transcript
from kallglot.bench.speech_sound import Said
from kallglot.bench.speech_throughput import Throughput
from kallglot.model.transcript import Rendering, Utterance
from kallglot.phones.tape import Span

#: The tape's second 0 is at 100.02 on the machine's clock, and the session's is at 90.
BEGAN, ORIGIN = 100.02, 90.0


def passage(kind="sentence", *pairs):
    parts = tuple(Part(text, reference) for text, reference in pairs or [("Guten Tag", "Hello")])
    return Passage(kind, "customer", "de", parts)


def said(one, since, until):
    return Said(one, Span(since, until), (Span(since, until),))


def report(who, *heard):
    sounds = [Heard(since, since, until) for since, until in heard]
    return Report(Plan("sess_1", "t", who, "twilio", 0), BEGAN, sounds, 0.0, 0.0)


def utterance(number, start, end, text="Guten Tag", into="Hello", spoken=None, **changed):
    renderings = () if into is None else (Rendering("en", into, 1.0, *(spoken or (None, None))),)
    return Utterance(
        f"utt_{number}", "sess_1", number, "customer", "de", text, start, end, 1.0,
        renderings=renderings, **changed,
    )  # fmt: skip


def outcomes(saids, heard, *utterances):
    reports = {"customer": report("customer"), "agent": report("agent", *heard)}
    return figures.outcomes(saids, reports, Transcript("sess_1", ORIGIN, list(utterances)))


def test_the_first_translated_sound_is_timed_from_the_end_of_speech():
    (found,) = outcomes(
        [said(passage(), 1.0, 3.0)],
        [(103.5, 105.0)],
        utterance(1, 11.0, 13.0, spoken=(13.5, 15.0)),
    )
    lags = found.lags
    assert (lags.start_offset, lags.after_end, lags.end_offset) == pytest.approx((2.5, 0.5, 2.0))
    assert lags.tail == pytest.approx(0.5)
    assert found.pieces == pytest.approx((0.5,))
    assert found.is_exact


def test_pieces_that_are_spoken_while_the_speaker_goes_on_come_before_the_end():
    long = passage("breath", ("Ja gut", "Yes good"), ("Guten Tag", "Good day"))
    (found,) = outcomes(
        [said(long, 0.0, 6.0)],
        [(102.0, 103.0), (106.5, 107.5)],
        utterance(1, 10.0, 11.0, "Ja gut", "Yes good", (12.0, 13.0), heard_at=11.5),
        utterance(2, 11.0, 16.0, "Guten Tag", "Good day", (16.5, 17.5), heard_at=16.0),
    )
    lags = found.lags
    assert (lags.start_offset, lags.after_end, lags.tail) == pytest.approx((2.0, -4.0, 0.5))
    # Words at 2.0, 2.5, 6.5 and 7.0 against an ideal 0, 1.5, 3.0 and 4.5.
    assert lags.laal == pytest.approx((2.0 + 1.0 + 3.5) / 3)
    assert lags.yaal == pytest.approx((2.0 + 1.0) / 2)
    # Heard until 1.5, 1.5, 6.0 and 6.0.
    assert lags.laal_unaware == pytest.approx((1.5 + 0.0 + 3.0) / 3)
    assert found.translated == "Yes good Good day"


def test_what_was_not_vouched_for_is_not_taken_for_a_translation():
    (found,) = outcomes(
        [said(passage(), 1.0, 3.0)],
        [(103.5, 105.0)],  # the speaker's own voice
        utterance(1, 11.0, 13.0, into=None, is_sure=False),
    )
    assert found.lags.start_offset is None
    assert (found.recognised, found.translated, found.unsure) == ("Guten Tag", "", 1)


def test_a_voice_that_was_passed_on_as_it_was_is_no_translation():
    (found,) = outcomes(
        [said(passage(), 1.0, 5.0)],
        [(102.5, 103.0), (105.3, 107.5)],  # the translation of a word, and the rest untranslated
        utterance(1, 11.0, 12.0, "Nein", "No", (12.5, 13.0)),
        utterance(2, 12.0, 15.0, "Was", into=None, is_sure=False),
    )
    lags = found.lags
    assert (lags.start_offset, lags.end_offset) == pytest.approx((1.5, -2.0))
    assert lags.tail is None  # the last of it had no translation at all


def test_what_is_heard_after_the_next_passage_has_begun_belongs_to_that():
    first, second = outcomes(
        [said(passage(), 1.0, 3.0), said(passage(), 10.0, 12.0)],
        [(103.5, 105.0), (112.4, 113.0)],
        utterance(1, 11.0, 13.0, spoken=(13.5, 15.0)),
        utterance(2, 20.0, 22.0, spoken=(22.4, 23.0)),
    )
    assert first.lags.end_offset == pytest.approx(2.0)
    assert second.lags.after_end == pytest.approx(0.4)


def test_shares_count_words_and_sentences():
    right, wrong = outcomes(
        [said(passage(), 1.0, 3.0), said(passage(), 10.0, 12.0)],
        [],
        utterance(1, 11.0, 13.0),
        utterance(2, 20.0, 22.0, "Guten Abend", "Good evening"),
    )
    (row,) = quality([right, wrong], None)
    assert (row.passages, row.word_errors, row.exact) == (2, pytest.approx(0.25), 0.5)
    assert row.chrf is None
    (row,) = quality([right, wrong], lambda found, wanted: (len(found), len(wanted)))
    assert (row.chrf, row.bleu) == (2, 2)


def test_a_monologue_that_runs_away_is_seen():
    long = passage("monologue", *[("Guten Tag", "Hello")] * 12)
    lags = [1.0 if number < 6 else 3.0 for number in range(12)]
    spoken = [
        utterance(n, 10.0 + 10 * n, 19.0 + 10 * n, spoken=(19.0 + 10 * n, 19.0 + 10 * n + lag))
        for n, lag in enumerate(lags)
    ]
    found = outcomes([said(long, 0.0, 120.0)], [], *spoken)
    (drift,) = figures.drifts("m", found, Transcript("sess_1", ORIGIN, spoken))
    assert (drift.early, drift.late, drift.growth) == pytest.approx((1.0, 3.0, 3.0))
    assert drift.backlog == pytest.approx(3.0)


def test_a_bar_is_met_or_missed_by_what_was_found():
    (found,) = outcomes(
        [said(passage(), 1.0, 3.0)],
        [(103.6, 105.0)],
        utterance(1, 11.0, 13.0, spoken=(13.6, 15.0)),
    )
    gains = [Throughput("recogniser", "r", 8, 0.08, 0.02), Throughput("translator", "t", 8, 2, 1)]
    asked = speech_report.bars([found], [], Ages(100, 0, 0.01, 0.05, 0.1), gains)
    verdicts = {bar.name: bar.is_met for bar in asked}
    assert verdicts == {
        "end of speech → first translated sound, p50": False,  # 600 ms
        "end of speech → first translated sound, p95": True,
        "passages of which nothing was heard": True,
        "age of frames while engines work, p99": False,
        "frames missing": True,
        "a row in a batch by one alone, recogniser": True,
        "a row in a batch by one alone, translator": False,
    }


def test_captions_that_only_grow_take_nothing_back():
    captions = [
        Caption("customer", is_final, text)
        for is_final, text in [(False, "Ja"), (False, "Ja gut"), (True, "Ja"), (False, "gut so")]
    ]
    assert figures.erasure(captions) == pytest.approx(2.0)  # "gut so" was never final
    captions.append(Caption("customer", True, "gut so"))
    assert figures.erasure(captions) == 0.0


def test_words_that_change_on_the_screen_are_counted():
    captions = [
        Caption("customer", is_final, text)
        for is_final, text in [(False, "der Tisch"), (False, "der Fisch ist"), (True, "der Fisch")]
    ]
    assert figures.erasure(captions) == pytest.approx((1 + 1) / 2)
    assert figures.erasure([]) is None
