"""Whether the people of a session can be translated to each other.  Pure.

Without this a call in languages that no model serves would connect, and stay untranslated.
"""

from __future__ import annotations

from collections.abc import Callable

from kallglot.errors import NotAvailable
from kallglot.hearing import hearings
from kallglot.model.session import Session

__all__ = ["check_pairs"]


def check_pairs(session: Session, can_translate: Callable[[str, str], bool]) -> None:
    """Return if every translation that the session asks for can be had.

    Languages that are yet to be detected are let in: what they are is known when somebody speaks.

    Raises:
        NotAvailable: `feature_not_available`, no model serves a pair of its languages.
    """
    languages = {each.key: each.language for each in session.participants}
    wanted = hearings(
        session.mode, session.participants, session.hearing_original, lambda _, __: True
    )
    for hearing in wanted:
        source = languages[hearing.speaker]
        if source is None or hearing.language is None:
            continue
        if not can_translate(source, hearing.language):
            raise NotAvailable(
                f"no model of this server translates from {source} to {hearing.language};"
                " whoever runs it can add one: kallglot models list"
                f" --pair {source}-{hearing.language}",
                param="target_language",
            )
