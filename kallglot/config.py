"""Settings: what they are called, what they may be, and where they come from.

They are read from a TOML file and from `KALLGLOT_…` variables of the environment, and the
environment wins.  `SETTINGS` is the one table of them: the loader, the example file and the
documentation are made from it.
"""

from __future__ import annotations

import difflib
import json
import os
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from kallglot.errors import SettingsError
from kallglot.model.retention import Retention
from kallglot.routing import Directory, ManagedNumber
from kallglot.settingtable import PREFIX, SETTINGS, Setting
from kallglot.settingtypes import (
    Address,
    ConnectionsType,
    NumbersType,
    Secret,
    UnfitError,
)
from kallglot.speech.models import profiles

__all__ = [
    "SETTINGS",
    "CorsSettings",
    "ModelsSettings",
    "RecordingSettings",
    "RetentionSettings",
    "Setting",
    "Settings",
    "SpeechSettings",
    "WebhookSettings",
]

FILE = "kallglot.toml"

#: Variables with our prefix that are for somebody else, such as a client or the tests.
NOT_SETTINGS = frozenset({"CONFIG", "API_KEY", "URL"})

_BY_NAME = {setting.name: setting for setting in SETTINGS}
_BY_VARIABLE = {setting.variable: setting for setting in SETTINGS}
_SECTIONS = frozenset(name.partition(".")[0] for name in _BY_NAME if "." in name)


@attrs.frozen
class SpeechSettings:
    """Which models, and where."""

    profile: str
    recogniser: str
    translator: str
    synthesiser: str
    device: str
    threads: int
    mind: str
    secret: str
    rows: int


@attrs.frozen
class ModelsSettings:
    """Where models are kept, and where they come from."""

    folder: Path
    mirror: str | None
    offline: bool


@attrs.frozen
class RecordingSettings:
    """Whether and how long conversations are kept as sound."""

    allow: bool
    retention_days: int


@attrs.frozen
class RetentionSettings:
    """How long words and events are kept, where an organization has no rule of its own."""

    transcript_days: int
    event_days: int


@attrs.frozen
class WebhookSettings:
    """Where webhooks may go, how long they may take, and how long that is remembered."""

    allow_private: bool
    timeout: float
    keep_days: int
    retry_scale: float

    @property
    def kept(self) -> float:
        return self.keep_days * 86_400.0


@attrs.frozen
class CorsSettings:
    """Whose pages may ask."""

    origins: tuple[str, ...]


