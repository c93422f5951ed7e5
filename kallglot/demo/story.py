"""What is said in the demonstration.

Every line is from the domain of the demonstration models, and has a sentence in it that was kept
out of their training: tests/demo/test_story.py checks that.  They were chosen to make a story that
the models manage; how the models do on all sentences kept out is measured with
`scripts/train-demo-models --evaluate`.  Lines of two sentences are said in one breath, so that the
first is heard while the second is being said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

__all__ = ["LANGUAGES", "STORY", "Line", "shortened"]

LANGUAGES = {"customer": "de", "agent": "en"}


@attrs.frozen
class Line:
    """A sentence, what it becomes, and whether its listener's line is dead while it is said."""

    speaker: str
    text: str
    translation: str
    is_missed: bool = False

    @property
    def sentences(self) -> list[str]:
        """What is said, a sentence each."""
        return re.findall(r"[^.?!]+[.?!]", self.text.replace(". ", ".").replace("? ", "?"))

    @property
    def listener(self) -> str:
        return "agent" if self.speaker == "customer" else "customer"

    @property
    def language(self) -> str:
        return LANGUAGES[self.speaker]

    @property
    def german(self) -> str:
        return self.text if self.language == "de" else self.translation

    @property
    def english(self) -> str:
        return self.text if self.language == "en" else self.translation


def _agent(english: str, german: str, *, is_missed: bool = False) -> Line:
    return Line("agent", english, german, is_missed)


def _customer(german: str, english: str) -> Line:
    return Line("customer", german, english)


STORY: Sequence[Line] = (
    _agent(
        "Hello, this is Helen Becker from customer service. What can I do for you today?",
        "Guten Tag, hier spricht Helen Becker vom Kundendienst. Was kann ich heute für Sie tun?",
    ),
    _customer(
        "Ich habe gestern schon einmal angerufen. Das Internet ist seit neun Stunden weg.",
        "I already called once yesterday. The internet has been down for nine hours.",
    ),
    _agent("Can you please restart the router?", "Können Sie den Router bitte neu starten?"),
    _customer(
        "Ich habe den Router erst heute früh gekauft.",
        "I only bought the router early today.",
    ),
    _agent(
        "The technician will come to Munich on Tuesday afternoon.",
        "Der Techniker kommt am Dienstagnachmittag nach München.",
        is_missed=True,
    ),
    _customer(
        "Wunderbar. Bitte rufen Sie mich am Dienstag um halb vier an.",
        "Wonderful. Please call me on Tuesday at half past three.",
    ),
    _agent(
        "I will put you down for Tuesday at half past five."
        " Is there anything else I can do for you?",
        "Ich trage Sie für Dienstag um halb sechs ein. Kann ich sonst noch etwas für Sie tun?",
    ),
    _customer(
        "In Ordnung. Sie haben mir sehr geholfen.",
        "All right. You have helped me a lot.",
    ),
)


def shortened() -> Sequence[Line]:
    """Return a story of three lines, which has a dropped call in it all the same."""
    return (STORY[0], STORY[1], STORY[4])
