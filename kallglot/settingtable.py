"""The table of settings: what each is called, what it may be, its default and what it means."""

from __future__ import annotations

import os
from typing import Any

import attrs

from kallglot.settingtypes import (
    AddressType,
    Choice,
    ConnectionsType,
    Factor,
    FolderType,
    NumbersType,
    OriginsType,
    Seconds,
    Secret,
    SettingType,
    Text,
    UrlType,
    Whole,
    YesNo,
)
from kallglot.speech.models import profiles

__all__ = ["PREFIX", "SETTINGS", "Setting"]

PREFIX = "KALLGLOT_"


@attrs.frozen
class Setting:
    """One row of the table: `name` is dotted where the setting has a section."""

    name: str
    type: SettingType
    default: Any
    meaning: str

    @property
    def variable(self) -> str:
        """What it is called in the environment."""
        return PREFIX + self.name.replace(".", "_").upper()


SETTINGS = (
    Setting("bind", AddressType(), "127.0.0.1:8080", "address and port to listen on"),
    Setting("data", FolderType(), "kallglot-data", "folder of the database and the recordings"),
    Setting("public_url", UrlType(), None, "how the outside reaches this server (default: bind)"),
    Setting(
        "log_level", Choice(("debug", "info", "warning", "error")), "info", "how much is logged"
    ),
    Setting(
        "secret_key",
        Secret(),
        "",
        "what seals secrets in the store (default: a key of its own in the data folder)",
    ),
    Setting("max_sessions", Whole(1, 100_000), 100, "how many sessions may live at a time"),
    Setting(
        "rate_limit", Whole(1, 1_000_000), 600, "API requests a minute an organization may make"
    ),
    Setting("reconnect_window", Seconds(), 300.0, "how long a dropped call may stay away"),
    Setting("connect_window", Seconds(), 3600.0, "how long a session waits for its first call"),
    Setting("inactivity", Seconds(), 1800.0, "how long a session lives without audio"),
    Setting("token_lifetime", Seconds(), 300.0, "how long a stream token is good for connecting"),
    Setting(
        "tokenless_telnyx",
        YesNo(),
        True,
        "let in a Telnyx stream without a token if its session expects its call, or was created"
        " within the token's lifetime and has had no call yet",
    ),
    Setting(
        "interruption",
        Choice(("insist", "immediate", "never")),
        "insist",
        "when a listener who speaks stops the translation they hear: after 0.6 s, at once, never",
    ),
    Setting(
        "interruption_resume",
        YesNo(),
        True,
        "go on with an interrupted translation when who interrupted it falls silent soon",
    ),
    Setting(
        "lag_ceiling",
        Seconds(),
        6.0,
        "how late a translation may begin: it is spoken faster, and in the end left out",
    ),
    Setting(
        "metrics",
        Choice(("local", "key", "open")),
        "local",
        "who may read /metrics without an API key: this machine, nobody, everybody; behind a proxy"
        " that does not say for whom it asks, use key",
    ),
    Setting(
        "speech.profile",
        Choice(tuple(profiles.PROFILES)),
        "demo",
        "what speech settings that are not set are set to; cpu and gpu need models to be pulled",
    ),
    Setting("speech.recogniser", Text(), "demo", "model that recognises speech"),
    Setting("speech.translator", Text(), "demo", "model that translates"),
    Setting("speech.synthesiser", Text(), "demo", "espeak-ng (demo), or VITS models by commas"),
    Setting("speech.device", Text(), "cpu", "where models run, such as cpu, cuda or cuda:1"),
    Setting(
        "speech.threads",
        Whole(1, 1024),
        max(1, (os.cpu_count() or 2) - 1),
        "threads a model may use on the CPU; one core is left for the calls",
    ),
    Setting(
        "speech.mind",
        Text("host:port", may_be_empty=True),
        "",
        "where the models run, if that is another machine",
    ),
    Setting(
        "speech.secret",
        Text("the path of a file", may_be_empty=True),
        "",
        "the secret that such a machine shares with us",
    ),
    Setting("speech.rows", Whole(1, 512), 16, "how many requests go through a model together"),
    Setting(
        "models.folder",
        FolderType(),
        "~/.local/share/kallglot/models",
        "folder of the models that `kallglot models pull` gets",
    ),
    Setting("models.mirror", UrlType(), None, "where models are pulled from (default: the hub)"),
    Setting("models.offline", YesNo(), False, "never ask the hub or its mirror for anything"),
    Setting("recording.allow", YesNo(), True, "whether sessions may be recorded"),
    Setting("recording.retention_days", Whole(1, 36_500), 30, "when a recording is deleted"),
    Setting(
        "retention.transcript_days",
        Whole(0, 36_500),
        0,
        "when a transcript is deleted, counted from the end of its session; 0 is never",
    ),
    Setting(
        "retention.event_days",
        Whole(0, 36_500),
        30,
        "when an event that has been delivered is deleted; 0 is never",
    ),
    Setting(
        "webhooks.allow_private",
        YesNo(),
        False,
        "let webhooks go to private, local and unencrypted (http) addresses as well",
    ),
    Setting("webhooks.timeout", Seconds(1, 120), 30.0, "how long a webhook may take to answer"),
    Setting(
        "webhooks.keep_days",
        Whole(1, 36_500),
        30,
        "how long it is kept in the log that a webhook was delivered, or given up",
    ),
    Setting(
        "webhooks.retry_scale",
        Factor(0.0001, 10.0),
        1.0,
        "what every wait between two attempts is multiplied by; below 1 for trying things out",
    ),
    Setting("sip.enabled", YesNo(), False, "whether sessions may be reached by SIP"),
    Setting("cors.origins", OriginsType(), (), "origins whose pages may ask the API with a key"),
    Setting("numbers", NumbersType(), {}, "managed telephone numbers and their carriers"),
    Setting("connections", ConnectionsType(), (), "accounts with carriers"),
)
