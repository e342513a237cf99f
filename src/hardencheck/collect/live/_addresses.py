"""Which addresses an audit may connect to."""

import ipaddress
from collections.abc import Iterable

# Cloud metadata services that are not link-local: AWS (IPv6), Alibaba Cloud, Oracle Cloud.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address that is really meant: IPv4 inside IPv6 (mapped, 6to4, NAT64) comes out. Raises ValueError."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is None and parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        return inner or parsed
    return parsed


def never(address: str) -> str:
    """Why nobody may be sent there, "" otherwise."""
    parsed = plain(address)
    if parsed.is_link_local or parsed in _METADATA:
        return "a link-local or metadata address"
    if parsed.is_multicast or parsed.is_unspecified or (parsed.is_reserved and parsed.version == 4):
        return "not the address of a host"
    return ""


def inside(address: str) -> bool:
    """A private, loopback or shared address: usual for staging, no place for a public site to send us to."""
    return not plain(address).is_global


def refused(addresses: Iterable[str], *, named: bool, start_inside: bool) -> str:
    """Why a host with these addresses is not connected to, "" when it is. One bad address spoils the host.

    named: the user named the host. start_inside: what the user named is itself on the inside.
    """
    for address in addresses:
        reason = never(address)
        if reason:
            return f"{address} is {reason}"
        if not named and not start_inside and inside(address):
            return f"{address} is an address of the local network, and a public site sends us there"
    return ""
