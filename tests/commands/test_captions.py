"""What somebody at a terminal reads of a call."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from kallglot.commands.captions import Captions
from kallglot.phones.handset import Received
from kallglot.providers import Notice


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"speaker": "customer", "language": "de"}, "customer speaks de"),
        (
            {"speaker": "customer", "language": "en", "previous": "de"},
            "customer speaks en now, and no longer de",
        ),
        ({"language": "de"}, "somebody speaks de"),
    ],
)
def test_it_is_said_in_words_what_somebody_speaks_and_that_they_have_changed_it(fields, words):
    paper = io.StringIO()
    captions = Captions(Console(file=paper, width=200))
    captions.show(Received(Notice("language_detected", {**fields, "confidence": 0.93}), 0.0))
    assert paper.getvalue().strip() == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "active", "reconnect_deadline": None}, "session active"),
        (
            {"status": "active", "reconnect_deadline": "2026-04-01T09:05:00Z"},
            "session active, somebody is away and may come back",
        ),
        ({"translation": "unavailable"}, "translation is unavailable, voices pass as they are"),
    ],
)
def test_a_status_is_said_in_words(fields, words):
    paper = io.StringIO()
    captions = Captions(Console(file=paper, width=200))
    captions.show(Received(Notice("session.status", fields), 0.0))
    assert paper.getvalue().strip() == words
