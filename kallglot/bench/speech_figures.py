"""From calls that were held to what became of each passage, and how far behind it was.  Pure.

Times from the telephones and times from the transcript meet on one clock, this machine's
monotonic one, so that what counts is what was to be heard at the telephone.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs

from kallglot.bench.figures import quantile
from kallglot.bench.speech_line import Caption
from kallglot.bench.speech_load import Report
from kallglot.bench.speech_script import LANGUAGES, Passage
from kallglot.bench.speech_server import Transcript
from kallglot.bench.speech_sound import Said
from kallglot.demo.judgement import words
from kallglot.lag import lagging
from kallglot.lag.erasure import Erasure, normalised
from kallglot.lag.lagging import Emissions
from kallglot.lag.token_delay import Output, average_token_delay
from kallglot.lag.units import units
from kallglot.model.transcript import Rendering, Utterance
from kallglot.phones.tape import Span
from kallglot.phones.wire import FRAME

__all__ = ["Drift", "Lags", "Outcome", "drifts", "erasure", "outcomes", "spread"]

#: An utterance may begin and end a little beside the passage that it is of.
_AROUND = 0.4
#: A translation is heard when the server says that it is, give or take so many seconds.
_BESIDE = 0.1


@attrs.frozen
class Lags:
    """How far behind one passage was, in seconds; None where nothing of it was heard.

    `start_offset` is from the first word to the first translated sound, `after_end` from the last
    word to the first translated sound (below 0 where that came before), `end_offset` to the last.
    `tail` is from the last word to the first sound of the last piece's translation, None if that
    piece had none.  The figures of the literature are from when words were spoken, `laal_unaware`
    from how much had been heard when their meaning was settled.
    """

    start_offset: float | None = None
    after_end: float | None = None
    tail: float | None = None
    end_offset: float | None = None
    al: float | None = None
    laal: float | None = None
    yaal: float | None = None
    atd: float | None = None
    laal_unaware: float | None = None


@attrs.frozen
class Outcome:
    """One passage after the call.

    `utterances` are what it was taken for; `recognised` and `translated` are put together of them.
    `pieces` are, for each of them, from its end to the first sound of its translation; `dropped`
    and `compressed` seconds of translation were not heard, or heard faster.
    """

    passage: Passage
    span: Span
    parts: tuple[Span, ...]
    utterances: tuple[Utterance, ...] = attrs.field(repr=False)
    recognised: str = attrs.field(repr=False)
    translated: str = attrs.field(repr=False)
    unsure: int
    lags: Lags
    pieces: tuple[float, ...] = ()
    dropped: float = 0.0
    compressed: float = 0.0

    @property
    def is_exact(self) -> bool:
        return words(self.translated) == words(self.passage.reference)


@attrs.frozen
class Drift:
    """How far behind a monologue was at its beginning and at its end, in seconds.

    Both are means over what ended in a minute, or in half of a shorter monologue, from when it was
    said to when its translation had been said.
    """

    name: str
    minutes: float
    early: float
    late: float
    backlog: float

    @property
    def growth(self) -> float:
        return self.late / self.early if self.early > 0 else 1.0


def outcomes(
    said: Sequence[Said], reports: dict[str, Report], transcript: Transcript
) -> list[Outcome]:
    """Return what became of each passage of a call."""
    found: list[Outcome] = []
    for number, one in enumerate(said):
        passage = one.passage
        # A telephone sends its first 20 ms when they have been said.
        began = reports[passage.speaker].began - FRAME
        span = Span(began + one.span.since, began + one.span.until)
        parts = tuple(Span(began + part.since, began + part.until) for part in one.parts)
        until = _next_of(said, number, began)
        own = _belonging(transcript, passage.speaker, span)
        heard = [
            Span(sound.since, sound.until)
            for sound in reports[passage.listener].heard
            if span.since < sound.until and sound.since < until
        ]
        pairs = [
            (one, each) for one in own if one.is_sure and (each := _rendering(one, passage.target))
        ]
        found.append(
            Outcome(
                passage=passage,
                span=span,
                parts=parts,
                utterances=tuple(own),
                recognised=" ".join(one.text for one in own if one.text),
                translated=" ".join(each.text for _, each in pairs),
                unsure=sum(not one.is_sure for one in own),
                lags=_lags(
                    passage,
                    span,
                    heard,
                    _spoken(pairs, span, transcript),
                    is_whole=bool(pairs) and pairs[-1][0] is own[-1],
                ),
                pieces=tuple(
                    each.spoken_at - one.end for one, each in pairs if each.spoken_at is not None
                ),
                dropped=sum(each.dropped for _, each in pairs),
                compressed=sum(each.compressed for _, each in pairs),
            )
        )
    return found


def _next_of(said: Sequence[Said], number: int, began: float) -> float:
    """Return when the same person begins to speak again."""
    speaker = said[number].passage.speaker
    later = (one.span.since for one in said[number + 1 :] if one.passage.speaker == speaker)
    return began + next(later, float("inf"))


def _belonging(transcript: Transcript, speaker: str, span: Span) -> list[Utterance]:
    wider = Span(span.since - _AROUND, span.until + _AROUND)
    return [
        one
        for one in sorted(transcript.utterances, key=lambda one: (one.start, one.sequence))
        if one.speaker == speaker
        and wider.overlaps(Span(transcript.origin + one.start, transcript.origin + one.end))
    ]


def _rendering(utterance: Utterance, language: str) -> Rendering | None:
    return next((one for one in utterance.renderings if one.language == language), None)


@attrs.frozen
class _Spoken:
    """A piece's translation and when it was said, from the beginning of its passage."""

    text: str = attrs.field(repr=False)
    heard: float
    since: float
    until: float


