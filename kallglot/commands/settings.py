"""The settings as the commands take them: `--data` and `--bind` win over file and environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from kallglot.config import Settings
from kallglot.errors import SettingsError
from kallglot.speech import catalogue, hub
from kallglot.speech.client import Hosts
from kallglot.speech.remote import Address
from kallglot.speech.secret import read_secret

__all__ = ["config_option", "data_option", "hosts_of", "load", "speech_of"]

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


def hosts_of(settings: Settings) -> Hosts:
    """Return where speech is understood: here, or on the machine that the settings name.

    Raises:
        SettingsError: a choice is none.
        ModelMissing: models must be pulled first; the message says which and how.
    """
    speech = settings.speech
    if not speech.mind:
        return Hosts.of(speech_of(settings))
    host, colon, port = speech.mind.rpartition(":")
    if not colon or not host or not port.isdigit():
        raise SettingsError(f"speech.mind is {speech.mind!r}; it must be host:port")
    mind = Address("mind", host.strip("[]"), int(port), read_secret(speech.secret or None))
    return Hosts.of(catalogue.SpeechSettings(), mind=mind)


def speech_of(settings: Settings) -> catalogue.SpeechSettings:
    """Return which models these settings name, and let them be fetched as these settings say.

    Raises:
        SettingsError: a choice is none.
        ModelMissing: models must be pulled first; the message says which and how.
    """
    speech, models = settings.speech, settings.models
    hub.prefer(models.mirror, is_offline=models.offline)
    choices = {
        "recogniser": speech.recogniser,
        "translator": speech.translator,
        "synthesiser": speech.synthesiser,
    }
    return catalogue.SpeechSettings(
        **catalogue.settle(choices, models.folder),
        device=speech.device,
        threads=speech.threads,
        rows=speech.rows,
    )
