"""What browsers say and are told, in either generation of our own protocol."""

from __future__ import annotations

import base64
import json
from typing import Any

from kallglot.providers import Notice, StreamOffer
from plugins.browser.wire import BrowserWire

__all__ = ["FINAL", "connected", "older_audio"]

FINAL = Notice(
    "transcript.final",
    {
        "id": "utt_1",
        "sequence": 3,
        "speaker": "customer",
        "language": "de",
        "text": "Guten Tag",
        "is_final": True,
        "start_time": 4.12,
        "end_time": 6.05,
        "confidence": 0.93,
        "translation": {"language": "en", "text": "Good day"},
    },
)


def connected(**query: str) -> BrowserWire:
    return BrowserWire(StreamOffer(session_id="sess_1", query=query, headers={}))


def older_audio(audio: bytes, **fields: Any) -> str:
    return json.dumps({"type": "audio", "data": base64.b64encode(audio).decode()} | fields)
