"""Which URLs events may be sent to, and which addresses connected to.  Pure.

Whoever may name a URL could otherwise have this server knock at doors behind its firewall.  A URL
is looked at when it is given; the addresses that its name stands for when it is used, and the
connection goes to those that were looked at: a name that changes its mind gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final, TypeAlias

from yarl import URL

from kallglot.errors import KallglotError

__all__ = ["ForbiddenAddress", "UnfitUrl", "check_url", "is_public"]

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST: Final = 2048

#: Names that mean this machine or its neighbours wherever they are resolved.
_LOCAL_NAMES: Final = ("localhost", "local", "internal", "home.arpa", "localdomain")

#: Global by the registry, and not what anybody's web server has.
_NOT_FOR_US: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # protocols
            "192.88.99.0/24",  # relays from IPv6
            "2001::/23",  # protocols, Teredo among them, which hides an IPv4 address
            "2002::/16",  # 6to4, which hides one too
            "3fff::/20",  # documentation
        ),
    )
)
_UNICAST: Final = ipaddress.ip_network("2000::/3")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class UnfitUrl(KallglotError):
    """A URL that no events are sent to; the message completes "the URL …"."""


class ForbiddenAddress(KallglotError):
    """A name that stands for no address that may be connected to."""


def check_url(text: str, *, allow_private: bool) -> None:
    """Look at a URL without resolving its name.

    Raises:
        UnfitUrl: says why no events are sent to it.
    """
    if len(text) > LONGEST or not text.isprintable() or set(text) & set(" \\"):
        raise UnfitUrl(
            f"must have at most {LONGEST} characters, and neither blanks nor backslashes"
        )
    try:
        url = URL(text)
        host, port = url.host, url.port
    except ValueError:
        raise UnfitUrl("must be a URL such as https://example.com/hook") from None
    schemes = ("https", "http") if allow_private else ("https",)
    if url.scheme not in schemes or not host:
        raise UnfitUrl(f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if "@" in re.split(r"[/?#]", text.partition("//")[2], maxsplit=1)[0]:
        raise UnfitUrl("must have no user name and no password in it")
    if url.raw_fragment or text.endswith("#"):
        raise UnfitUrl("must have no part after #")
    if port is None or port == 0:
        raise UnfitUrl("must have a port from 1 to 65535")
    if not allow_private:
        _check_public(host, port)


def is_public(address: str) -> bool:
    """Tell whether an address, as a resolver returns it, is somebody's out on the internet."""
    try:
        return _is_public(ipaddress.ip_address(address))
    except ValueError:
        return False


def _check_public(host: str, port: int) -> None:
    if port < 1024 and port not in {80, 443}:
        raise UnfitUrl("must have port 443, or one from 1024 on")
    name = host.rstrip(".").lower()
    if any(name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES):
        raise UnfitUrl("must not name a machine that only its own network knows")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:  # a name, which is resolved when something is sent
        if re.search(r"(^|\.)(0x[0-9a-f]*|[0-9]+)$", name):  # 127.1 and its like
            raise UnfitUrl("must have a name, or an address as it is usually written") from None
        return
    if not _is_public(address):
        raise UnfitUrl("must not have an address that is private, local or reserved")


def _is_public(address: _Address) -> bool:
    match address:
        case ipaddress.IPv6Address(ipv4_mapped=ipaddress.IPv4Address()):
            return False  # a resolver has no reason to say it in this way
        case ipaddress.IPv6Address() if address in _NAT64:
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        case ipaddress.IPv6Address() if address not in _UNICAST:
            return False
        case _:
            return (
                address.is_global
                and not address.is_multicast
                and not address.is_reserved
                and not any(address in network for network in _NOT_FOR_US)
            )
