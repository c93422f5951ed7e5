"""`kallglot export`: everything that is kept of a session, or of many, in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from kallglot.commands import terminal
from kallglot.commands.api import Api, ApiError, JsonObject, connected
from kallglot.commands.exportmany import PACKAGINGS, Wish, export_many, moment
from kallglot.commands.terminal import examples
from kallglot.formats.lag import LOGS

__all__ = ["command", "export_session"]

#: Of a transcript, and how the files are called.
TRANSCRIPTS = {"json": "json", "text": "txt", "srt": "srt", "vtt": "vtt", "csv": "csv"}
SOUNDS = ("mp3", "wav", "ogg", "flac")


@click.command(
    "export",
    epilog=examples(
        "kallglot export sess_01JD3W5A0000000000000000",
        "kallglot export sess_01JD3W5A0000000000000000 --to call-17 --format flac",
        "kallglot export sess_01JD3W5A0000000000000000 --lag simuleval",
        "kallglot export --since 2026-11-01 --to calls",
        "kallglot export --since 2026-11-01 --until 2026-12-01 --to calls --as folder",
    ),
)
@click.argument("session", required=False)
@click.option(
    "--since",
    callback=moment,
    metavar="WHEN",
    help="Save the sessions created since that day or time.",
)
@click.option(
    "--until", callback=moment, metavar="WHEN", help="And before that one.  [default: now]"
)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to.  [default: a folder named as the session]",
)
@click.option(
    "--format",
    "sound",
    type=click.Choice(SOUNDS),
    help="What the recordings are saved as.  [default: mp3; with --since wav, as they are kept]",
)
@click.option(
    "--as",
    "packaging",
    type=click.Choice(PACKAGINGS),
    help="With --since: an archive of each session, or a folder.  [default: zip]",
)
@click.option(
    "--lag",
    "logs",
    type=click.Choice(LOGS),
    multiple=True,
    help="Also save when each word came out, for tools that score lag; may be given twice.",
)
@click.option(
    "--url",
    envvar="KALLGLOT_URL",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="The server; or KALLGLOT_URL.",
)
@click.option("--api-key", envvar="KALLGLOT_API_KEY", help="An API key; or KALLGLOT_API_KEY.")
def command(
    session: str | None,
    since: float | None,
    until: float | None,
    folder: Path | None,
    sound: str | None,
    packaging: str | None,
    logs: tuple[str, ...],
    url: str,
    api_key: str | None,
) -> None:
    """Save the transcript and the recordings of SESSION, sess_…, or those of many.

    The transcript is saved as JSON, text, SRT and VTT subtitles and CSV; of the recordings, what
    everybody said, what everybody heard, and all voices together.  With --lag also when each word
    of a translation came out, as SimulEval or simulstream logs it.

    With --since every session that has ended is saved as the server packs it, with its events and
    a manifest, and checked.  Those that are there already are left, so that a command that was
    cut short goes on where it was when it is given again.
    """
    if api_key is None:
        raise click.UsageError(
            "an API key is needed, --api-key or KALLGLOT_API_KEY; `kallglot keys create` makes one"
        )
    server = (url, api_key)
    if session is not None:
        if since is not None or until is not None or packaging is not None:
            raise click.UsageError("--since, --until and --as are for many sessions, not for one")
        terminal.run(_export(session, folder or Path(session), sound or "mp3", logs, server))
        return
    if since is None:
        raise click.UsageError("which session? name one, or say --since when")
    if folder is None:
        raise click.UsageError("--since needs a folder to save into: --to DIR")
    if logs:
        raise click.UsageError("--lag is for one session")
    wish = Wish(folder, since, until, sound or "wav", packaging or "zip")
    terminal.run(_export_many(wish, server))


async def _export_many(wish: Wish, server: tuple[str, str]) -> None:
    async with connected(*server) as api:
        outcome = await export_many(api, wish, terminal.notes())
    click.echo(outcome.summary, err=True)
    if outcome.failed:
        reasons = "".join(f"\n  {name}: {why}" for name, why in outcome.failed.items())
        raise click.ClickException(
            f"{len(outcome.failed)} could not be saved; give the command again to try them"
            f" again:{reasons}"
        )


async def _export(
    session_id: str, folder: Path, sound: str, logs: Sequence[str], server: tuple[str, str]
) -> None:
    console = terminal.notes()
    async with connected(*server) as api:
        await api.get(f"/v1/sessions/{session_id}")
        folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nobody else is waiting
        saved = [await _save_log(api, session_id, folder, log) for log in logs]
        saved += await export_session(api, session_id, folder, sound, console)
    for path in saved:
        click.echo(path)


async def export_session(
    api: Api, session_id: str, folder: Path, sound: str, console: Console
) -> list[Path]:
    """Save everything, and return the files."""
    saved: list[Path] = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("transcript", total=None)
        for name, suffix in TRANSCRIPTS.items():
            saved.append(folder / f"transcript.{suffix}")
            path = f"/v1/sessions/{session_id}/transcript"
            await api.download(path, saved[-1], format=name)
        progress.update(task, description="waiting for the recordings")
        recordings = await api.recordings(session_id)
        progress.update(task, total=len(recordings))
        for recording in recordings:
            progress.update(task, description=recording["channel"], advance=1)
            saved.append(await _save(api, recording, folder, sound))
    return saved


async def _save_log(api: Api, session_id: str, folder: Path, log: str) -> Path:
    target = folder / f"lag.{log}.jsonl"
    await api.download(f"/v1/sessions/{session_id}/transcript", target, format=log)
    return target


async def _save(api: Api, recording: JsonObject, folder: Path, sound: str) -> Path:
    if recording["status"] != "ready":
        raise ApiError(f"the recording of {recording['channel']} is {recording['status']}")
    target = folder / f"{recording['channel']}.{sound}"
    await api.download(f"/v1/recordings/{recording['id']}/audio", target, format=sound)
    return target