@attrs.frozen
class Settings:
    """What the operator has settled; every time is in seconds."""

    bind: Address
    data: Path
    public_url: str
    secret_key: str = attrs.field(repr=False)
    log_level: str
    max_sessions: int
    rate_limit: int
    reconnect_window: float
    connect_window: float
    inactivity: float
    token_lifetime: float
    tokenless_telnyx: bool
    interruption: str
    interruption_resume: bool
    lag_ceiling: float
    metrics: str
    speech: SpeechSettings
    models: ModelsSettings
    recording: RecordingSettings
    retention: RetentionSettings
    webhooks: WebhookSettings
    cors: CorsSettings
    directory: Directory

    @classmethod
    def load(
        cls, path: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Settings:
        """Read the settings.

        Without `path` the file is the one that `KALLGLOT_CONFIG` names, or `kallglot.toml` here
        if there is one.

        Raises:
            SettingsError: names the setting, where it came from, and what it may be.
        """
        variables = os.environ if environment is None else environment
        file = path or _file_of(variables)
        given = {} if file is None else dict(_from_file(file))
        return cls._of(_settled(given | dict(_from_environment(variables))))

    @classmethod
    def default(cls, **changed: Any) -> Settings:
        """Return the defaults, for tests and tools; sections as `sip__enabled=True`."""
        given = {name.replace("__", "."): value for name, value in changed.items()}
        read = {name: _read(_BY_NAME[name], given[name], "the caller") for name in given}
        return cls._of(_settled(read))

    @classmethod
    def _of(cls, values: Mapping[str, Any]) -> Settings:
        def section(name: str) -> dict[str, Any]:
            head = name + "."
            return {key.removeprefix(head): values[key] for key in values if key.startswith(head)}

        plain = {name: value for name, value in values.items() if "." not in name}
        plain["public_url"] = plain["public_url"] or f"http://{plain['bind'].reachable}"
        directory = Directory(
            numbers={
                number: ManagedNumber(carrier) for number, carrier in plain.pop("numbers").items()
            },
            connections=plain.pop("connections"),
            is_sip_enabled=values["sip.enabled"],
        )
        return cls(
            **plain,
            speech=SpeechSettings(**section("speech")),
            models=ModelsSettings(**section("models")),
            recording=RecordingSettings(**section("recording")),
            retention=RetentionSettings(**section("retention")),
            webhooks=WebhookSettings(**section("webhooks")),
            cors=CorsSettings(**section("cors")),
            directory=directory,
        )

    @property
    def kept(self) -> Retention:
        """How long what is kept where an organization has no rule of its own."""
        return Retention(
            self.recording.retention_days, self.retention.transcript_days, self.retention.event_days
        )

    def listening_on(self, port: int) -> Settings:
        """Return the settings with the port that was chosen where `bind` asks for any."""
        if self.bind.port:
            return self
        bind = attrs.evolve(self.bind, port=port)
        is_default = self.public_url == f"http://{self.bind.reachable}"
        public_url = f"http://{bind.reachable}" if is_default else self.public_url
        return attrs.evolve(self, bind=bind, public_url=public_url)

    def stream_url(self, session_id: str) -> str:
        """Return where a stream of that session connects."""
        return f"ws{self.public_url.removeprefix('http')}/v1/sessions/{session_id}/connect"

    @staticmethod
    def example() -> str:
        """Return a settings file with every setting at its default, and what it means."""
        lines = ["# Kallglot.  What is commented out is the default.", ""]
        sections: dict[str, list[Setting]] = {}
        for setting in SETTINGS:
            head, _, tail = setting.name.partition(".")
            sections.setdefault(head if tail else "", []).append(setting)
        for name, settings in sections.items():
            if name:
                lines += ["", f"[{name}]"]
            for setting in settings:
                lines += _example_of(setting)
        return "\n".join([*lines, ""])

    @staticmethod
    def reference() -> list[tuple[str, str, str, str]]:
        """Return, for each setting, its name, its variable, what it may be and what it means."""
        return [
            (setting.name, setting.variable, setting.type.says, setting.meaning)
            for setting in SETTINGS
        ]


def _settled(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all settings: those given, then those of the profile, then the defaults."""
    values = {name: setting.type(setting.default) for name, setting in _BY_NAME.items()}
    profile = given.get("speech.profile", values["speech.profile"])
    chosen = {f"speech.{name}": value for name, value in profiles.choices(profile).items()}
    return {**values, **chosen, **given}


def _example_of(setting: Setting) -> list[str]:
    meaning = f"{setting.meaning[0].upper()}{setting.meaning[1:]}: {setting.type.says}."
    comment = [f"# {line}" for line in textwrap.wrap(meaning, 96)]
    name = setting.name.rpartition(".")[2]
    match setting.type:
        case NumbersType() | ConnectionsType():
            return ["", *comment, *(f"# {line}" for line in setting.type.example)]
        case _ if setting.default is None:
            host = "calls" if setting.name == "public_url" else "mirror"
            return [*comment, f'# {name} = "https://{host}.example.com"']
        case _:
            return [*comment, f"# {name} = {json.dumps(setting.default)}"]


def _file_of(variables: Mapping[str, str]) -> Path | None:
    named = variables.get(PREFIX + "CONFIG")
    if named:
        return Path(named)
    return Path(FILE) if Path(FILE).exists() else None


def _from_file(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    for name, value in _flat(content, path):
        setting = _BY_NAME.get(name)
        if setting is None:
            raise SettingsError(f"{path} has an unknown setting {name}{_nearest(name, _BY_NAME)}")
        yield name, _read(setting, value, str(path))


def _flat(content: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if name not in _SECTIONS:
            yield name, value
        elif isinstance(value, dict):
            yield from ((f"{name}.{key}", item) for key, item in value.items())
        else:
            raise SettingsError(f"{name} in {path} must be a section, [{name}]")


def _from_environment(variables: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for variable, text in variables.items():
        if not variable.startswith(PREFIX) or variable.removeprefix(PREFIX) in NOT_SETTINGS:
            continue
        setting = _BY_VARIABLE.get(variable)
        if setting is None:
            nearest = _nearest(variable, _BY_VARIABLE)
            raise SettingsError(f"the environment has an unknown setting {variable}{nearest}")
        yield setting.name, _read(setting, text, variable)


def _read(setting: Setting, value: object, origin: str) -> Any:
    try:
        return setting.type(value)
    except UnfitError as unfit:
        says = str(unfit) or setting.type.says
        shown = "something else" if isinstance(setting.type, Secret) else repr(value)
        raise SettingsError(
            f"{setting.name} from {origin} is {shown}, and must be {says}"
        ) from None


def _nearest(name: str, known: Mapping[str, Setting]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known)}"
