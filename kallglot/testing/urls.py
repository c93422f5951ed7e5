"""URLs that others write: what is none crashes nobody.  Pure."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

__all__ = ["is_url", "joined"]


def joined(url: str, other: str) -> str:
    """Return a URL that is relative to another; empty if it is none."""
    try:
        return urljoin(url, other)
    except ValueError:
        return ""


def is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