def _spoken(
    pairs: Sequence[tuple[Utterance, Rendering]], span: Span, transcript: Transcript
) -> list[_Spoken]:
    def at(second: float) -> float:
        return transcript.origin + second - span.since

    found = [
        _Spoken(
            each.text,
            max(0.0, at(one.end if one.heard_at is None else one.heard_at)),
            at(each.spoken_at),
            at(each.spoken_until),
        )
        for one, each in pairs
        if each.spoken_at is not None and each.spoken_until is not None
    ]
    return sorted(found, key=lambda one: one.since)


def _translated(heard: Sequence[Span], spoken: Sequence[_Spoken], span: Span) -> list[Span]:
    """Return what of the sounds was translation: a voice that was passed on as it was is none."""
    found: list[Span] = []
    for one in spoken:
        since, until = span.since + one.since - _BESIDE, span.since + one.until + _BESIDE
        found += [
            Span(max(sound.since, since), min(sound.until, until))
            for sound in heard
            if sound.since < until and since < sound.until
        ]
    return sorted(found, key=lambda one: one.since)


def _lags(
    passage: Passage,
    span: Span,
    sounds: Sequence[Span],
    spoken: Sequence[_Spoken],
    *,
    is_whole: bool,
) -> Lags:
    heard = _translated(sounds, spoken, span)
    after_end = heard[0].since - span.until if heard else None
    tail = spoken[-1].since - span.length if spoken and is_whole else None
    outputs = list(_words_of(spoken, passage.target))
    reference = len(units(passage.reference, passage.target))

    def figure(measure: Callable[[Emissions], float | None], times: list[float]) -> float | None:
        return measure(Emissions(tuple(times), span.length, reference)) if times else None

    starts = [output.start for output in outputs]
    unaware = [output.heard for output in outputs]
    return Lags(
        start_offset=heard[0].since - span.since if heard else None,
        after_end=after_end,
        tail=after_end if is_whole and len(spoken) == 1 else tail,
        end_offset=max(one.until for one in heard) - span.until if heard else None,
        al=figure(lagging.average_lagging, starts),
        laal=figure(lagging.length_adaptive_average_lagging, starts),
        yaal=figure(lagging.yet_another_average_lagging, starts),
        atd=average_token_delay(outputs) if outputs else None,
        laal_unaware=figure(lagging.length_adaptive_average_lagging, unaware),
    )


def _words_of(spoken: Sequence[_Spoken], language: str) -> Iterator[Output]:
    """Yield each word and when it was said, as if those of a piece were equally long."""
    for one in spoken:
        known = units(one.text, language)
        each = max(0.0, one.until - one.since) / max(1, len(known))
        for number in range(len(known)):
            yield Output(one.heard, one.since + number * each, each)


def erasure(captions: Sequence[Caption]) -> float | None:
    """Return how many words of the captions were taken back, by how many stand; None without any.

    What somebody has said finally stays on the screen; behind it stands what may still change.
    """
    screens: dict[str, tuple[Erasure, list[str]]] = {}
    for caption in captions:
        if caption.speaker not in screens:
            screens[caption.speaker] = (Erasure(LANGUAGES[caption.speaker]), [])
        screen, final = screens[caption.speaker]
        if caption.is_final:
            # What was shown behind it comes again at once, as the beginning of what follows.
            final.append(caption.text)
        else:
            screen.show(" ".join([*final, caption.text]))
    for screen, final in screens.values():
        screen.show(" ".join(final))
    stand = sum(screen.final for screen, _ in screens.values())
    return normalised(sum(screen.deleted for screen, _ in screens.values()), stand)


def drifts(name: str, found: Sequence[Outcome], transcript: Transcript) -> list[Drift]:
    """Return how the lag of each monologue among these passages grew."""
    return [
        drift
        for one in found
        if one.passage.kind == "monologue" and (drift := _drift(name, one, transcript))
    ]


def _drift(name: str, outcome: Outcome, transcript: Transcript) -> Drift | None:
    spans: list[tuple[float, float]] = []
    for one in outcome.utterances:
        rendering = _rendering(one, outcome.passage.target)
        if rendering is not None and rendering.spoken_until is not None:
            ended = transcript.origin + one.end - outcome.span.since
            spans.append((ended, rendering.spoken_until - one.end))
    length = outcome.span.length
    part = min(60.0, length / 2)
    early = [lag for ended, lag in spans if ended <= part]
    late = [lag for ended, lag in spans if ended >= length - part]
    if not early or not late:
        return None
    backlog = max(lag for _, lag in spans)
    means = statistics.fmean(early), statistics.fmean(late)
    return Drift(name, length / 60, *means, backlog)


def spread(values: Iterable[float | None]) -> tuple[float, float] | None:
    """Return p50 and p95 of what is known, None if nothing is."""
    known = [value for value in values if value is not None]
    return (quantile(known, 0.5), quantile(known, 0.95)) if known else None
