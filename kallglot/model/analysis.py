"""An analysis: what somebody wants to know about a conversation, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

from kallglot.analysis.measures import Measures

__all__ = ["COMPONENTS", "MEASURED", "Analysis", "AnalysisStatus", "Inquiry"]

AnalysisStatus: TypeAlias = Literal["processing", "completed", "failed"]

#: What can be asked for.
COMPONENTS = (
    "summary",
    "sentiment",
    "compliance",
    "keywords",
    "performance",
    "topics",
    "action_items",
    "quality",
)

#: What is measured, whatever is asked for; the others take a reader of language.
MEASURED = frozenset({"performance", "quality"})


@attrs.frozen
class Inquiry:
    """What is asked; `language` is the one to write in, `prompts` replace our own."""

    components: tuple[str, ...]
    profile: str = "default"
    language: str = "en"
    prompts: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    webhook_url: str | None = attrs.field(default=None, repr=False)

    @property
    def beyond_us(self) -> tuple[str, ...]:
        """What is asked for and cannot be made here."""
        return tuple(each for each in self.components if each not in MEASURED)


@attrs.frozen
class Analysis:
    """An analysis of a session; `error` says in plain words what could not be made."""

    id: str
    session_id: str
    inquiry: Inquiry
    created_at: float
    status: AnalysisStatus = "processing"
    measures: Measures | None = None
    error: str | None = None
    completed_at: float | None = None
