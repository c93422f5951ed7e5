"""The accounts with carriers that are kept here, as something that can be asked.

What a carrier's REST API is like is a plugin's business.  What it declines becomes a refusal that
can be answered with: in words, and with the carrier's own code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import attrs

from kallglot.carriers.client import CarrierClient, NumberSetup
from kallglot.carriers.exchange import Line
from kallglot.carriers.settings import credentials_of, read_credentials
from kallglot.errors import (
    CarrierDeclined,
    CarrierRefused,
    CarrierUnreachable,
    InvalidRequest,
    NotAvailable,
    WireError,
)
from kallglot.model.connection import Credentials
from kallglot.providers import Provider

__all__ = ["Accounts", "answerable"]

#: What our codes of `CarrierDeclined` mean.
_MEANINGS: Final[Mapping[str, str]] = {
    "bad_credentials": "the carrier does not take these credentials",
    "caller_not_allowed": "the carrier lets nobody call from that number",
    "carrier_busy": "the account does as much at a time as it may",
    "carrier_failed": "the carrier has a fault",
    "invalid_number": "the carrier knows no such number",
    "not_allowed": "the account may not do this",
    "not_found": "the carrier has no such thing",
    "number_unreachable": "the number cannot be reached",
    "rate_limited": "the carrier is asked too often",
}


@attrs.frozen
class Accounts:
    """What can be asked of the carriers: those of `providers` that have a client.

    `line` makes the way to a carrier, by the name that the log knows it by.  A connection keeps
    its own, which remembers when a carrier keeps failing.
    """

    providers: Mapping[str, Provider] = attrs.field(factory=dict)
    line: Callable[[str], Line] | None = None
    _lines: dict[str, Line] = attrs.field(factory=dict, init=False, repr=False)

    def check(self, provider: str, given: Credentials) -> None:
        """Return if these are credentials of that carrier, by their looks.

        Raises:
            InvalidRequest: there is no such carrier, or something is missing or unfit.
        """
        read_credentials(self._settings(provider), given, "credentials")

    def hints(self, provider: str, given: Credentials) -> dict[str, str]:
        """Return credentials as they may be shown: of what is secret, the end."""
        return {
            each.name: _shown(given[each.name], is_secret=each.is_secret)
            for each in credentials_of(self._settings(provider))
            if given.get(each.name) is not None
        }

    def client(self, provider: str, given: Credentials, name: str) -> CarrierClient:
        """Return the client for the account of the connection called `name`.

        Raises:
            InvalidRequest: the credentials are not as they must be.
            NotAvailable: the plugin has no client.
        """
        if name not in self._lines and self.line is not None:
            self._lines[name] = self.line(name)
        return self._client(provider, given, self._lines.get(name))

    def trial(self, provider: str, given: Credentials) -> CarrierClient:
        """Return a client to try credentials with.

        Raises:
            InvalidRequest: the credentials are not as they must be.
            NotAvailable: the plugin has no client.
        """
        line = None if self.line is None else self.line(f"a new account at {provider}")
        return self._client(provider, given, line)

    def forget(self, name: str) -> None:
        """Forget the way of a connection that is no more."""
        self._lines.pop(name, None)

    def setup(self, provider: str, given: Credentials, public_url: str) -> NumberSetup:
        """Return what has a carrier ask us about the calls to a number; empty if we cannot answer.

        A carrier that takes commands tells events; one that takes documents asks for them; and who
        can do both has settled in the settings whether it `is_by_documents`.
        """
        plugin = self.providers[provider]
        settings: Any = read_credentials(self._settings(provider), given, "credentials")
        is_by_documents = getattr(settings, "is_by_documents", True)

        def url(suffix: str) -> str | None:
            is_there = plugin.webhook(suffix) is not None
            return f"{public_url}/providers/{provider}/{suffix}" if is_there else None

        voice_url = url("voice") if is_by_documents else url("events")
        return NumberSetup(voice_url=voice_url, status_url=url("status"))

    def _client(self, provider: str, given: Credentials, line: Line | None) -> CarrierClient:
        settings: Any = read_credentials(self._settings(provider), given, "credentials")
        plugin = self.providers[provider]
        if plugin.client is None or line is None:
            raise NotAvailable(f"this server has no client for {provider}")
        return plugin.client(settings, line)

    def _settings(self, provider: str) -> type:
        plugin = self.providers.get(provider)
        if plugin is None or plugin.settings is None:
            known = [name for name, each in self.providers.items() if each.settings is not None]
            raise InvalidRequest(
                f"provider must be one of {', '.join(known)}"
                if known
                else "this server has no provider that takes connections",
                code="invalid_provider",
                param="provider",
            )
        return plugin.settings


@contextmanager
def answerable() -> Iterator[None]:
    """Turn what a carrier declines into a refusal, which can be answered with.

    Raises:
        InvalidRequest: `invalid_credentials`, it does not take them.
        CarrierRefused: it declined for another reason, or cannot be reached.
    """
    try:
        yield
    except CarrierDeclined as error:
        meaning = _MEANINGS.get(error.code, "the carrier declined")
        says = f"{meaning}: {error}"
        if error.code == "bad_credentials":
            raise InvalidRequest(says, code="invalid_credentials", param="credentials") from error
        raise CarrierRefused(says) from error
    except CarrierUnreachable as error:
        raise CarrierRefused(f"the carrier cannot be reached: {error}") from error
    except WireError as error:
        raise CarrierRefused(f"the carrier cannot be understood: {error}") from error


def _shown(value: str | list[str], *, is_secret: bool) -> str:
    values = [value] if isinstance(value, str) else value
    return ", ".join(_hint(each) if is_secret else each for each in values)


def _hint(secret: str) -> str:
    """Return the end of a secret, by which its owner knows it again."""
    return f"…{secret[-4:]}" if len(secret) >= 16 else "…"
