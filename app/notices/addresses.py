"""Where webhooks may go: which addresses (URLs) are taken, and which IP addresses are never called."""

import ipaddress
from urllib.parse import urlsplit

from app.core.errors import Invalid

MAX_URL = 500
EXPECTED = "an address such as https://host/path, of at most 500 ASCII characters, without user, password or fragment"
# Of IPv6 only what is given out to networks of the world, without translators and tunnels (6to4, Teredo, ORCHID and more)
# that would carry a packet to an inner address of IPv4.
_WORLD_V6 = ipaddress.ip_network("2000::/3")
_NEVER = tuple(
    ipaddress.ip_network(net)
    for net in ("192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


class WrongAddress(Invalid):
    """This is no address to which a webhook may be sent."""

    code = "webhook.address_wrong"


def check_url(url: str, *, loopback: bool) -> None:
    """Raise WrongAddress unless it is https to a host; with `loopback` (a setting for tests) also http.

    A host that is an IP address is checked here already; a name is resolved and checked at each call.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise WrongAddress("url", EXPECTED) from error
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= MAX_URL and "\\" not in url
    schemes = ("https", "http") if loopback else ("https",)
    if not plain or parts.scheme not in schemes or not host or port == 0 or "@" in parts.netloc or parts.fragment:
        raise WrongAddress("url", EXPECTED)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    if reason := refused_because(host, loopback=loopback):
        raise WrongAddress("url", f"a public address, {host} is {reason}")


def refused_because(address: str, *, loopback: bool = False) -> str | None:
    """Why this IP address is not called; None where it may be. `loopback`: it alone is allowed beside the public ones."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "no IP address"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_loopback:
        return None if loopback else "loopback"
    inside = any(ip in net for net in _NEVER if net.version == ip.version) or (ip.version == 6 and ip not in _WORLD_V6)
    for refused, name in (
        (ip.is_unspecified, "unspecified"),
        (ip.is_link_local, "link-local"),
        (ip.is_multicast, "multicast"),
        (ip.is_private, "private"),
        (inside or not ip.is_global, "not public"),
    ):
        if refused:
            return name
    return None
