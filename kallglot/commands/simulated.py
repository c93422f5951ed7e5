"""What `kallglot simulate` can be asked: the options that its carriers share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs
import av
import click

from kallglot.audio import files
from kallglot.testing import Faults, Manner, Person, WebhookFaults, plays

__all__ = ["NUMBER", "RATE", "Wanted", "options"]

RATE: Final = 8000
#: What is called where --number is not given.
NUMBER: Final = "+15550100100"

_SHARE: Final = click.FloatRange(0, 100)

_OPTIONS: Final = (
    click.option(
        "--server",
        default="http://127.0.0.1:8080",
        show_default=True,
        help="The Kallglot server whose webhooks are called.",
    ),
    click.option("--number", help=f"The number that is called.  [default: {NUMBER}]"),
    click.option(
        "--from", "caller", default="+4915510001000", show_default=True, help="Who calls."
    ),
    click.option(
        "--voice-url",
        help="Where the number's calls are answered, if not by the server: your own application.",
    ),
    click.option("--status-callback", help="Where the number's statuses are told."),
    click.option(
        "--play",
        multiple=True,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="What the person says; may be repeated: they wait for an answer.",
    ),
    click.option(
        "--record",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write what was heard to this wave file.",
    ),
    click.option(
        "--wait",
        type=click.FloatRange(0),
        default=8.0,
        show_default=True,
        help="Seconds to wait for each answer.",
    ),
    click.option(
        "--calls",
        type=click.IntRange(1, 10_000),
        default=1,
        show_default=True,
        help="How many calls; more than one end in a summary.",
    ),
    click.option(
        "--per-second",
        type=click.FloatRange(0.01, 1000),
        default=5.0,
        show_default=True,
        help="How many of them begin in a second.",
    ),
    click.option(
        "--api-port",
        type=click.IntRange(0, 65535),
        help="Serve the REST API there, until interrupted.",
    ),
    click.option(
        "--auth-token",
        envvar="KALLGLOT_SIMULATED_TOKEN",
        default="0123456789abcdef0123456789abcdef",
        help="Twilio's auth token, or Telnyx's API key, that is made up.",
    ),
    click.option(
        "--account", default="AC00000000000000000000000000000001", help="Twilio's account SID."
    ),
    click.option("--loss", type=_SHARE, default=0.0, help="Percent of frames lost."),
    click.option("--disorder", type=_SHARE, default=0.0, help="Percent overtaken."),
    click.option(
        "--jitter",
        type=click.FloatRange(0, 5),
        default=0.0,
        help="Longest delay of a frame, in seconds.",
    ),
    click.option(
        "--webhooks-lost",
        type=_SHARE,
        default=0.0,
        help="Percent of webhooks lost; requests for documents never are.",
    ),
    click.option(
        "--webhooks-doubled", type=_SHARE, default=0.0, help="Percent of webhooks that come twice."
    ),
    click.option(
        "--webhooks-late",
        type=click.FloatRange(0, 60),
        default=0.0,
        help="Longest delay of a webhook, in seconds.",
    ),
    click.option(
        "--answers-after",
        type=click.FloatRange(0, 600),
        default=1.0,
        show_default=True,
        help="Seconds until whoever is called answers.",
    ),
    click.option(
        "--cut-after",
        type=click.FloatRange(0),
        help="Cut the first stream's cable after so many seconds, without a goodbye.",
    ),
    click.option("--seed", type=int, default=0, help="Chooses what goes wrong."),
    click.option(
        "--lenient",
        is_flag=True,
        help="Note what the carrier would refuse, such as both tracks in <Connect>, and go on.",
    ),
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of every carrier."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@attrs.frozen
class Wanted:
    """What the command was asked to do; times are in seconds."""

    server: str
    number: str | None
    caller: str
    voice_url: str | None
    status_callback: str | None
    play: tuple[Path, ...]
    record: Path | None
    wait: float
    calls: int
    per_second: float
    api_port: int | None
    auth_token: str = attrs.field(repr=False)
    account: str
    loss: float
    disorder: float
    jitter: float
    webhooks_lost: float
    webhooks_doubled: float
    webhooks_late: float
    answers_after: float
    cut_after: float | None
    seed: int
    lenient: bool
    call_control: bool = False

    @property
    def rings(self) -> bool:
        """Whether somebody calls the server, and not only the server somebody."""
        return self.number is not None or self.voice_url is not None or self.api_port is None

    def manner(self) -> Manner:
        return Manner(
            pace=1.0,
            is_strict=not self.lenient,
            media=Faults(self.loss / 100, self.disorder / 100, self.jitter),
            webhooks=WebhookFaults(
                self.webhooks_lost / 100, self.webhooks_doubled / 100, delay=self.webhooks_late
            ),
            seed=self.seed,
        )

    def person(self) -> Person:
        sounds = [_sound(path) for path in self.play]
        talk = plays(sounds, patience=self.wait)
        return Person(after=self.answers_after, talk=talk, leaves=self.rings)


def _sound(path: Path) -> bytes:
    try:
        return files.load(path, RATE).tobytes()
    except (av.error.FFmpegError, IndexError) as error:
        raise click.BadParameter(
            f"{path} is no sound that can be read", param_hint="--play"
        ) from error
