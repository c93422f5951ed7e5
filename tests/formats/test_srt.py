from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.formats import LANGUAGES, render
from tests.formats.conversations import GREETING, any_utterances, utterance

TIMES = re.compile(r"(\d{2,}):([0-5]\d):([0-5]\d),(\d{3}) --> (\d{2,}):([0-5]\d):([0-5]\d),(\d{3})")


def milliseconds(parts: tuple[str, ...]) -> int:
    hours, minutes, seconds, rest = map(int, parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def parsed(file: str) -> list[tuple[int, int, list[str]]]:
    """Start, end and lines of each subtitle, as the strictest player would read them."""
    cues = []
    *blocks, rest = file.split("\n\n")
    assert rest == ""
    for number, block in enumerate(blocks, 1):
        counter, times, *lines = block.split("\n")
        assert counter == str(number)
        match = TIMES.fullmatch(times)
        assert match
        start, end = milliseconds(match.groups()[:4]), milliseconds(match.groups()[4:])
        assert start < end
        assert lines
        for line in lines:
            assert 0 < len(line) <= 42
            assert line.strip()
            assert not set("<>\r\x85\u2028\u2029\0") & set(line)
        cues.append((start, end, lines))
    return cues


def test_bilingual_subtitles_show_both_lines():
    assert render(GREETING[:1], "srt") == (
        "1\n00:00:02,000 --> 00:00:03,500\ncustomer: Guten Tag.\nGood day.\n\n"
    )


def test_a_long_text_is_wrapped_between_words():
    said = utterance(1, "agent", "Please hold the line while I look for your order.")
    ((_, _, lines),) = parsed(render([said], "srt"))
    assert lines == ["agent: Please hold the line while I look", "for your order."]


def test_what_players_take_for_markup_is_made_harmless():
    ((_, _, lines),) = parsed(render([utterance(1, "agent", "<i> --> </i>")], "srt"))
    assert lines == ["agent: \u2039i\u203a --\u203a \u2039/i\u203a"]


def test_nothing_said_is_an_empty_file():
    assert render([], "srt") == ""


@settings(deadline=None)
@given(any_utterances, st.sampled_from(LANGUAGES), st.booleans())
def test_whatever_is_said_can_be_parsed(utterances, language, translated):
    file = render(utterances, "srt", language=language, include_translations=translated)
    starts = [start for start, *_ in parsed(file)]
    assert starts == sorted(starts)
    file.encode()
