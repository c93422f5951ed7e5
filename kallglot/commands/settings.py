"""The settings as the commands take them: `--data` and `--bind` win over file and environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from kallglot.config import Settings
from kallglot.speech import catalogue

__all__ = ["config_option", "data_option", "load", "speech_of"]

F = TypeVar("F", bound=Callable[..., Any])

config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Settings file.  [default: kallglot.toml here, if there is one]",
)
data_option = click.option(
    "--data",
    type=click.Path(file_okay=False),
    help="Folder of the database and the recordings.  [default: as in the settings]",
)


def load(config: Path | None, *, data: str | None = None, bind: str | None = None) -> Settings:
    """Return the settings; raises `SettingsError`."""
    given = {"KALLGLOT_DATA": data, "KALLGLOT_BIND": bind}
    changed = {name: value for name, value in given.items() if value is not None}
    return Settings.load(config, {**os.environ, **changed})


def speech_of(settings: Settings) -> catalogue.SpeechSettings:
    """Return which models these settings name."""
    speech = settings.speech
    return catalogue.SpeechSettings(
        recogniser=speech.recogniser,
        translator=speech.translator,
        synthesiser=speech.synthesiser,
        device=speech.device,
        threads=speech.threads,
    )
