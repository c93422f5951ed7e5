"""Utterances to export."""

from __future__ import annotations

from hypothesis import strategies as st

from kallglot.model.transcript import Rendering, Utterance


def utterance(
    sequence: int,
    speaker: str,
    text: str,
    *renderings: tuple[str, str],
    language: str | None = "de",
    start: float | None = None,
    end: float | None = None,
    is_sure: bool = True,
) -> Utterance:
    start = 2.0 * sequence if start is None else start
    return Utterance(
        id=f"utt_{sequence}",
        session_id="sess_1",
        sequence=sequence,
        speaker=speaker,
        language=language,
        text=text,
        start=start,
        end=start + 1.5 if end is None else end,
        confidence=0.9,
        is_sure=is_sure,
        renderings=tuple(Rendering(code, words) for code, words in renderings),
    )


GREETING = [
    utterance(1, "customer", "Guten Tag.", ("en", "Good day.")),
    utterance(2, "agent", "How can I help?", ("de", "Wie kann ich helfen?"), language="en"),
    utterance(3, "customer", "Hm?", is_sure=False),
]

_SNIPPETS = [
    "-->",
    "<v x>",
    "</v>",
    "&amp;",
    "&",
    '"',
    ",",
    ";",
    "'",
    "=1+1",
    "42",
    "WEBVTT",
    "NOTE",
]
_BREAKS = ["\n", "\n\n", "\r", "\x85", "\u2028", "\0", "\ud800", "\u200c", " "]
_LONG = ["NOTE x", "00:00:01.000 --> 00:00:02.000", "你好" * 30, "x" * 50]

#: What recognisers say, what people are called, and what breaks parsers.
texts = st.one_of(
    st.text(max_size=120),
    st.lists(st.sampled_from(_SNIPPETS + _BREAKS + _LONG), max_size=12).map("".join),
)
times = st.floats(-1, 400_000) | st.sampled_from([0.0, 1.0, 1.0004, 3599.9999])
any_utterances = st.lists(
    st.builds(
        utterance,
        st.integers(0, 99),
        texts,
        texts,
        st.tuples(st.sampled_from(["en", "tr"]), texts),
        language=st.none() | st.sampled_from(["de", "fa"]),
        start=times,
        end=times,
        is_sure=st.booleans(),
    ),
    max_size=6,
)
