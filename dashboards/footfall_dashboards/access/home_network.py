"""By which names and addresses others in the same network reach this computer, found without asking anybody."""

import fcntl
import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

_AIMS: Final = (
    # of no host: one kept for documents, and one in each range that homes use
    (socket.AF_INET, "192.0.2.1"),
    (socket.AF_INET, "192.168.255.254"),
    (socket.AF_INET, "10.255.255.254"),
    (socket.AF_INET, "172.31.255.254"),
    (socket.AF_INET6, "2001:db8::1"),
    (socket.AF_INET6, "fd00::1"),
)
_INNER: Final = ("lo", "docker", "br-", "veth", "virbr", "utun")
"""How interfaces are called that lead into this computer, or through a tunnel."""
_ASK_ADDRESS: Final = 0xC0206921 if sys.platform == "darwin" else 0x8915
_ADDRESS_AT: Final = 20


def own_names() -> tuple[str, ...]:
    """Return what this computer is called, in lower case: its own name, and that with `.local` (multicast DNS)."""
    own = socket.gethostname().lower()
    return tuple(dict.fromkeys((own, f"{own.partition('.')[0]}.local")))


def own_addresses() -> tuple[str, ...]:
    """Return this computer's addresses in its networks: first the one that it speaks to others from, IPv4 before IPv6.

    Nothing is sent: the system is asked from where it would send. Of IPv6 only those of the home are told, as
    others change by the day. Empty without a network.
    """
    found = [address for family, aim in _AIMS if (address := _towards(family, aim))]
    found[1:1] = list(_of_interfaces())
    return tuple(sorted(filter(_stays, dict.fromkeys(found)), key=lambda address: ":" in address))


def _stays(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified:
        return False
    return parsed.version == 4 or parsed.is_private


def _towards(family: socket.AddressFamily, aim: str) -> str:
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.setblocking(False)
        asking.connect((aim, 9))
        return str(asking.getsockname()[0])
    return ""


def _of_interfaces() -> Iterator[str]:
    """Yield the IPv4 address of each interface that leads to others."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            if not name.startswith(_INNER):
                with suppress(OSError):  # it has none
                    told = fcntl.ioctl(asking, _ASK_ADDRESS, struct.pack("256s", name.encode()[:15]))
                    yield socket.inet_ntoa(told[_ADDRESS_AT : _ADDRESS_AT + 4])
