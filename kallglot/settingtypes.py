"""What a setting may be: each type takes a TOML value or the text of a variable."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import attrs

from kallglot.routing import CARRIERS, Connection

__all__ = [
    "Address",
    "AddressType",
    "Choice",
    "ConnectionsType",
    "Factor",
    "FolderType",
    "NumbersType",
    "OriginsType",
    "Seconds",
    "Secret",
    "SettingType",
    "Text",
    "UnfitError",
    "UrlType",
    "Whole",
    "YesNo",
]

_NUMBER = re.compile(r"\+[1-9][0-9]{1,14}", re.ASCII)
_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?", re.ASCII)
_CONNECTION = re.compile(r"pcon_[A-Za-z0-9]{1,64}", re.ASCII)


class UnfitError(ValueError):
    """A value is not what a setting may be; the message, if any, says more than the type."""


class SettingType(Protocol):
    """Reads a value, or raises `UnfitError`; `says` completes "it must be …"."""

    @property
    def says(self) -> str: ...

    def __call__(self, value: object, /) -> Any: ...


@attrs.frozen
class Address:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def reachable(self) -> str:
        """The address as this machine reaches it."""
        return f"localhost:{self.port}" if self.host in {"0.0.0.0", "::"} else str(self)  # noqa: S104


@attrs.frozen
class AddressType:
    says: str = "a host and a port such as 127.0.0.1:8080 or [::1]:8080"

    def __call__(self, value: object) -> Address:
        if not isinstance(value, str):
            raise UnfitError
        host, colon, port = value.strip().rpartition(":")
        if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
            raise UnfitError
        if host.startswith("[") and host.endswith("]"):
            return Address(_ip_v6(host[1:-1]), int(port))
        if not re.fullmatch(r"[A-Za-z0-9.-]+", host):
            raise UnfitError
        return Address(host, int(port))


@attrs.frozen
class UrlType:
    says: str = "a URL such as https://calls.example.com"

    def __call__(self, value: object) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise UnfitError
        try:
            parts = urlsplit(value.strip())
            is_good = bool(parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0)
        except ValueError:
            raise UnfitError from None
        if not is_good or parts.query or parts.fragment or parts.username:
            raise UnfitError
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


@attrs.frozen
class FolderType:
    says: str = "a path"

    def __call__(self, value: object) -> Path:
        if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
            raise UnfitError
        return Path(value).expanduser()


@attrs.frozen
class Text:
    """A text; with `says` in other words, and empty only where that means something."""

    says: str = "a text"
    may_be_empty: bool = False

    def __call__(self, value: object) -> str:
        if not isinstance(value, str) or not (self.may_be_empty or value.strip()):
            raise UnfitError
        return value.strip()


@attrs.frozen
class Secret:
    """A text that is never shown, long enough not to be guessed; or none."""

    says: str = "a text of 32 characters or more, such as `openssl rand -hex 32` makes"

    def __call__(self, value: object) -> str:
        if not isinstance(value, str) or 0 < len(value.strip()) < 32:
            raise UnfitError
        return value.strip()


@attrs.frozen
class Choice:
    choices: tuple[str, ...]

    @property
    def says(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def __call__(self, value: object) -> str:
        if not isinstance(value, str) or value.lower() not in self.choices:
            raise UnfitError
        return value.lower()


@attrs.frozen
class YesNo:
    says: str = "true or false"

    def __call__(self, value: object) -> bool:
        match value:
            case bool():
                return value
            case str() if value.lower() in {"true", "yes", "on", "1"}:
                return True
            case str() if value.lower() in {"false", "no", "off", "0"}:
                return False
            case _:
                raise UnfitError


@attrs.frozen
class Whole:
    least: int
    most: int

    @property
    def says(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def __call__(self, value: object) -> int:
        match value:
            case int() if not isinstance(value, bool):
                number = value
            case str() if re.fullmatch(r"[0-9]{1,18}", value.strip(), re.ASCII):
                number = int(value)
            case _:
                raise UnfitError
        if not self.least <= number <= self.most:
            raise UnfitError
        return number


@attrs.frozen
class Seconds:
    least: float = 1.0
    most: float = 30 * 86_400.0

    @property
    def says(self) -> str:
        return f"a number of seconds from {self.least:g} to {self.most:.0f}"

    def __call__(self, value: object) -> float:
        if not isinstance(value, int | float | str) or isinstance(value, bool):
            raise UnfitError
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise UnfitError from None
        if math.isnan(number) or not self.least <= number <= self.most:
            raise UnfitError
        return number


@attrs.frozen
class Factor:
    least: float
    most: float

    @property
    def says(self) -> str:
        return f"a number from {self.least:g} to {self.most:g}"

    def __call__(self, value: object) -> float:
        return Seconds(self.least, self.most)(value)


@attrs.frozen
class NumbersType:
    says: str = "a table of numbers such as +15550100 and their carriers, twilio or telnyx"
    example: tuple[str, ...] = ("[numbers]", '"+15550100" = "twilio"')

    def __call__(self, value: object) -> dict[str, str]:
        if isinstance(value, str):
            pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
            value = {number.strip(): carrier.strip() for number, _, carrier in pairs}
        if not isinstance(value, Mapping):
            raise UnfitError
        for number, carrier in value.items():
            if not _NUMBER.fullmatch(number):
                raise UnfitError(f"{self.says}; {number!r} is not a number in E.164")
            if carrier not in CARRIERS:
                raise UnfitError(f"{self.says}; {carrier!r} is not a carrier")
        return dict(value)


@attrs.frozen
class OriginsType:
    says: str = "a list of origins such as https://app.example.com, or * for all"

    def __call__(self, value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            value = [origin.strip() for origin in value.split(",") if origin.strip()]
        if not isinstance(value, list | tuple):
            raise UnfitError
        return tuple(map(self._origin, value))

    def _origin(self, value: object) -> str:
        if value == "*":
            return "*"
        if not isinstance(value, str) or not _ORIGIN.fullmatch(value):
            raise UnfitError
        return value.lower()


@attrs.frozen
class ConnectionsType:
    says: str = (
        "a list of tables with an id such as pcon_main, a provider, twilio or telnyx,"
        " and at most one default"
    )
    example: tuple[str, ...] = (
        "[[connections]]",
        'id = "pcon_main"',
        'provider = "twilio"',
        "default = true",
    )

    def __call__(self, value: object) -> tuple[Connection, ...]:
        if not isinstance(value, list | tuple):
            raise UnfitError
        connections = tuple(map(self._connection, value))
        if len({connection.id for connection in connections}) < len(connections):
            raise UnfitError(f"{self.says}; an id is there twice")
        if sum(connection.is_default for connection in connections) > 1:
            raise UnfitError(f"{self.says}; more than one is the default")
        return connections

    def _connection(self, value: object) -> Connection:
        match value:
            case Connection():
                return value
            case {"id": str(name), "provider": str(provider), **others}:
                is_default = others.pop("default", False)
            case _:
                raise UnfitError
        is_good = _CONNECTION.fullmatch(name) and provider in CARRIERS and not others
        if not is_good or not isinstance(is_default, bool):
            raise UnfitError
        return Connection(name, provider, is_default)


def _ip_v6(host: str) -> str:
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise UnfitError from None
