"""Where messages may go: reading an address that a person entered, and judging the network addresses behind it.

A name is resolved once for each attempt, and all that it leads to is judged before anything is sent. The connection is
then made to what was judged (`webhooks.sending`): a name that leads elsewhere a moment later changes nothing.
"""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import idna

from errors import N_
from models.webhook import MAX_URL_LENGTH
from webhooks.errors import REASONS, NotDelivered

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DEFAULT_PORTS = {"https": 443, "http": 80}
MIN_FREE_PORT = 1024
MAX_ADDRESSES = 4
_SAFE = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?%\[\]]*", re.ASCII)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
# Public to `ipaddress` in some versions or by their numbers; 6to4 and its relays lead to any IPv4 address, and the last
# one is the host of an Azure server.
_NOT_PUBLIC = (
    IPv6Network("2001::/23"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("168.63.129.16/32"),
)


class WrongUrl(ValueError):
    """An address that cannot be a webhook's; `message` says why, marked for translation."""

    def __init__(self, message: str):
        self.message = message
        super().__init__(message)


@dataclass(frozen=True)
class Target:
    """An address that was read: `host` is ASCII, without the brackets of an IPv6 address; `path` has the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the header Host holds."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address in its one spelling."""
        return f"{self.scheme}://{self.authority}{self.path}"


def read(text: str, networks: Sequence[Network]) -> Target:
    """Return the target that a person entered. `networks` are those that the administrator allows beside public ones.

    Raises WrongUrl for what can never be sent to; where a name leads is looked at when something is sent.
    """
    text = text.strip()
    parts = _split(text)
    if parts.scheme not in DEFAULT_PORTS:
        raise WrongUrl(N_("Please give an address that begins with https://."))
    if parts.scheme == "http" and not networks:
        raise WrongUrl(N_("Only addresses that begin with https:// are allowed here."))
    if "@" in parts.netloc or parts.fragment:
        raise WrongUrl(N_("An address cannot contain a user name, a password or a #."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not _SAFE.fullmatch(path):
        raise WrongUrl(N_("Please percent-encode all characters but letters, digits and common signs."))
    target = Target(parts.scheme, _canonicalize_host(parts.hostname), _read_port(parts), path)
    if len(target.url) > MAX_URL_LENGTH:
        raise WrongUrl(N_("This address is too long."))
    literal = _parse_literal(target.host)
    if literal and not is_allowed(literal, networks):
        raise WrongUrl(N_("This address is private or reserved. This server sends nothing there."))
    if literal and target.scheme == "http" and not _is_in(literal, networks):
        raise WrongUrl(REASONS["https_needed"])
    return target


def resolve(target: Target, networks: Sequence[Network]) -> list[Address]:
    """Return the network addresses of a target, all of them judged. Raises NotDelivered.

    One refused address refuses them all: a name that leads both inside and outside is nobody's honest receiver.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotDelivered("no_such_host") from None
    addresses = list(dict.fromkeys(ip_address(place[4][0]) for place in found))
    if not all(is_allowed(address, networks) for address in addresses):
        raise NotDelivered("address_refused")
    if target.scheme == "http" and not all(_is_in(address, networks) for address in addresses):
        raise NotDelivered("https_needed")
    return addresses[:MAX_ADDRESSES]


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Say whether messages may go to an address: public ones, and those in `networks`."""
    return _is_public(_unwrap_address(address)) or _is_in(address, networks)


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(_unwrap_address(address) in network or address in network for network in networks)


def _is_public(address: Address) -> bool:
    if any(address in network for network in _NOT_PUBLIC):
        return False
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _unwrap_address(address: Address) -> Address:
    """Return the IPv4 address that an IPv4-mapped or NAT64 address leads to, else the address itself."""
    if address.version == 6 and address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _split(text: str):
    # `urlsplit` would drop line breaks and tabs; browsers read a backslash as a slash.
    if any(ord(character) <= 32 or ord(character) == 127 for character in text) or "\\" in text:
        raise WrongUrl(N_("An address cannot contain spaces, line breaks or backslashes."))
    try:
        return urlsplit(text)
    except ValueError:
        raise WrongUrl(N_("This is not an address of the web.")) from None


def _canonicalize_host(name: str | None) -> str:
    if not name or "%" in name:  # the zone of an IPv6 address means something on one machine only
        raise WrongUrl(N_("This is not an address of the web."))
    if literal := _parse_literal(name):
        return str(literal)
    try:
        return idna.encode(name.removesuffix("."), uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        raise WrongUrl(N_("This is not an address of the web.")) from None


def _read_port(parts) -> int:
    try:
        port = DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        port = 0
    if port not in DEFAULT_PORTS.values() and port < MIN_FREE_PORT:
        raise WrongUrl(N_("The port may be 443, 80, or one from 1024 to 65535."))
    return port


def _parse_literal(host: str) -> Address | None:
    """Return the address that a host is, also spelt as `127.1`, `2130706433` or `0x7f000001`, as resolvers do."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None
