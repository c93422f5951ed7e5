"""A glossary: what an organization calls things, in one language and in another."""

from __future__ import annotations

import attrs

__all__ = ["Glossary", "KeptGlossary", "Term", "TermCount"]


@attrs.frozen
class Term:
    """What a thing is called.

    `spoken_as` is how the target is written so that it is spoken right.  What is not translated,
    such as the name of a product, is the same in both languages and in both directions.
    """

    source_language: str
    target_language: str
    source: str = attrs.field(repr=False)
    target: str = attrs.field(repr=False)
    is_case_sensitive: bool = False
    spoken_as: str | None = attrs.field(default=None, repr=False)
    do_not_translate: bool = False


@attrs.frozen
class Glossary:
    """Terms, the earlier ones first.

    With `is_inflected` a term is also found with the endings of its language: `Rechnungen` where
    the term is `Rechnung`.  `id` names the kept glossary that terms were taken from.
    """

    terms: tuple[Term, ...] = attrs.field(default=(), repr=False)
    is_inflected: bool = True
    id: str | None = None


@attrs.frozen
class KeptGlossary:
    """A glossary that an organization keeps."""

    id: str
    organization_id: str
    name: str
    glossary: Glossary
    created_at: float
    updated_at: float
    environment: str = "live"


@attrs.frozen
class TermCount:
    """How often a term was said and came out as it should, and how often it did not."""

    source: str = attrs.field(repr=False)
    target: str = attrs.field(repr=False)
    hits: int = 0
    misses: int = 0
