"""Whether the people of the demonstration heard what they should have heard.  Pure.

The rules, from the strictest:

1. Every line is heard: what is heard sounds like what the transcript says was spoken or, where
   the models did not vouch for a translation, like the speaker's own voice.
2. Nothing else is heard, and nothing else is in the transcript.
3. What was heard is in the recording of what that person heard.
4. At least `EXACT` of the lines, in a short call all but one, are translated word for word as
   expected, and sound like it; of the rest at least `WORDS` of the words are right, or the
   speaker's own voice was heard instead.
5. Of the lines of several sentences at least one can be heard before its speaker has ended.
6. The session waited for the call that dropped, took it back, and ended.

Every breach is a failure that says what differs, where.  Only the lines that rule 4 leaves inexact
are tolerated, and said too.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

import attrs

from kallglot.demo.likeness import ENOUGH
from kallglot.demo.story import Line

__all__ = ["EXACT", "WORDS", "Course", "Evidence", "Verdict", "judge", "word_accuracy", "words"]

#: The share of lines that must be translated exactly.
EXACT = 0.8
#: The share of words that must be right where a line is not.
WORDS = 0.5


@attrs.frozen
class Evidence:
    """What is known of a line after the call.

    `recognised` and `translated` are the transcript's.  The likenesses are of what was heard:
    `as_said` to the speaker's own voice, `as_claimed` to the transcript's translation,
    `as_expected` to the expected one, and `as_recorded` to what the recording has there.  `lag` is
    None where the line was not heard, where its listener was away, or where it was being heard
    when it ended; `ahead` is how long before its end it began to be heard.
    """

    line: Line
    recognised: str
    translated: str
    as_claimed: float
    as_expected: float
    as_recorded: float
    lag: float | None
    as_said: float = 0.0
    ahead: float = 0.0

    @property
    def is_heard(self) -> bool:
        return self.as_claimed >= ENOUGH

    @property
    def is_exact(self) -> bool:
        return words(self.translated) == words(self.line.translation)


@attrs.frozen
class Course:
    """How the call went, besides what was said.

    `noises` are sounds that belong to no line, and `strangers` turns of the transcript that do,
    both in words; `wait` is how long the session would have waited for the call that dropped.
    """

    noises: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    wait: float | None = None
    came_back: bool = True
    status: str = "ended"


@attrs.frozen
class Verdict:
    """What is thought of the call; it is passed if there are no `failures`."""

    failures: tuple[str, ...]
    tolerated: tuple[str, ...]
    lines: int
    exact: int
    recognised_words: float
    translated_words: float
    median_lag: float | None
    p95_lag: float | None
    early: int = 0
    longest_ahead: float = 0.0

    @property
    def is_passed(self) -> bool:
        return not self.failures


def judge(evidence: Sequence[Evidence], course: Course) -> Verdict:
    """Return what is thought of a call."""
    failures = [*_of_the_course(course)]
    inexact: list[str] = []
    for number, each in enumerate(evidence, start=1):
        where = f"line {number}, {each.line.text!r}"
        faults = _faults(each)
        failures += [f"{where}: {fault}" for fault in faults]
        if not each.is_exact and not faults:
            heard = repr(each.translated) if each.translated else "the speaker's own voice"
            inexact.append(f"{where}: {heard} instead of {each.line.translation!r}")
    exact = sum(each.is_exact for each in evidence)
    if len(evidence) - exact > max(1, round((1 - EXACT) * len(evidence))):
        failures += inexact
        inexact = []
    several = [each for each in evidence if len(each.line.sentences) > 1 and each.is_heard]
    early = [each for each in evidence if each.ahead > 0]
    if several and not any(each in several for each in early):
        failures.append("no line was heard before its speaker had ended")
    lags = sorted(each.lag for each in evidence if each.lag is not None)
    return Verdict(
        failures=tuple(failures),
        tolerated=tuple(inexact),
        lines=len(evidence),
        exact=exact,
        recognised_words=_mean([word_accuracy(e.line.text, e.recognised) for e in evidence]),
        translated_words=_mean([word_accuracy(e.line.translation, e.translated) for e in evidence]),
        median_lag=statistics.median(lags) if lags else None,
        early=len(early),
        longest_ahead=max((each.ahead for each in early), default=0.0),
        p95_lag=lags[min(len(lags) - 1, round(0.95 * len(lags)))] if lags else None,
    )


def _faults(evidence: Evidence) -> list[str]:
    line = evidence.line
    if not evidence.recognised:
        return ["is not in the transcript"]
    if not evidence.translated and evidence.as_said < ENOUGH:
        return [f"was understood as {evidence.recognised!r}, and neither translated nor passed on"]
    if not evidence.translated:
        return []
    if not evidence.is_heard:
        score = f"likeness {evidence.as_claimed:.2f}, {ENOUGH} is enough"
        return [f"the {line.listener} did not hear {evidence.translated!r} ({score})"]
    if evidence.as_recorded < ENOUGH:
        return [f"is not in the recording of what the {line.listener} heard"]
    if evidence.is_exact and evidence.as_expected < ENOUGH:
        return [f"does not sound like {line.translation!r}"]
    right = word_accuracy(line.translation, evidence.translated)
    if right < WORDS:
        return [f"only {right:.0%} of the words are right: {evidence.translated!r}"]
    return []


def _of_the_course(course: Course) -> list[str]:
    faults = [*course.noises, *course.strangers, *course.complaints]
    if course.wait is None:
        faults.append("the session set no deadline for the call that dropped")
    elif course.wait <= 0:
        faults.append("the session's deadline for the call that dropped had passed")
    if not course.came_back:
        faults.append("the call that dropped was not taken back")
    if course.status != "ended":
        faults.append(f"the session is {course.status} and not ended")
    return faults


def words(text: str) -> list[str]:
    """Return the words of a sentence, without case and punctuation."""
    return re.findall(r"[\w'-]+", text.casefold())


def word_accuracy(expected: str, found: str) -> float:
    """Return the share of words that are right: 1 less substitutions, gaps and additions."""
    wanted, got = words(expected), words(found)
    if not wanted:
        return 1.0 if not got else 0.0
    return max(0.0, 1 - _distance(wanted, got) / len(wanted))


def _distance(wanted: Sequence[str], got: Sequence[str]) -> int:
    row = list(range(len(got) + 1))
    for count, word in enumerate(wanted, start=1):
        diagonal, row[0] = row[0], count
        for at, other in enumerate(got, start=1):
            cost = min(row[at] + 1, row[at - 1] + 1, diagonal + (word != other))
            diagonal, row[at] = row[at], cost
    return row[-1]


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if values else 0.0
