"""The lag of a session as a log that tools of others can score.  Pure.

These are not transcripts: a line tells when words came out.  So they are not chosen by media type,
and not cut to one language.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from kallglot.formats import simuleval, simulstream
from kallglot.model.transcript import Utterance

__all__ = ["LOGS", "MEDIA_TYPE", "write"]

#: What a log of lag can look like.
LOGS = ("simuleval", "simulstream")
MEDIA_TYPE = "application/jsonl; charset=utf-8"


def write(utterances: Sequence[Utterance], log: str) -> str:
    """Return one of the `LOGS`: a JSON object per line.

    Raises:
        ValueError: there is no such log.
    """
    match log:
        case "simuleval":
            lines = simuleval.lines(utterances)
        case "simulstream":
            lines = simulstream.lines(utterances)
        case _:
            raise ValueError(f"cannot write lag as {log}")
    text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    return text.encode("utf-8", "replace").decode()  # a lone surrogate is no text
