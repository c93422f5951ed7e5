"""What Kallglot itself says on the phone, by occasion and language."""

from __future__ import annotations

__all__ = ["PHRASES"]

PHRASES: dict[tuple[str, str], str] = {
    ("unavailable", "de"): (
        "Die Übersetzung ist im Moment nicht verfügbar. Sie hören sich jetzt direkt."
    ),
    ("unavailable", "en"): (
        "Translation is not available at the moment. You now hear each other directly."
    ),
    ("captions", "de"): "Übersetzungen sind im Moment nur zu lesen.",
    ("captions", "en"): "Translations can only be read at the moment.",
    ("behind", "de"): "Ich lasse etwas aus.",
    ("behind", "en"): "I am leaving something out.",
    ("available", "de"): "Die Übersetzung ist wieder da.",
    ("available", "en"): "Translation is back.",
}
