"""Whom the actors of one participant talk to."""

from __future__ import annotations

import attrs

from kallglot.messages import Receiver

__all__ = ["Colleagues"]


@attrs.frozen
class Colleagues:
    """Whom a participant talks to."""

    session: Receiver
    translator: Receiver
    transcript: Receiver
    recorder: Receiver
