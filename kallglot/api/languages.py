"""Languages as they are written in requests."""

from __future__ import annotations

import re

__all__ = ["CODES", "language_code"]

#: ISO 639-1, and the languages without a place there that people call in.
CODES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy
    hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li
    ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa
    pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th
    ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    ast ceb cmn fil gsw haw hmn kea lmo nan scn yue
    """.split()  # noqa: SIM905 - to be read by people
)

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")


def language_code(tag: str) -> str | None:
    """Return `de` for `de-DE`; None for `auto`, which is to be detected.

    Raises:
        ValueError: that is no language.
    """
    text = tag.strip()
    if text.lower() in {"", "auto"}:
        return None
    match = _TAG.fullmatch(text)
    if match is None or match[1].lower() not in CODES:
        raise ValueError("no such language")
    return match[1].lower()
