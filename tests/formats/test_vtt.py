from __future__ import annotations

import html
import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.formats import LANGUAGES, render
from kallglot.formats.captions import captions
from kallglot.formats.passages import passages
from tests.formats.conversations import GREETING, any_utterances, utterance

TIME = r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})"
TIMES = re.compile(f"{TIME} --> {TIME}")
ESCAPE = re.compile("&(amp|lt|gt);")


def milliseconds(parts: tuple[str, ...]) -> int:
    hours, minutes, seconds, rest = map(int, parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def plain(text: str) -> str:
    assert not set("<>") & set(text)
    assert "&" not in ESCAPE.sub("", text)
    return html.unescape(text)


def parsed(file: str) -> list[tuple[int, int, str, list[str]]]:
    """Start, end, voice and lines of each cue, or fail where the standard is not kept."""
    header, *blocks, rest = file.split("\n\n")
    assert header == "WEBVTT"
    assert rest == ""
    cues = []
    for block in blocks:
        times, *lines = block.split("\n")
        match = TIMES.fullmatch(times)
        assert match
        start, end = milliseconds(match.groups()[:4]), milliseconds(match.groups()[4:])
        assert start < end
        assert all(line.strip() and "-->" not in line and "\r" not in line for line in lines)
        voice = ""
        if lines[0].startswith("<v "):
            tag, lines[0] = lines[0].split(">", 1)
            voice = plain(tag[3:])
        cues.append((start, end, voice, [plain(line) for line in lines]))
        assert all(0 < len(line) <= 42 for line in cues[-1][3])
    return cues


def test_the_speaker_is_the_voice_and_both_languages_are_shown():
    assert render(GREETING[:2], "vtt") == (
        "WEBVTT\n\n"
        "00:00:02.000 --> 00:00:03.500\n<v customer>Guten Tag.\nGood day.\n\n"
        "00:00:04.000 --> 00:00:05.500\n<v agent>How can I help?\nWie kann ich helfen?\n\n"
    )


def test_an_unsure_utterance_is_marked():
    assert "<v customer>[unsure] Hm?" in render(GREETING, "vtt", language="target")


def test_markup_that_was_said_is_words():
    said = utterance(1, "R&D <1>", "a --> b & <v agent>c")
    assert parsed(render([said], "vtt")) == [(2000, 3500, "R&D <1>", ["a --> b & <v agent>c"])]


def test_nothing_said_is_a_file_without_cues():
    assert render([], "vtt") == "WEBVTT\n\n"


@settings(deadline=None)
@given(any_utterances, st.sampled_from(LANGUAGES), st.booleans())
def test_whatever_is_said_can_be_parsed_and_is_what_was_said(utterances, language, translated):
    file = render(utterances, "vtt", language=language, include_translations=translated)
    file.encode()
    cues = parsed(file)
    for (_, until, *_), (start, *_) in itertools.pairwise(cues):
        assert until <= start
    shown = captions(passages(utterances, language, translated))
    assert cues == [(each.start_ms, each.end_ms, each.speaker, list(each.lines)) for each in shown]
