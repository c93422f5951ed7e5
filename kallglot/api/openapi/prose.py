"""Text in the reference, which is a little of Markdown, as HTML.  Pure."""

from __future__ import annotations

import re
from html import escape
from itertools import groupby

__all__ = ["inline", "paragraphs"]

_MARKS = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")


def inline(text: str) -> str:
    """Return a line with its code and its bold words."""
    return _MARKS.sub(
        lambda found: f"<code>{found[1]}</code>" if found[1] else f"<strong>{found[2]}</strong>",
        escape(text, quote=False),
    )


def paragraphs(text: str) -> str:
    """Return paragraphs and lists."""
    made = []
    for block in text.split("\n\n"):
        for is_list, lines in groupby(block.strip().splitlines(), lambda each: each[:2] == "* "):
            if is_list:
                items = "".join(f"<li>{inline(line[2:])}</li>" for line in lines)
                made.append(f"<ul>{items}</ul>")
            else:
                made.append(f"<p>{inline(' '.join(lines))}</p>")
    return "".join(made)
