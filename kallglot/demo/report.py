"""What the demonstration leaves behind: sounds, texts, a log and a summary."""

from __future__ import annotations

import json
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from kallglot.audio import files
from kallglot.commands.api import Api, JsonObject
from kallglot.demo.conversation import Held
from kallglot.demo.judgement import Evidence, Verdict

__all__ = ["HEARD", "save_call", "save_log", "save_summary"]

HEARD = ("customer_heard", "agent_heard")
_TRACKS = ("customer", "agent", "mixed", *HEARD)
_TEXTS = {"json": "json", "srt": "srt", "text": "txt"}


async def save_call(api: Api, session_id: str, folder: Path) -> JsonObject:
    """Save what the API has of the call, and return its transcript.

    A track that is not there, because nothing was to be recorded, becomes a second of silence: the
    judgement will say what is missing in it.
    """
    path = f"/v1/sessions/{session_id}/transcript"
    for name, suffix in _TEXTS.items():
        await api.download(path, folder / f"transcript.{suffix}", format=name)
    recordings = {recording["channel"]: recording for recording in await api.recordings(session_id)}
    for track in _TRACKS:
        target = folder / f"{track}.wav"
        recording = recordings.get(track)
        if recording is None or recording["status"] != "ready":
            _save_silence(target)
        else:
            path = f"/v1/recordings/{recording['id']}/audio"
            await api.download(path, target, format="wav")
    _save_stereo(folder)
    transcript: JsonObject = json.loads((folder / "transcript.json").read_text())
    return transcript


def _save_silence(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 8000))


def _save_stereo(folder: Path) -> None:
    """Make one file to listen to: the customer's telephone on the left, the agent's on the right.

    On each is what its owner says, and what they hear.
    """
    sides = []
    for who in ("customer", "agent"):
        side = folder / f".{who}.wav"
        files.mix_tracks([folder / f"{who}.wav", folder / f"{who}_heard.wav"], side)
        sides.append(side)
    with (folder / "call.mp3").open("wb") as out:
        out.writelines(files.encode(sides, "mp3"))
    for side in sides:
        side.unlink()


def save_log(held: Held, events: Sequence[dict[str, Any]], folder: Path) -> None:
    """Save everything that happened, in order: on the phones, and what the server announced."""
    rows: list[dict[str, Any]] = [
        {"at": round(each.at, 3), "source": "call", "what": each.what, **each.fields}
        for each in held.happenings
    ]
    for exchange in held.exchanges:
        line = exchange.line
        rows.append(_row(exchange.said.since, f"{line.speaker} says", text=line.text))
        if exchange.hearing is not None:
            what = f"{line.listener} hears the translation"
            rows.append(_row(exchange.hearing.since, what, lag=exchange.lag))
    for who, phone in held.phones.items():
        for received in phone.handset.received:
            fields = {"type": received.notice.type, "fields": dict(received.notice.fields)}
            rows.append(_row(received.at - held.began, f"{who} is shown", **fields))
    rows += events
    rows.sort(key=lambda row: row["at"])
    with (folder / "events.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _row(at: float, what: str, **fields: object) -> dict[str, Any]:
    return {"at": round(at, 3), "source": "phone", "what": what, **fields}


def save_summary(
    folder: Path,
    verdict: Verdict,
    evidence: Sequence[Evidence],
    about: Mapping[str, object],
) -> None:
    """Save what is thought of the call, and why."""
    summary = {
        "is_passed": verdict.is_passed,
        **about,
        "lines": verdict.lines,
        "exact_translations": verdict.exact,
        "word_accuracy": {
            "recognised": round(verdict.recognised_words, 4),
            "translated": round(verdict.translated_words, 4),
        },
        "heard_before_the_end": {
            "lines": verdict.early,
            "longest_seconds": round(verdict.longest_ahead, 3),
        },
        "lag_seconds": {"median": _rounded(verdict.median_lag), "p95": _rounded(verdict.p95_lag)},
        "failures": verdict.failures,
        "tolerated": verdict.tolerated,
        "evidence": [
            attrs.asdict(each) | {"is_exact": each.is_exact, "is_heard": each.is_heard}
            for each in evidence
        ],
    }
    text = json.dumps(summary, ensure_ascii=False, indent=2)
    (folder / "summary.json").write_text(text + "\n", "utf-8")


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
